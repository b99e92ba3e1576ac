"""What identifiers mean: dimensions, fields, datasets; the nearest name when they mean nothing."""

from __future__ import annotations

import pytest

from skybutler.dimensions.universe import DimensionUniverse
from skybutler.errors import ExpressionError
from skybutler.expressions.bound import Column, Edge
from skybutler.expressions.names import Scope, element_columns, name_column
from skybutler.expressions.nodes import Name

UNIVERSE = DimensionUniverse.load()
VISIT_SPAN = Column("field", "visit", "timespan", "timespan")
CALEXP = {"calexp": UNIVERSE.conform(["visit", "detector"])}


def _resolve(text: str, *dimensions: str, element: str | None = None, types: tuple[str, ...] = ()) -> Column | Edge:
    group = UNIVERSE.conform(dimensions) if dimensions else None
    scope = Scope(text, UNIVERSE, group, element, {name: UNIVERSE.conform(["visit"]) for name in types})
    return scope.resolve(Name(tuple(text.split(".")), position=0, length=len(text)))


@pytest.mark.parametrize(
    "text,expected",
    [
        ("visit", Column("dimension", "visit", "id", "int")),
        ("instrument", Column("dimension", "instrument", "name", "string")),
        ("band", Column("dimension", "band", "name", "string")),
        ("htm7", Column("dimension", "htm7", "id", "int")),
        ("healpix9.region", Column("field", "healpix9", "region", "region")),
        ("visit.id", Column("dimension", "visit", "id", "int")),
        ("visit.instrument", Column("dimension", "instrument", "name", "string")),
        ("visit.physical_filter", Column("dimension", "physical_filter", "name", "string")),
        ("visit_definition.exposure", Column("dimension", "exposure", "id", "int")),
        ("visit.name", Column("field", "visit", "name", "string")),
        ("visit.exposure_time", Column("field", "visit", "exposure_time", "float")),
        ("exposure.can_see_sky", Column("field", "exposure", "can_see_sky", "bool")),
        ("skymap.hash", Column("field", "skymap", "hash", "hash")),
        ("visit_detector_region.region", Column("field", "visit_detector_region", "region", "region")),
        ("visit.timespan", VISIT_SPAN),
        ("visit.timespan.begin", Edge(VISIT_SPAN, "begin")),
        ("cell_x", Column("field", "patch", "cell_x", "int")),
    ],
)
def test_names_of_the_universe(text: str, expected: Column | Edge) -> None:
    assert _resolve(text) == expected


def test_fields_of_the_query_come_before_others() -> None:
    assert _resolve("exposure_time", "visit") == Column("field", "visit", "exposure_time", "float")
    assert _resolve("exposure_time", "exposure") == Column("field", "exposure", "exposure_time", "float")
    assert _resolve("raft", "visit") == Column("field", "detector", "raft", "string")
    assert _resolve("name", "tract") == Column("dimension", "skymap", "name", "string")


def test_fields_of_the_queried_element_come_first() -> None:
    dimensions = ("visit", "exposure")
    assert _resolve("exposure_time", *dimensions, element="exposure").element == "exposure"  # type: ignore[union-attr]
    assert _resolve("timespan.end", *dimensions, element="visit") == Edge(VISIT_SPAN, "end")
    assert _resolve("id", *dimensions, element="visit") == Column("dimension", "visit", "id", "int")


@pytest.mark.parametrize(
    "text,expected",
    [
        ("calexp.dataset_id", Column("dataset", "calexp", "dataset_id", "uuid")),
        ("calexp.timespan.begin", Edge(Column("dataset", "calexp", "timespan", "timespan"), "begin")),
        ("ingest_date", Column("dataset", "calexp", "ingest_date", "time")),
        ("run", Column("dataset", "calexp", "run", "string")),
        ("collection", Column("dataset", "calexp", "collection", "string")),
    ],
)
def test_dataset_fields(text: str, expected: Column | Edge) -> None:
    assert _resolve(text, "detector", types=("calexp",)) == expected


