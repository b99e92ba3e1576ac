"""Chains and runs changed by several processes at the same time."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from skybutler import Butler, CollectionType
from skybutler.errors import OrphanedRecordError, UnavailableError
from support.crowd import CHANGES, change_chain_at_once


def test_no_change_of_a_chain_is_lost(repository: Path) -> None:
    """Three processes add children at both ends of one chain."""
    with Butler(repository, writeable=True) as butler:
        butler.collections.register("chain", CollectionType.CHAINED)
        for number in range(3):
            for i in range(CHANGES):
                butler.collections.register(f"run/{number}/{i}")
    change_chain_at_once(repository, 3)
    with Butler(repository) as butler:
        children = butler.collections.get_info("chain").children
    assert sorted(children) == sorted(f"run/{n}/{i}" for n in range(3) for i in range(CHANGES))
    for number in range(3):  # of each process the later ones stand further out
        own = [int(name.rpartition("/")[2]) for name in children if name.startswith(f"run/{number}/")]
        assert own == [7, 5, 3, 1, 0, 2, 4, 6]


def test_a_change_begins_with_what_the_one_before_has_left(repository: Path) -> None:
    with Butler(repository, writeable=True) as one, Butler(repository, writeable=True) as other:
        for name in ("a", "b", "c"):
            one.collections.register(name)
        one.collections.register("chain", CollectionType.CHAINED)
        assert other.collections.get_info("chain").children == ()
        done = threading.Event()

        def change() -> None:
            with Butler(repository, writeable=True) as third:
                third.collections.extend_chain("chain", "b")
            done.set()

        thread = threading.Thread(target=change)
        with one.transaction():
            one.collections.extend_chain("chain", "a")
            thread.start()
            assert not done.wait(0.3)
        thread.join(100)
        other.collections.prepend_chain("chain", "c")
        assert one.collections.get_info("chain").children == ("c", "a", "b")


def test_a_run_that_was_just_put_into_a_chain_is_not_removed(repository: Path) -> None:
    """The chain is looked at when nobody can change it any more, not before."""
    refused: list[Exception] = []
    with Butler(repository, writeable=True) as one:
        one.collections.register("run")
        one.collections.register("chain", CollectionType.CHAINED)

        def remove() -> None:
            with Butler(repository, writeable=True) as other:
                try:
                    other.remove_runs("run")
                except OrphanedRecordError as error:
                    refused.append(error)

        thread = threading.Thread(target=remove)
        with one.transaction():
            one.collections.redefine_chain("chain", "run")
            thread.start()
            thread.join(0.3)
            assert thread.is_alive()
        thread.join(100)
        assert "RUN 'run' is a child of 'chain'; nothing was removed." in str(refused[0])
        assert one.collections.query("run") == ["run"]


def test_summaries_are_not_refreshed_under_a_writer(small: Butler, repository: Path) -> None:
    """A writer that thinks its type is in the summary would leave datasets that nobody finds."""
    small.prune_datasets([small.put({}, "plain", detector=0)], unstore=True, purge=True)
    outcome: list[str] = []

    def refresh() -> None:
        with Butler(repository, writeable=True) as other:
            try:
                outcome.append(str(other.collections.refresh_summaries()))
            except UnavailableError as error:
                outcome.append(str(error))

    thread = threading.Thread(target=refresh)
    with small.transaction():
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        small.put({}, "plain", detector=1)
    thread.join(100)
    assert outcome == ["0"]
    with Butler(repository, collections="run/mine") as other:
        assert other.query_datasets("plain").count() == 1
    assert small.collections.refresh_summaries() == 0


@pytest.mark.parametrize("seize", [True, False])
def test_writers_know_that_summaries_were_refreshed(small: Butler, repository: Path, seize: bool) -> None:
    ref = small.put({}, "plain", detector=0)
    with Butler(repository, writeable=True) as other:
        small.prune_datasets([ref], unstore=True, purge=True)
        if seize:
            small.put({}, "plain", detector=2)
        assert other.collections.refresh_summaries() == (0 if seize else 1)
        small.put({}, "plain", detector=1)
        assert other.query_datasets("plain", "run/mine").count() == (2 if seize else 1)
