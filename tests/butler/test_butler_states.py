"""Registry and datastore together, through a butler, against a model in memory, whatever is done in whatever order.

A step can be a process killed in the middle of a put or an ingest: what it leaves must be all or nothing.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from skybutler import Butler
from skybutler.datasets import CollectionType, DatasetRef, FileDataset
from skybutler.dimensions import DataId
from skybutler.errors import (
    AmbiguousCalibrationError,
    CollectionCycleError,
    ConflictingDefinitionError,
    DatasetExistsError,
    DatasetNotFoundError,
    FileNotFoundInStoreError,
    OrphanedRecordError,
)
from skybutler.sky.timespan import Timespan
from support.postgres import fresh_database

RUNS = ["run/a", "run/b"]
TAGS = ["tag/a", "tag/b"]
CALIBRATIONS = ["calib/a"]
CHAINS = ["chain/a", "chain/b"]
DETECTORS = range(3)

kinds = st.sampled_from(["plain", "bias", "note"])
detectors = st.sampled_from(list(DETECTORS))
runs = st.sampled_from(RUNS)
tags = st.sampled_from(TAGS)
chains = st.sampled_from(CHAINS)
members = st.lists(st.sampled_from([*RUNS, *TAGS, *CHAINS]), max_size=3, unique=True)
times = st.tuples(st.integers(0, 6), st.integers(1, 4)).map(lambda p: Timespan.from_ns(p[0] * 10, (p[0] + p[1]) * 10))
places = st.integers(0, 999)
contents = st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 9), max_size=2)

Key = tuple[str, int | None]
"""Dataset type and detector."""


@dataclass
class Stored:
    """One dataset of the model."""

    key: Key
    run: str
    content: Any
    path: Path | None
    direct: bool = False


@dataclass
class Model:
    """What the repository should hold."""

    datasets: dict[uuid.UUID, Stored] = field(default_factory=dict)
    tags: dict[str, dict[Key, uuid.UUID]] = field(default_factory=lambda: {t: {} for t in TAGS})
    ranges: list[tuple[Key, Timespan, uuid.UUID]] = field(default_factory=list)
    chains: dict[str, list[str]] = field(default_factory=lambda: {c: [] for c in CHAINS})
    runs: set[str] = field(default_factory=lambda: set(RUNS))

    def in_run(self, key: Key, run: str) -> uuid.UUID | None:
        return next((i for i, d in self.datasets.items() if d.key == key and d.run == run), None)

    def flat(self, names: list[str]) -> Iterator[str]:
        for name in names:
            if name in CHAINS:
                yield from self.flat(self.chains[name])
            else:
                yield name

    def holds(self, start: str, goal: str) -> bool:
        return start == goal or any(self.holds(c, goal) for c in self.chains.get(start, []))

    def find(self, key: Key, names: list[str]) -> uuid.UUID | None:
        for name in self.flat(names):
            found = self.tags[name].get(key) if name in TAGS else self.in_run(key, name)
            if found is not None:
                return found
        return None

    def forget(self, identifier: uuid.UUID) -> None:
        del self.datasets[identifier]
        for held in self.tags.values():
            for key in [k for k, i in held.items() if i == identifier]:
                del held[key]
        self.ranges = [r for r in self.ranges if r[2] != identifier]


def killed_after(calls: int, action: Callable[[], object]) -> bool:
    """Run an action in a forked process that kills itself after so many function calls; tell whether it was killed."""
    child = os.fork()
    if child == 0:
        left = calls

        def count(frame: FrameType, event: str, argument: object) -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.setprofile(count)
            action()
            sys.setprofile(None)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the process failed by itself"
    return os.WIFSIGNALED(status)


class Repository(RuleBasedStateMachine):
    """Everything that changes a repository, and what must hold afterwards."""

    def __init__(self, folder: Path, url: str | None) -> None:
        super().__init__()
        self.folder, self.root = folder, folder / f"repo-{uuid.uuid4().hex[:8]}"
        self.outside = self.root.with_name(self.root.name + "-outside")
        self.outside.mkdir(parents=True)
        registry = {"db": url, "namespace": self.root.name} if url else {}
        Butler.create(self.root, seed={"registry": registry}, override=bool(url))
        self.butler = Butler(self.root, writeable=True)
        self.model = Model()
        self.leftovers: set[Path] = set()
        self.own = {p for p in self.root.rglob("*") if p.is_file()}

    @initialize()
    def define(self) -> None:
        butler = self.butler
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.insert_dimension_data(
            "detector", *({"instrument": "Cam", "id": i, "full_name": f"D{i}"} for i in DETECTORS)
        )
        butler.register_dataset_type("plain", ["instrument", "detector"])
        butler.register_dataset_type("bias", ["instrument", "detector"], is_calibration=True)
        butler.register_dataset_type("note", [])
        for names, kind in (
            (RUNS, CollectionType.RUN), (TAGS, CollectionType.TAGGED),
            (CALIBRATIONS, CollectionType.CALIBRATION), (CHAINS, CollectionType.CHAINED),
        ):  # fmt: skip
            for name in names:
                butler.collections.register(name, kind)

    def teardown(self) -> None:
        self.butler.close()

    # ----------------------------------------------------------------- helpers
    def data_id(self, key: Key) -> dict[str, Any]:
        return {} if key[1] is None else {"instrument": "Cam", "detector": key[1]}

    def key(self, kind: str, detector: int) -> Key:
        return kind, None if kind == "note" else detector

    def chosen(self, place: int, kind: str = "") -> list[uuid.UUID]:
        """One dataset, or none when there is none: what is drawn must not depend on what a killed process left."""
        known = [i for i, d in self.model.datasets.items() if d.key[0] == kind or not kind]
        return [known[place % len(known)]] if known else []

    def file(self, content: Any) -> Path:
        path = self.outside / f"{uuid.uuid4().hex}.yaml"
        path.write_text(json.dumps(content))
        return path

    def dataset_file(self, path: Path, keys: list[Key], run: str) -> FileDataset:
        refs = []
        for key in keys:
            kind = self.butler.get_dataset_type(key[0])
            refs.append(
                DatasetRef(kind, DataId.standardize(self.data_id(key), group=kind.dimensions), run, uuid.uuid4())
            )
        return FileDataset(str(path), refs)

    def path_of(self, identifier: uuid.UUID) -> Path:
        found = self.butler.registry.datasets.get_many([identifier.bytes])[identifier.bytes][2]
        assert found is not None
        return Path(found.path.removeprefix("file://")) if "://" in found.path else self.root / found.path

    def remember(self, identifier: uuid.UUID, key: Key, run: str, content: Any, *, direct: bool = False) -> None:
        self.model.runs.add(run)
        self.model.datasets[identifier] = Stored(key, run, content, self.path_of(identifier), direct)

    # --------------------------------------------------------------- datasets
    @rule(kind=kinds, detector=detectors, run=runs, content=contents)
    def put(self, kind: str, detector: int, run: str, content: Any) -> None:
        key = self.key(kind, detector)
        if self.model.in_run(key, run) is not None:
            with pytest.raises(DatasetExistsError):
                self.butler.put(content, kind, self.data_id(key), run=run)
            return
        ref = self.butler.put(content, kind, self.data_id(key), run=run)
        self.remember(ref.id, key, run, content)

    @rule(kind=kinds, detector=detectors, run=runs, content=contents, mode=st.sampled_from(["copy", "direct", "move"]))
    def ingest(self, kind: str, detector: int, run: str, content: Any, mode: str) -> None:
        key, path = self.key(kind, detector), self.file(content)
        item = self.dataset_file(path, [key], run)
        if self.model.in_run(key, run) is not None:
            with pytest.raises(DatasetExistsError):
                self.butler.ingest(item, transfer=mode)
            assert path.exists()
            return
        self.butler.ingest(item, transfer=mode)
        assert path.exists() == (mode != "move")
        (ref,) = item.refs
        self.remember(ref.id, key, run, content, direct=mode == "direct")

    @rule(run=runs, content=contents)
    def ingest_one_file_of_several_datasets(self, run: str, content: Any) -> None:
        keys: list[Key] = [("plain", d) for d in DETECTORS if self.model.in_run(("plain", d), run) is None]
        if len(keys) < 2:
            return
        place = self.root / run / f"shared-{uuid.uuid4().hex}.yaml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(content))
        item = self.dataset_file(place, keys, run)
        self.butler.ingest(item, transfer=None)
        for ref, key in zip(item.refs, keys, strict=True):
            self.remember(ref.id, key, run, content)

    @rule(
        kind=kinds, detector=detectors, where=st.lists(st.sampled_from([*RUNS, *TAGS, *CHAINS]), min_size=1, max_size=3)
    )
    def get(self, kind: str, detector: int, where: list[str]) -> None:
        key = self.key(kind, detector)
        where = [n for n in where if n not in RUNS or n in self.model.runs]
        if not where:
            return
        expected = self.model.find(key, where)
        ref = self.butler.find_dataset(kind, self.data_id(key), collections=where)
        assert (ref.id if ref else None) == expected
        queried = [r.id for r in self.butler.query_datasets(kind, where, data_id=self.data_id(key))]
        assert queried == ([] if expected is None else [expected])
        if expected is None:
            with pytest.raises(DatasetNotFoundError):
                self.butler.get(kind, self.data_id(key), collections=where)
        elif self.model.datasets[expected].path is None:
            with pytest.raises(FileNotFoundInStoreError):
                self.butler.get(kind, self.data_id(key), collections=where)
        else:
            assert self.butler.get(kind, self.data_id(key), collections=where) == self.model.datasets[expected].content

    @rule(places=st.lists(places, min_size=1, max_size=3), purge=st.booleans())
    def prune(self, places: list[int], purge: bool) -> None:
        chosen = list(dict.fromkeys(i for p in places for i in self.chosen(p)))
        refs = [self.butler.get_dataset(i) for i in chosen]
        self.butler.prune_datasets([r for r in refs if r], unstore=True, purge=purge)
        for identifier in chosen:
            if purge:
                self.model.forget(identifier)
            else:
                self.model.datasets[identifier].path = None

    @rule(run=runs, force=st.booleans())
    def remove_run(self, run: str, force: bool) -> None:
        if run not in self.model.runs:
            return
        if any(run in held for held in self.model.chains.values()) and not force:
            with pytest.raises(OrphanedRecordError):
                self.butler.remove_runs(run)
            return
        self.butler.remove_runs(run, unlink_from_chains=force)
        for identifier in [i for i, d in self.model.datasets.items() if d.run == run]:
            self.model.forget(identifier)
        for held in self.model.chains.values():
            if run in held:
                held.remove(run)
        self.model.runs.discard(run)

    # ------------------------------------------------------------ collections
    @rule(run=runs)
    def register_run(self, run: str) -> None:
        assert self.butler.collections.register(run) == (run not in self.model.runs)
        self.model.runs.add(run)

    @rule(chain=chains, children=members, how=st.sampled_from(["redefine", "prepend", "extend", "remove"]))
    def change_chain(self, chain: str, children: list[str], how: str) -> None:
        children = [c for c in children if c not in RUNS or c in self.model.runs]
        now = self.model.chains[chain]
        kept = [c for c in now if c not in children]
        after = {"redefine": children, "prepend": children + kept, "extend": kept + children, "remove": kept}[how]
        method = "remove_from_chain" if how == "remove" else f"{how}_chain"
        change = getattr(self.butler.collections, method)
        if any(self.model.holds(c, chain) for c in after):
            with pytest.raises(CollectionCycleError):
                change(chain, children)
            return
        change(chain, children)
        self.model.chains[chain] = after

    @rule(place=places, tag=tags)
    def tag(self, place: int, tag: str) -> None:
        for chosen in self.chosen(place):
            self.tag_one(chosen, tag)

    def tag_one(self, chosen: uuid.UUID, tag: str) -> None:
        held, key = self.model.tags[tag], self.model.datasets[chosen].key
        if held.get(key, chosen) != chosen:
            with pytest.raises(ConflictingDefinitionError):
                self.butler.registry.datasets.associate(tag, [chosen.bytes])
            return
        self.butler.registry.datasets.associate(tag, [chosen.bytes])
        held[key] = chosen

    @rule(place=places, tag=tags)
    def untag(self, place: int, tag: str) -> None:
        for chosen in self.chosen(place):
            self.untag_one(chosen, tag)

    def untag_one(self, chosen: uuid.UUID, tag: str) -> None:
        self.butler.registry.datasets.disassociate(tag, [chosen.bytes])
        held = self.model.tags[tag]
        if held.get(self.model.datasets[chosen].key) == chosen:
            del held[self.model.datasets[chosen].key]

    @rule(place=places, span=times)
    def certify(self, place: int, span: Timespan) -> None:
        for chosen in self.chosen(place, "bias"):
            self.certify_one(chosen, span)

    def certify_one(self, chosen: uuid.UUID, span: Timespan) -> None:
        key = self.model.datasets[chosen].key
        if (key, span, chosen) in self.model.ranges:  # again: no change
            assert self.butler.registry.calibrations.certify("calib/a", [chosen.bytes], span) == 0
            return
        if any(k == key and r.overlaps(span) for k, r, _ in self.model.ranges):
            with pytest.raises(ConflictingDefinitionError):
                self.butler.registry.calibrations.certify("calib/a", [chosen.bytes], span)
            return
        self.butler.registry.calibrations.certify("calib/a", [chosen.bytes], span)
        self.model.ranges.append((key, span, chosen))

    @rule(span=times)
    def decertify(self, span: Timespan) -> None:
        self.butler.registry.calibrations.decertify("calib/a", "bias", span)
        ranges = []
        for key, held, identifier in self.model.ranges:
            ranges += [(key, rest, identifier) for rest in held.difference(span)]
        self.model.ranges = ranges

    @rule(detector=detectors, span=times)
    def look_up_calibration(self, detector: int, span: Timespan) -> None:
        valid = {i for k, r, i in self.model.ranges if k == ("bias", detector) and r.overlaps(span)}
        where: dict[str, Any] = {"collections": "calib/a", "timespan": span, "instrument": "Cam", "detector": detector}
        if len(valid) > 1:
            with pytest.raises(AmbiguousCalibrationError):
                self.butler.find_dataset("bias", **where)
            return
        found = self.butler.find_dataset("bias", **where)
        assert ({found.id} if found else set()) == valid

    # ----------------------------------------------------------- transactions
    @rule(kind=kinds, first=detectors, second=detectors, run=runs, content=contents, outer_fails=st.booleans())
    def failing_nested_transaction(
        self, kind: str, first: int, second: int, run: str, content: Any, outer_fails: bool
    ) -> None:
        outer, inner = self.key(kind, first), self.key(kind, second)
        if outer == inner or any(self.model.in_run(k, run) is not None for k in (outer, inner)):
            return
        kept = None
        try:
            with self.butler.transaction():
                kept = self.butler.put(content, kind, self.data_id(outer), run=run)
                with contextlib.suppress(ZeroDivisionError), self.butler.transaction():
                    self.butler.put(content, kind, self.data_id(inner), run=run)
                    self.butler.ingest(
                        self.dataset_file(self.file(content), [("plain", 0)], "run/new"), transfer="copy"
                    )
                    raise ZeroDivisionError
                if outer_fails:
                    raise InterruptedError
        except InterruptedError:
            return
        self.remember(kept.id, outer, run, content)

    @rule()
    def reopen(self) -> None:
        self.butler.close()
        self.butler = Butler(self.root, writeable=True)

    @rule(
        kind=kinds, detector=detectors, run=runs, content=contents, calls=st.integers(2500, 5500),
        mode=st.sampled_from([None, "copy", "direct"]),
    )  # fmt: skip
    def killed(self, kind: str, detector: int, run: str, content: Any, calls: int, mode: str | None) -> None:
        key = self.key(kind, detector)
        if self.model.in_run(key, run) is not None:
            return
        item = self.dataset_file(self.file(content), [key], run) if mode else None

        def action() -> None:
            butler = Butler(self.root, run=run)
            if item is None:
                butler.put(content, kind, self.data_id(key))
            else:
                butler.ingest(item, transfer=mode)

        killed_after(calls, action)
        if run in self.butler.collections.query("*"):
            self.model.runs.add(run)
            found = self.butler.find_dataset(kind, self.data_id(key), collections=run)
            if found is not None:
                self.remember(found.id, key, run, content, direct=mode == "direct")
        stored = {d.path for d in self.model.datasets.values()}
        self.leftovers |= {p for p in self.files() if p not in stored}

    # ------------------------------------------------------------- invariants
    def files(self) -> set[Path]:
        own = {p.with_name(p.name + end) for p in self.own for end in ("", "-wal", "-shm", "-journal")}
        return {p for p in self.root.rglob("*") if p.is_file()} - own

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.butler.registry.database.query(sql)

    @invariant()
    def rows_are_those_of_the_model(self) -> None:
        rows = self.rows(
            "SELECT d.id, t.name, c.name, d.path, d.checksum, d.size FROM dataset d "
            "LEFT JOIN dataset_type t ON t.k = d.dataset_type LEFT JOIN collection c ON c.k = d.run"
        )
        assert {uuid.UUID(bytes=bytes(r[0])) for r in rows} == set(self.model.datasets)
        for identifier, kind, run, path, checksum, size in rows:
            stored = self.model.datasets[uuid.UUID(bytes=bytes(identifier))]
            assert (kind, run) == (stored.key[0], stored.run)
            assert (path is None) == (stored.path is None)
            if stored.path is None:
                continue
            content = stored.path.read_bytes()
            assert len(content) == size
            assert checksum is None or bytes(checksum) == hashlib.blake2b(content, digest_size=16).digest()

    @invariant()
    def files_are_those_of_rows(self) -> None:
        ours = {d.path for d in self.model.datasets.values() if d.path is not None and not d.direct}
        found = self.files()
        assert ours <= found
        assert found - ours <= self.leftovers
        assert all(d.path.exists() for d in self.model.datasets.values() if d.direct and d.path is not None)
        assert self.rows("SELECT path FROM trash") == []

    @invariant()
    def nothing_refers_to_what_is_gone(self) -> None:
        for table, column, target in (
            ("tag", "dataset", "dataset"), ("calibration", "dataset", "dataset"), ("shared_file", "dataset", "dataset"),
            ("artifact", "dataset", "dataset"), ("tag", "collection", "collection"), ("dataset", "run", "collection"),
            ("calibration", "collection", "collection"), ("collection_chain", "parent", "collection"),
            ("collection_chain", "child", "collection"), ("collection_summary", "collection", "collection"),
        ):  # fmt: skip
            sql = f"SELECT count(*) FROM {table} x WHERE NOT EXISTS (SELECT 1 FROM {target} t WHERE t.k = x.{column})"
            assert self.rows(sql) == [(0,)], (table, column)

    @invariant()
    def collections_are_those_of_the_model(self) -> None:
        held = {(t, i) for t, members in self.model.tags.items() for i in members.values()}
        rows = self.rows("SELECT c.name, d.id FROM tag m JOIN collection c ON c.k = m.collection "
                         "JOIN dataset d ON d.k = m.dataset")  # fmt: skip
        assert {(name, uuid.UUID(bytes=bytes(i))) for name, i in rows} == held
        ranges = self.rows("SELECT d.id, m.begin, m.finish FROM calibration m JOIN dataset d ON d.k = m.dataset")
        assert sorted((uuid.UUID(bytes=bytes(i)), b, e) for i, b, e in ranges) == sorted(
            (i, r.begin_ns, r.end_ns) for _, r, i in self.model.ranges
        )
        for chain, children in self.model.chains.items():
            assert list(self.butler.collections.get_info(chain).children) == children

    @invariant()
    def summaries_are_supersets(self) -> None:
        said = set(self.rows("SELECT c.name, t.name FROM collection_summary s JOIN collection c ON c.k = s.collection "
                             "JOIN dataset_type t ON t.k = s.dataset_type"))  # fmt: skip
        needed = {(d.run, d.key[0]) for d in self.model.datasets.values()}
        needed |= {(t, k[0]) for t, held in self.model.tags.items() for k in held}
        needed |= {("calib/a", k[0]) for k, _, _ in self.model.ranges}
        assert needed <= said


STATES = settings(
    max_examples=50, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_any_history_on_sqlite(tmp_path: Path) -> None:
    run_state_machine_as_test(lambda: Repository(tmp_path, None), settings=STATES)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_any_history_on_postgresql(tmp_path: Path, postgres_server: str) -> None:
    with fresh_database(postgres_server) as url:
        run_state_machine_as_test(lambda: Repository(tmp_path, url), settings=STATES)  # type: ignore[arg-type]
