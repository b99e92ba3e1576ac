"""What a registry holds, sorted and by name: the same however its rows are numbered."""

from __future__ import annotations

from skybutler.registry.content import Content, Sorted
from support.world import NIGHT, World


def listed(content: Sorted) -> list[tuple[object, ...]]:
    rows = list(content.rows)
    assert [r[: content.keys] for r in rows] == sorted(r[: content.keys] for r in rows)
    assert {len(row) for row in rows} <= {len(content.names)}
    return rows


def test_every_element(world: World) -> None:
    content = Content(world.registry)
    for element in world.universe.elements:
        if not element.has_table:
            continue
        found = content.records(element.name)
        rows = listed(found)
        assert len(rows) == len(world.rows.get(element.name, [])), element
        for row, names in ((dict(zip(found.names, row, strict=True)), element.fields) for row in rows[:3]):
            assert set(names) - {"timespan"} <= row.keys()


def test_records_are_given_by_name(world: World) -> None:
    content = Content(world.registry).records("visit")
    first = dict(zip(content.names, listed(content)[0], strict=True))
    assert (first["instrument"], first["id"]) == ("Cam", 10)
    assert isinstance(first["physical_filter"], str)
    assert isinstance(first["region"], bytes)
    assert str(first["timespan_begin"]) < str(first["timespan_end"])


def test_datasets_by_id_and_by_place(world: World) -> None:
    content = Content(world.registry)
    calexp = world.registry.dataset_types.get("calexp")
    with content.selection() as everything:
        by_id = content.datasets(calexp, everything)
        assert by_id.names == ("id", "run", "instrument", "detector", "visit", "size", "checksum")
        rows = listed(by_id)
        by_place = content.datasets(calexp, everything, by_place=True)
        assert by_place.names == ("run", "instrument", "detector", "visit", "id", "size", "checksum")
        assert {(*row[4:5], *row[:4]) for row in listed(by_place)} == {row[:5] for row in rows}
    assert len(rows) == sum(len(held) for (name, _), held in world.datasets.items() if name == "calexp")
    notes = world.registry.dataset_types.get("notes")
    with content.selection() as everything:
        assert [row[1:] for row in listed(content.datasets(notes, everything))] == [("run/a", None, None)]


def test_members(world: World) -> None:
    content, types = Content(world.registry), world.registry.dataset_types
    with content.selection() as everything:
        assert listed(content.tags(types.get("calexp"), everything)) == [
            ("tag/x", i) for i in sorted(world.tags["tag/x"])
        ]
        assert listed(content.tags(types.get("bias"), everything)) == []
        validity = listed(content.validity(types.get("bias"), everything))
        assert len(validity) == 7
        assert {row[0] for row in validity} == {"calib/one"}
        assert all(row[2] < NIGHT + 10**15 for row in validity)  # type: ignore[operator]


def test_a_part(world: World) -> None:
    registry, content = world.registry, Content(world.registry)
    calexp = registry.dataset_types.get("calexp")
    for names, ids, count in (
        (["run/b"], None, 6),
        (["chain/main"], None, 25),
        (["tag/x"], None, 2),
        ([], None, 0),
        (["run/a"], world.tags["tag/x"], 1),
        (None, world.tags["tag/x"], 2),
    ):
        chosen = None if names is None else [registry.collections.get(n) for n in names]
        with content.selection(chosen, ids) as selection:
            assert len(listed(content.datasets(calexp, selection))) == count, names
    with content.selection([registry.collections.get("run/a")]) as selection:
        assert listed(content.tags(calexp, selection)) == []


def test_definitions(world: World) -> None:
    content, collections = Content(world.registry), world.registry.collections
    assert content.dataset_types().keys() >= {"raw", "never"}
    everything = content.collections()
    assert list(everything) == [c.name for c in collections.all()]
    assert everything["chain/main"] == {
        "type": "CHAINED",
        "doc": "",
        "children": ["tag/x", "chain/inner", "run/a"],
    }
    part = content.collections([collections.get("chain/inner")])
    assert list(part) == ["chain/inner", "run/b", "run/c"]
