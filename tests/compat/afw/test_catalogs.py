"""Catalogs with the spellings of lsst.afw.table: made, filled, read, copied, chosen from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler.compat.afw.catalogs import (
    Catalog,
    PeakCatalog,
    SimpleCatalog,
    SimpleTable,
    SourceCatalog,
    SourceTable,
    Table,
    catalog_of,
)
from skybutler.compat.afw.records import SourceRecord
from skybutler.compat.afw.schema import Key
from skybutler.compat.geom import SpherePoint, degrees
from skybutler.compat.wrapping import to_compat
from skybutler.errors import InvalidError
from skybutler.tables import PeakCatalog as PlainPeakCatalog
from skybutler.tables import SimpleCatalog as PlainSimpleCatalog

HSC = "data/catalogs"


@pytest.fixture
def catalog() -> SourceCatalog:
    schema = SourceTable.makeMinimalSchema()
    schema.addField("cen_x", type="D", units="pixel")
    schema.addField("cen_y", type="D", units="pixel")
    schema.addField("psf_instFlux", type="D", units="count")
    schema.getAliasMap().set("slot_Centroid", "cen")
    schema.getAliasMap().set("slot_PsfFlux", "psf")
    made = SourceCatalog(schema)
    for i in range(4):
        record = made.addNew()
        record.setId(40 - i)
        record.setCoord(SpherePoint(10.0 + i, -5.0, degrees))
        record["cen_x"], record["cen_y"], record["psf_instFlux"] = 1.5 * i, 2.0 * i, 100.0 + i
    made[3].setParent(40)
    return made


def test_filled_row_by_row(catalog: SourceCatalog) -> None:
    assert len(catalog) == 4
    assert catalog["id"].tolist() == catalog.getId().tolist() == [40, 39, 38, 37]
    assert [record.getX() for record in catalog] == catalog.getX().tolist() == [0.0, 1.5, 3.0, 4.5]
    assert catalog[Key("cen_y")].tolist() == catalog.get("cen_y").tolist() == catalog.columns["cen_y"].tolist()
    assert catalog.getColumnView()["slot_PsfFlux_instFlux"][1] == catalog.getPsfInstFlux()[1] == 101.0
    assert np.degrees(catalog.getRa()).tolist() == pytest.approx([10.0, 11.0, 12.0, 13.0])
    assert np.degrees(catalog.getDec())[0] == pytest.approx(-5.0)
    assert catalog.getParent().tolist() == [0, 0, 0, 40]
    assert list(catalog.extract("cen_*")) == ["cen_x", "cen_y"]
    assert "cen_x" in catalog
    catalog["cen_x"] = np.zeros(4)
    assert not catalog.getX().any()


def test_rows_are_found(catalog: SourceCatalog) -> None:
    found = catalog.find(38)
    assert isinstance(found, SourceRecord)
    assert (found.getId(), catalog.find(1)) == (38, None)
    assert catalog.find(3.0, "cen_x").getId() == 38
    assert [r.getId() for r in catalog.getChildren(40)] == [37]
    assert not catalog.isSorted()
    catalog.sort()
    assert catalog.isSorted()
    assert catalog[0].getId() == 37


def test_copies_and_parts(catalog: SourceCatalog) -> None:
    deep, shallow = catalog.copy(True), catalog.copy()
    catalog[0]["cen_x"] = 99.0
    assert (deep[0].getX(), shallow[0].getX()) == (0.0, 99.0)
    assert SourceCatalog(catalog) == catalog == SourceCatalog(catalog, deep=True)
    bright = catalog["psf_instFlux"] > 101.5
    for part in (catalog[bright], catalog.subset(bright), catalog.subset(2, 4), catalog[2:4]):
        assert type(part) is SourceCatalog
        assert part.getId().tolist() == [38, 37]
    assert catalog.subset(0, 4, 2).getId().tolist() == [40, 38]
    assert catalog.isContiguous()


def test_growing(catalog: SourceCatalog) -> None:
    other = catalog.copy(True)
    catalog.extend(other)
    assert len(catalog) == 8
    catalog.extend([other[0], other[1]])
    catalog.append(other[2])
    assert catalog.getId().tolist()[8:] == [40, 39, 38]
    catalog.reserve(100)
    catalog.resize(2)
    assert catalog.getId().tolist() == [40, 39]
    catalog[0] = other[3]
    assert catalog[0].getId() == 37


def test_slots(catalog: SourceCatalog) -> None:
    catalog.defineCentroid("cen")
    catalog.definePsfFlux("psf")
    assert catalog.schema.getAliasMap().get("slot_Centroid") == "cen"
    with pytest.raises(KeyError, match="no column"):
        catalog.defineShape("cen")
    with pytest.raises(KeyError, match=r"no slot 'Shape'.*define_slot"):
        catalog.getIxx()


def test_astropy(catalog: SourceCatalog) -> None:
    from astropy.table import QTable

    table = catalog.asAstropy()
    assert len(table) == 4
    assert str(table["coord_ra"].unit) == "rad"
    table["cen_x"][0] = 55.0
    assert catalog[0].getX() == 55.0
    catalog.asAstropy(copy=True)["cen_x"][0] = 66.0
    assert catalog[0].getX() == 55.0
    assert isinstance(catalog.asAstropy(cls=QTable), QTable)


def test_files(catalog: SourceCatalog, tmp_path: Path) -> None:
    catalog.writeFits(tmp_path / "src.fits")
    read = SourceCatalog.readFits(str(tmp_path / "src.fits"))
    assert type(read) is SourceCatalog
    assert read.getX().tolist() == catalog.getX().tolist()
    assert read.getMetadata() == read.metadata


def test_tables_and_kinds() -> None:
    table = SourceTable.make(SourceTable.makeMinimalSchema())
    assert SourceCatalog(table).table.getSchema() == table.getSchema()
    record = table.makeRecord()
    assert record.getId() == 0
    assert (SourceTable.getIdKey(), SourceTable.getParentKey()) == (Key("id"), Key("parent"))
    assert SimpleTable.getCoordKey() == (Key("coord_ra"), Key("coord_dec"))
    assert SimpleTable.makeMinimalSchema().getOrderedNames() == ["id", "coord_ra", "coord_dec"]
    assert len(Table.makeMinimalSchema()) == 0
    assert type(SimpleCatalog().getTable()) is SimpleTable
    assert type(to_compat(PlainSimpleCatalog())) is type(catalog_of(PlainSimpleCatalog())) is SimpleCatalog
    assert type(to_compat(PlainPeakCatalog())) is PeakCatalog
    with pytest.raises(InvalidError, match="Catalog cannot be made of 3"):
        Catalog(3)