def test_columns_know_the_dimensions_that_reach_them() -> None:
    assert _resolve("visit.name").dimensions == ("visit",)  # type: ignore[union-attr]
    assert set(_resolve("visit_detector_region.region").dimensions) == {"instrument", "detector", "visit"}  # type: ignore[union-attr]
    assert _resolve("run", types=("calexp",)).dimensions == ()  # type: ignore[union-attr]


def test_resolved_columns_stand_where_the_name_stood() -> None:
    scope = Scope("  visit.timespan.end", UNIVERSE)
    edge = scope.resolve(Name(("visit", "timespan", "end"), position=2, length=18))
    assert (edge.position, edge.length, scope.excerpt(edge)) == (2, 18, "visit.timespan.end")


@pytest.mark.parametrize(
    "text,dimensions,types,words",
    [
        ("exposure_time", ("visit", "exposure"), (), "could be 'exposure.exposure_time', 'visit.exposure_time'"),
        ("exposure_time", (), (), "could be 'exposure.exposure_time', 'visit.exposure_time'"),
        ("timespan.begin", ("visit",), (), "could be 'day_obs.timespan', 'visit.timespan'"),
        ("run", (), ("calexp", "raw"), "could be 'calexp.run', 'raw.run'"),
        ("visitt", (), (), "'visit'"),
        ("Visit", (), (), "'visit'"),
        ("expousre_time", (), (), "'exposure_time'"),
        ("vist.name", (), (), "'visit.name'"),
        ("visit.exp_time", (), (), "'exposure_time'"),
        ("visit.qqq", (), (), "It has instrument"),
        ("visit.begin", (), (), "'visit.timespan.begin'"),
        ("detector.timespan.begin", (), (), "no field 'timespan'"),
        ("visit.visit", (), (), "no field 'visit'"),
        ("calexp.runn", (), ("calexp",), "'run'"),
        ("calexp.zzz", (), ("calexp",), "Datasets have dataset_id"),
        ("calxep.run", (), ("calexp",), "'calexp'"),
        ("raw.run", (), ("calexp",), "The query has calexp"),
        ("raw.run", (), (), "searches no dataset type"),
        ("run", (), (), "Unknown name"),
        ("LSSTCam", (), (), "'LSSTCam'; values are bound"),
        ("visit.timespan.middle", (), (), "Unknown name 'visit.timespan.middle'"),
        ("visit_definition", (), (), "'visit_definition.visit'"),
        ("htm99", (), (), "Unknown name"),
    ],
)
def test_unknown_and_ambiguous_names(
    text: str, dimensions: tuple[str, ...], types: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ExpressionError) as caught:
        _resolve(text, *dimensions, types=types)
    assert words in str(caught.value)
    assert (caught.value.position, caught.value.length) == (0, len(text))


@pytest.mark.parametrize("version", range(9))
def test_every_column_of_every_universe_resolves(version: int) -> None:
    universe = DimensionUniverse.load(version)
    scope = Scope("", universe)
    for element in universe.elements:
        for name, column in element_columns(universe, element).items():
            assert scope.resolve(Name((element.name, name))) == column


def test_names_beside_numbers() -> None:
    names = {d.name: name_column(UNIVERSE, _column(d.name)) for d in UNIVERSE.dimensions}
    fields = {dimension: column.field for dimension, column in names.items() if column is not None}
    assert fields == {"detector": "full_name", "visit": "name", "exposure": "obs_id", "visit_system": "name"}


def _column(dimension: str) -> Column:
    column = _resolve(dimension)
    assert isinstance(column, Column)
    return column


def test_long_excerpts_are_cut() -> None:
    text = "x" * 100
    assert Scope(text, UNIVERSE).excerpt(Name(("x",), position=0, length=100)) == "x" * 37 + "..."
