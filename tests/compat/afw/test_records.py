"""Rows with the spellings of lsst.afw.table."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.compat.afw.catalogs import SourceCatalog
from skybutler.compat.afw.footprints import Footprint
from skybutler.compat.afw.records import SLOT_GETTERS, SourceRecord
from skybutler.compat.geom import Angle, Point2D, degrees
from skybutler.compat.wrapping import to_compat
from skybutler.errors import MissingColumnError
from skybutler.sim.calexp import simulate_calexp
from skybutler.sim.hsc import VISITS
from skybutler.sim.measurement import measure
from skybutler.tables import Footprint as PlainFootprint


@pytest.fixture(scope="module")
def catalog() -> SourceCatalog:
    """Sources as a pipeline measures them: all slots are defined."""
    found = to_compat(measure(simulate_calexp("HSC", 25, VISITS[0], scale=16), first_id=7))
    assert isinstance(found, SourceCatalog)
    return found


@pytest.fixture
def record(catalog: SourceCatalog) -> SourceRecord:
    return catalog.copy(True)[0]


@pytest.mark.parametrize("name", SLOT_GETTERS)
def test_what_slots_stand_for_is_that_of_the_columns(catalog: SourceCatalog, name: str) -> None:
    try:
        column = getattr(catalog, name)()
    except MissingColumnError:
        assert name.endswith("Flag"), "only flags may be missing"
        return
    np.testing.assert_array_equal([getattr(record, name)() for record in catalog], column)


def test_the_usual_slots_are_there(record: SourceRecord) -> None:
    assert record.getPsfInstFlux() == record["slot_PsfFlux_instFlux"] == record.get("base_PsfFlux_instFlux")
    assert record.getPsfInstFluxErr() > 0.0
    assert record.getCentroid() == Point2D(record.getX(), record.getY())
    assert record.getShape().getDeterminantRadius() > 0.0


def test_places_are_angles(record: SourceRecord) -> None:
    place = record.getCoord()
    assert isinstance(record["coord_ra"], Angle)
    assert place.getRa().asDegrees() == pytest.approx(record.getRa().asDegrees(), rel=1e-12)
    assert place.getDec().asDegrees() == pytest.approx(record.getDec().asDegrees(), rel=1e-12)
    record.set("coord_dec", 3.0 * degrees)
    assert record.getDec().asDegrees() == pytest.approx(3.0)


def test_values_and_fields(record: SourceRecord) -> None:
    assert record.getSchema() == record.schema
    values = record.extract("base_SdssCentroid_*")
    assert values["base_SdssCentroid_x"] == record.getX()
    assert set(record.asDict()) == record.schema.getNames()
    assert "base_SdssCentroid_x" in record
    with pytest.raises(KeyError, match="Did you mean"):
        record["base_SdssCentroid_q"]


def test_ids_parents_and_footprints(record: SourceRecord) -> None:
    assert (record.getId(), record.getParent()) == (7, 0)
    found = record.getFootprint()
    assert isinstance(found, Footprint)
    assert found.contains(record.getCentroid())
    other = Footprint.of(PlainFootprint([(1, 2, 3)]))
    record.setParent(5)
    record.setFootprint(other)
    assert (record.getParent(), record.getFootprint()) == (5, other)
