"""Every standard universe makes a registry whose every element can be filled and read back."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler.dimensions import DimensionElement, DimensionUniverse
from skybutler.errors import ButlerError, ConfigError, InconsistentUniverseError
from skybutler.registry.ask import ask_data_ids, ask_records
from skybutler.registry.registry import Registry
from skybutler.registry.schema import STATIC_TABLES, element_key_table
from skybutler.sky.timespan import Timespan
from support.world import square


def row_of(element: DimensionElement, n: int) -> dict[str, Any]:
    """A record with every field filled; dimension ``d`` has the value n, or ``d<n>`` where it is text."""
    universe = element.universe
    row: dict[str, Any] = {}
    for field in element.fields:
        dimension = element.dimension_of_field(field)
        if dimension is not None:
            key = universe[dimension].key
            assert key is not None
            row[field] = f"{dimension}{n}" if key.type == "string" else n
        elif field == "region":
            row[field] = square(10.0 * n, 5.0, 1.0)
        elif field == "timespan":
            row[field] = Timespan.from_ns(n, n + 5)
        else:
            kind = element.columns[field].type
            row[field] = {
                "string": f"{field[:8]}{n}",
                "int": n,
                "float": n + 0.25,
                "bool": n % 2 == 0,
                "hash": bytes([n]),
            }[kind]
    return row


@pytest.mark.parametrize("version", range(9))
def test_every_element_of_every_universe(database_url: str, version: int) -> None:
    universe = DimensionUniverse.load(version)
    registry = Registry.create(database_url, universe)
    filled = [e for e in universe.elements if e.has_table]
    for element in filled:
        rows = [row_of(element, n) for n in (1, 2)]
        registry.elements.insert_records(element.name, rows)
    registry.close()
    reopened = Registry.open(database_url, writeable=False)
    assert reopened.universe.version == version
    for element in filled:
        rows = [row_of(element, n) for n in (1, 2)]
        records = sorted(ask_records(reopened, element.name), key=lambda r: r.data_id.required_values)
        assert [{f: r.get(f) for f in element.fields} for r in records] == rows
        assert len(ask_data_ids(reopened, universe.conform(element.required), where=_one(element), data_id={})) == 1
    reopened.close()


def _one(element: DimensionElement) -> str:
    conditions = []
    for name in element.required:
        key = element.universe[name].key
        assert key is not None
        conditions.append(f"{name} = '{name}1'" if key.type == "string" else f"{name} = 1")
    return " AND ".join(conditions)


def test_the_key_table_of_a_data_id_is_an_element_where_one_fits() -> None:
    universe = DimensionUniverse.load()
    assert element_key_table(universe, ("instrument", "visit")) == "visit"
    assert element_key_table(universe, universe["visit_detector_region"].required) == "visit_detector_region"
    assert element_key_table(universe, universe["visit_definition"].required) is None
    assert element_key_table(universe, ("instrument", "detector", "exposure")) is None


def test_elements_cannot_take_names_of_registry_tables(database_url: str) -> None:
    definition = {
        "version": 1,
        "namespace": "own",
        "skypix": {"common": "htm7", "htm": {"max_level": 9}},
        "elements": {"dataset": {"doc": "A thing of ours.", "keys": [{"name": "id", "type": "int"}]}},
    }
    with pytest.raises(InconsistentUniverseError, match="'dataset' is a registry table"):
        Registry.create(database_url, DimensionUniverse.from_definition(definition))


def test_a_database_with_tables_is_refused(registry: Registry, database_url: str) -> None:
    with pytest.raises(ConfigError, match="not empty"):
        Registry.create(database_url, DimensionUniverse.load())
    assert registry.database.table_names() >= {t.name for t in STATIC_TABLES}


def test_a_failed_creation_leaves_no_tables(database_url: str) -> None:
    definition = {
        "version": 1,
        "namespace": "own",
        "skypix": {"common": "htm7", "htm": {"max_level": 9}},
        "elements": {"tag": {"doc": "A thing of ours.", "keys": [{"name": "id", "type": "int"}]}},
    }
    with pytest.raises(ButlerError):
        Registry.create(database_url, DimensionUniverse.from_definition(definition))
    made = Registry.create(database_url, DimensionUniverse.load())
    made.close()
