"""A snapshot is made of one moment, and answers no longer than the registry stays as it was then."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from skybutler import Butler
from skybutler.errors import UnavailableError
from skybutler.vo.snapshot import SnapshotFolder, make_snapshot
from support.observations import RUN, make_observations
from support.snapshots import Copied

QUERY = "SELECT * FROM ivoa.ObsCore"


def same(repository: Copied) -> int:
    """How many rows there are, with a snapshot and without."""
    live, found = (sorted(repository(QUERY, copied=c), key=lambda row: str(row["access_url"])) for c in (False, True))
    assert found == live
    return len(live)


def test_what_is_deleted_is_found_no_more(repository: Copied) -> None:
    butler = repository.butler
    assert not repository.is_current
    made = repository.make()
    assert (made.rows, made.is_new) == (71, True)
    assert repository.is_current
    assert same(repository) == 71
    butler.prune_datasets(butler.query_datasets("calexp", collections=RUN)[:5], unstore=True, purge=True)
    assert not repository.is_current
    assert same(repository) == 66
    assert repository.make().rows == 66
    assert repository.is_current
    assert same(repository) == 66
    assert not repository.make().is_new
    assert len(list(repository.folder.place.glob("*.parquet"))) == 1


def test_every_way_of_making_rows_has_a_snapshot_of_its_own(repository: Copied) -> None:
    repository.make()
    told = repository.settings
    repository.settings = dataclasses.replace(told, obs_collection="Other")
    assert not repository.is_current
    assert {row["obs_collection"] for row in repository(QUERY, copied=True)} == {"Other"}
    repository.settings = dataclasses.replace(told, collections=("none/*",))
    assert not repository.is_current
    repository.settings = told
    assert repository.is_current


def test_a_new_dataset_type_makes_a_snapshot_old(repository: Copied) -> None:
    butler = repository.butler
    repository.make()
    butler.register_dataset_type("visit_image", ("instrument", "visit", "detector"), "StructuredDataDict")
    assert not repository.is_current
    repository.make()
    assert repository.is_current


def test_who_writes_meanwhile_is_not_waited_for(repository: Copied) -> None:
    """The snapshot is of the moment in which it was begun, and does not answer for what came after."""
    place = repository.butler.config.root
    done: list[bool] = []

    def put(_: int) -> None:
        if done:
            return
        thread = threading.Thread(target=lambda: _remove_one(place))
        thread.start()
        thread.join()
        done.append(True)

    made = make_snapshot(repository.butler.registry, repository.settings, repository.folder, put)
    assert done
    assert made.rows == 71
    assert not repository.is_current
    assert same(repository) == 70


def _remove_one(place: str) -> None:
    with Butler(place, writeable=True, run=RUN) as other:
        other.prune_datasets(other.query_datasets("raw", collections=RUN)[:1], unstore=True, purge=True)


def test_two_writers_do_not_meet(repository: Copied) -> None:
    with repository.folder.writing(), pytest.raises(UnavailableError, match="Another process"):
        repository.make()
    assert repository.make().is_new


def test_a_repository_without_images_has_an_empty_snapshot(repository: Copied) -> None:
    repository.settings = dataclasses.replace(repository.settings, dataset_types={})
    assert repository.make().rows == 0
    assert repository(QUERY, copied=True) == []
    assert repository("SELECT COUNT(*) AS n FROM ObsCore", copied=True) == [{"n": 0}]


# ------------------------------------------------------------------- any order
class Changes(RuleBasedStateMachine):
    """Whatever is done in whatever order, both ways of asking tell the same."""

    place: Path

    @initialize()
    def begin(self) -> None:
        self.butler = Butler(self.place, writeable=True, run=RUN)
        self.repository = Copied(self.butler, SnapshotFolder(self.place.parent / "snapshots"))

    @rule()
    def make(self) -> None:
        self.repository.make()
        assert self.repository.is_current

    @rule(visit=st.sampled_from((10, 11, 12)), detector=st.integers(0, 3))
    def toggle(self, visit: int, detector: int) -> None:
        data_id = {"instrument": "Cam", "visit": visit, "detector": detector}
        found = self.butler.find_dataset("calexp", data_id, collections=RUN)
        if found is None:
            self.butler.put({"image": "new"}, "calexp", data_id)
        else:
            self.butler.prune_datasets([found], unstore=True, purge=True)

    @rule(detector=st.integers(0, 3))
    def unstore(self, detector: int) -> None:
        data_id = {"instrument": "Cam", "visit": 10, "detector": detector}
        if (found := self.butler.find_dataset("calexp", data_id, collections=RUN)) is not None:
            self.butler.prune_datasets([found], unstore=True, purge=False, disassociate=False)

    @rule(name=st.sampled_from(("WFD", "DDF", None)))
    def rename(self, name: str | None) -> None:
        (record,) = self.butler.query_dimension_records("visit", instrument="Cam", visit=10)
        self.butler.sync_dimension_data("visit", record.to_dict() | {"target_name": name}, update=True)

    @rule()
    def note(self) -> None:
        """Something that ObsCore does not tell of."""
        self.butler.collections.register(f"other/{len(self.butler.collections.query('*'))}")

    @invariant()
    def both_tell_the_same(self) -> None:
        if hasattr(self, "repository"):
            same(self.repository)

    def teardown(self) -> None:
        if hasattr(self, "butler"):
            self.butler.close()


def test_any_order_of_changes(database_url: str, tmp_path: Path) -> None:
    make_observations(tmp_path / "repo", database_url)

    class Here(Changes):
        place = tmp_path / "repo"

    run_state_machine_as_test(Here, settings=settings(max_examples=6, stateful_step_count=12, deadline=None))
