"""Rules that rows obey: a sound repository breaks none; each injury is found, and mended where it can be."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from skybutler.registry.checks import RowCheck, collection_checks, dataset_checks, reference_checks
from skybutler.registry.registry import Registry
from support.world import World

DATASET = "(SELECT min(dataset) FROM tag)"
RUN = "(SELECT k FROM collection WHERE name = 'run/a')"
FIRST = "(SELECT min(begin) FROM calibration)"
OVERLAPPING = (
    "INSERT INTO calibration SELECT collection, dataset_type, data_id, begin + 1, finish, dataset "
    "FROM calibration WHERE finish > begin + 1"
)
ENDLESS = (
    "INSERT INTO collection_chain SELECT i.k, 50, m.k FROM collection i, collection m "
    "WHERE i.name = 'chain/inner' AND m.name = 'chain/main'"
)


def checks(registry: Registry) -> Iterator[RowCheck]:
    types = registry.dataset_types.all()
    yield from reference_checks(registry.database)
    yield from dataset_checks(registry.database, types)
    yield from collection_checks(registry.database, types)


def broken(registry: Registry) -> list[tuple[str, int, bool]]:
    """Rules that are broken, by how many rows, and whether they can be mended."""
    counts = [(c, sum(map(len, c.find()))) for c in checks(registry)]
    return [(c.kind, n, c.repair is not None) for c, n in counts if n]


def injure(registry: Registry, *statements: str) -> None:
    with registry.transaction():
        for statement in statements:
            registry.database.execute(statement)


def mend(registry: Registry) -> None:
    with registry.transaction():
        for check in list(checks(registry)):
            if check.repair is not None and any(check.find()):
                assert check.repair() > 0, check
                assert check.remedy


def test_a_sound_registry(world: World) -> None:
    assert broken(world.registry) == []
    assert len({(c.kind, c.what) for c in checks(world.registry)}) == len(list(checks(world.registry)))


@pytest.mark.parametrize(
    "statement, kind, count",
    [
        ("DELETE FROM collection WHERE name = 'run/c'", "dangling-row", None),
        ("INSERT INTO artifact VALUES (99999, 'wcs', 'p', 1, 1, 3, NULL)", "dangling-row", 1),
        ("INSERT INTO shared_file VALUES (99999, 'p')", "dangling-row", 1),
        ("INSERT INTO provenance VALUES (99999, NULL, NULL)", "dangling-row", 1),
        ("UPDATE tag SET dataset = 99999", "dangling-row", 2),
        (
            "UPDATE calibration SET dataset = 99998 WHERE begin = (SELECT min(begin) FROM calibration)",
            "dangling-row",
            None,
        ),
        ("INSERT INTO collection_chain VALUES (77, 0, 78)", "dangling-row", None),
        ("INSERT INTO collection_summary VALUES (77, 78)", "dangling-row", None),
        ("INSERT INTO collection_governor VALUES (77, 'instrument', 9999)", "dangling-row", None),
        ("INSERT INTO footprint_class VALUES (77, 0, 0.1)", "dangling-row", 1),
        ("UPDATE tag SET data_id = data_id + 100", "unlike-member", 2),
        ("DELETE FROM collection_summary", "missing-summary", None),
        ("DELETE FROM collection_governor", "missing-summary", None),
    ],
)
def test_injuries_that_can_be_mended(world: World, statement: str, kind: str, count: int | None) -> None:
    registry = world.registry
    if statement.startswith("DELETE FROM collection WHERE"):  # what nobody refers to but tags, chains and summaries
        injure(registry, f"DELETE FROM dataset WHERE run = {RUN.replace('run/a', 'run/c')}", "DELETE FROM tag")
    injure(registry, statement)
    found = broken(registry)
    assert {k for k, _, _ in found} == {kind}
    assert all(can for _, _, can in found)
    if count is not None:
        assert sum(n for _, n, _ in found) == count
    mend(registry)
    assert broken(registry) == []


def test_mended_summaries_hold_what_there_is(world: World) -> None:
    database = world.registry.database

    def summaries() -> list[set[tuple[object, ...]]]:
        selects = ("collection, dataset_type FROM collection_summary", "* FROM collection_governor")
        return [set(database.query(f"SELECT {select}")) for select in selects]

    before = summaries()
    injure(world.registry, "DELETE FROM collection_summary", "DELETE FROM collection_governor")
    mend(world.registry)
    after = summaries()
    assert all(now <= then for now, then in zip(after, before, strict=True))
    assert ("run/a", "raw") in database.query(
        "SELECT c.name, t.name FROM collection_summary s JOIN collection c ON c.k = s.collection "
        "JOIN dataset_type t ON t.k = s.dataset_type"
    )


@pytest.mark.parametrize(
    "statements, kinds",
    [
        ((f"UPDATE dataset SET run = 99999 WHERE k = {DATASET}",), {"dangling-row", "missing-summary"}),
        ((f"UPDATE dataset SET data_id = 99999 WHERE k = {DATASET}", "DELETE FROM tag"), {"lost-data-id"}),
        (
            ("UPDATE dataset SET data_id = 5 WHERE dataset_type = (SELECT k FROM dataset_type WHERE name = 'notes')",),
            {"lost-data-id"},
        ),
        ((f"UPDATE dataset SET path = 'x' WHERE k = {DATASET}",), {"broken-file-record"}),
        (("UPDATE collection SET kind = 1 WHERE name = 'tag/x'",), {"wrong-kind"}),
        (("UPDATE calibration SET finish = begin",), {"overlapping-validity"}),
        ((OVERLAPPING,), {"overlapping-validity"}),
        ((ENDLESS,), {"endless-chain"}),
    ],
)
def test_injuries_that_only_people_can_mend(world: World, statements: tuple[str, ...], kinds: set[str]) -> None:
    injure(world.registry, *statements)
    assert {kind for kind, _, _ in broken(world.registry)} == kinds
    mend(world.registry)
    assert {kind for kind, _, _ in broken(world.registry)} == kinds - {"missing-summary"}


def test_files_that_several_datasets_are_in(world: World) -> None:
    registry = world.registry
    injure(
        registry,
        "UPDATE dataset SET path = 'one.fits', formatter = 1, storage_class = 1, size = 7 "
        "WHERE k IN (SELECT dataset FROM tag)",
    )
    assert broken(registry) == [("unshared-file", 1, True)]
    mend(registry)
    assert broken(registry) == []
    first, _ = world.tags["tag/x"]
    registry.datasets.remove([first])
    assert registry.datasets.trash() == []


def test_chains_that_end(world: World) -> None:
    """A chain that several ways lead to is no endless one."""
    collections = world.registry.collections
    collections.set_chain("chain/empty", ["chain/inner", "chain/main"])
    assert broken(world.registry) == []
