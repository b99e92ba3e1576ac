"""Answers in order, items taken no faster than answers."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from skybutler.ingest.executor import SerialExecutor, in_order, lost
from support.calls import slow_square


def test_serial_answers_come_in_order_and_no_faster_than_asked_for() -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            taken.append(len(taken))
            yield len(taken)

    answers = SerialExecutor().map(slow_square, endless())
    assert [next(answers) for _ in range(3)] == [1, 4, 9]
    assert len(taken) == 3
    assert list(SerialExecutor().map(slow_square, [])) == []


@given(st.lists(st.integers()), st.lists(st.integers(0, 9), min_size=1))
def test_every_item_once_in_order_and_never_too_many_ahead(items: list[int], rooms: list[int]) -> None:
    submitted: list[int] = []
    asked: list[int] = []

    def ahead() -> int:
        asked.append(rooms[len(asked) % len(rooms)])
        return asked[-1]

    def submit(item: int) -> int:
        submitted.append(item)
        return -item

    given_out = []
    for item, made in in_order(submit, iter(items), ahead):
        assert made == -item
        given_out.append(item)
        assert len(submitted) - len(given_out) < max(1, *rooms)
    assert given_out == submitted == items


def test_sentence_about_a_lost_item() -> None:
    assert lost("a.fits", 3) == "each of the 3 processes that read a.fits died (killed, crashed or out of memory)."
