"""What collections hold or once held."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from skybutler.errors import ButlerError
from support.world import World


def test_holders_follow_the_search_order_and_skip_the_rest(world: World) -> None:
    summaries = world.registry.datasets.summaries

    def holders(name: str, *collections: str) -> list[str]:
        return [c.name for c in summaries.holders(world.registry.dataset_types.get(name), collections)]

    assert holders("calexp", "chain/main") == ["tag/x", "run/b", "run/c", "run/a"]
    assert holders("calexp", "run/a", "chain/main") == ["run/a", "tag/x", "run/b", "run/c"]
    assert holders("raw", "chain/main") == ["run/c", "run/a"]
    assert holders("bias", "calib/one", "run/a") == ["calib/one"]
    assert holders("never", "chain/main") == []


def test_governor_values(world: World) -> None:
    collections = world.registry.collections
    summaries = world.registry.datasets.summaries

    def governors(*names: str) -> dict[str, set[str]]:
        return summaries.governors([collections.get(n) for n in names])

    assert governors("run/a") == {"instrument": {"Cam"}}
    assert governors("run/c", "sky/run") == {"instrument": {"Cam", "Other"}, "skymap": {"Map"}}
    assert governors("tag/x")["instrument"] >= {"Cam"}
    assert governors("calib/one") == {"instrument": {"Cam"}}
    assert governors() == {}


def test_summaries_are_supersets_after_removals(world: World) -> None:
    ids = list(world.datasets["coadd", "sky/run"].values())
    world.registry.datasets.remove(ids)
    kind = world.registry.dataset_types.get("coadd")
    assert world.registry.datasets.summaries.holds(world.registry.collections.get("sky/run"), kind)
    assert not world.registry.datasets.summaries.holds(world.registry.collections.get("run/a"), kind)


def test_what_is_added_to_stays_locked_whatever_was_undone_before(world: World) -> None:
    """Each transaction locks anew, and one whose inner part was undone does too."""
    registry = world.registry
    if not registry.database.shared_lock:
        pytest.skip("a writer of SQLite has the whole file")
    kind, run = registry.dataset_types.get("raw"), registry.collections.get("run/b")

    def add() -> None:
        registry.datasets.summaries.note(kind, run, {"instrument": "Cam"})

    def is_locked() -> bool:
        found: list[bool] = []

        def look() -> None:
            try:
                registry.database.query("SELECT 1 FROM collection WHERE name = 'run/b' FOR UPDATE NOWAIT")
                found.append(False)
            except ButlerError:
                found.append(True)
            registry.database.close()

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        return found[0]

    for _ in range(2):
        assert not is_locked()
        with registry.transaction():
            with suppress(ZeroDivisionError), registry.transaction():
                add()
                assert is_locked()
                raise ZeroDivisionError
            assert not is_locked()
            for _ in range(2):
                with registry.transaction():
                    add()
                assert is_locked()
