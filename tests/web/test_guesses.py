from __future__ import annotations

import pytest

from skybutler.web.guesses import Guesses


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def guesses(clock):
    return Guesses(3, clock)


def guess(guesses, address, n, clock=None, first=0):
    """Send so many wrong tokens, as long as they are looked at; how many were."""
    looked = 0
    for i in range(first, first + n):
        if guesses.wait(address, f"wrong.{i}"):
            break
        guesses.wrong(address, f"wrong.{i}")
        looked += 1
    return looked


def test_so_many_are_looked_at_in_a_minute(guesses, clock):
    assert guess(guesses, "1.2.3.4", 10) == 3
    assert guesses.wait("1.2.3.4", "another") == 60
    clock.now += 59.5
    assert guesses.wait("1.2.3.4", "another") == 1
    clock.now += 0.5
    assert guesses.wait("1.2.3.4", "another") == 0
    assert guess(guesses, "1.2.3.4", 10, first=50) == 3


def test_that_an_address_is_locked_out_is_told_once(guesses):
    assert [guesses.wrong("1.2.3.4", f"wrong.{i}") for i in range(4)] == [False, False, True, False]


def test_others_are_not_locked_out(guesses):
    guess(guesses, "1.2.3.4", 10)
    assert guesses.wait("1.2.3.5", "another") == 0


def test_the_same_again_is_no_guess(guesses):
    for _ in range(100):
        assert guesses.wait("1.2.3.4", "expired") == 0
        guesses.wrong("1.2.3.4", "expired")
    assert guess(guesses, "1.2.3.4", 10) == 2
    assert guesses.wait("1.2.3.4", "expired") == 0


def test_neighbours_with_good_tokens_stay_until_these_are_taken_back(guesses):
    guesses.right("1.2.3.4", "good")
    guess(guesses, "1.2.3.4", 10)
    assert guesses.wait("1.2.3.4", "good") == 0
    assert guesses.wait("1.2.3.4", "better") > 0
    guesses.wrong("1.2.3.4", "good")
    guesses.right("1.2.3.5", "good")
    assert guess(guesses, "1.2.3.4", 1, first=90) == 0


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:1.2.3.4", "1.2.3.4", True),
        ("::ffff:1.2.3.4", "::ffff:1.2.3.5", False),
        ("testclient", "testclient", True),
        ("", "1.2.3.4", False),
    ],
)
def test_addresses_of_one_house_are_one(guesses, one, other, same):
    guess(guesses, one, 3)
    assert (guesses.wait(other, "another") > 0) is same


def test_it_does_not_grow_for_ever(guesses):
    for i in range(12_000):
        guesses.wrong(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}", "wrong")
        guesses.right("1.2.3.4", f"good.{i}")
    assert len(guesses._wrong) == len(guesses._right) == 10_000
