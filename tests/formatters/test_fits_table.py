"""Tables in FITS files, our own and those of afw."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import astropy.units as u
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import MaskedColumn, Table

from skybutler.errors import UnknownComponentError, UnreadableFileError
from skybutler.tables import SourceCatalog
from support.files import Files

Make = Callable[[str, str], Files]


def test_catalogs_that_were_stored_as_tables(files: Make, shared: Path) -> None:
    content = (shared / "data/catalogs/source_catalog.fits").read_bytes()
    assert type(files("fits-table", "SourceCatalog").read_bytes(content)) is SourceCatalog
    assert isinstance(files("fits-table", "IsrCalib").read_bytes(content), Table)


def test_tables_come_back(files: Make) -> None:
    table = Table({"a": [1, 2], "s": ["x", "ü"[:1].encode("ascii", "replace").decode()], "v": np.zeros((2, 3))})
    table["a"].unit = "nJy"
    table["m"] = MaskedColumn([1.0, 2.0], mask=[True, False])
    table.meta["RUN"] = "x"
    found = files("fits-table", "IsrCalib").round_trip(table)
    assert found.colnames == table.colnames
    assert found["a"].tolist() == [1, 2]
    assert found["a"].unit == u.nJy
    assert found["v"].shape == (2, 3)
    assert found["m"].mask.tolist() == [True, False]
    assert found.meta["RUN"] == "x"


def test_long_names_of_metadata_come_back(files: Make) -> None:
    found = files("fits-table", "IsrCalib").round_trip(Table({"a": [1]}, meta={"REFCAT_FORMAT_VERSION": 1}))
    assert found.meta["REFCAT_FORMAT_VERSION"] == 1
    assert files("fits-table", "IsrCalib").round_trip(found).meta == found.meta


def test_provenance_goes_into_the_header(files: Make) -> None:
    catalog = files("fits-table", "IsrCalib")
    catalog.write(Table({"a": [1]}), {"LSST BUTLER RUN": "u/me"})
    assert catalog.read().meta["LSST BUTLER RUN"] == "u/me"


def test_there_are_no_components(files: Make) -> None:
    catalog = files("fits-table", "IsrCalib")
    catalog.write(Table({"a": [1]}))
    with pytest.raises(UnknownComponentError):
        catalog.read("columns")


def test_an_image_is_no_table(files: Make) -> None:
    out = io.BytesIO()
    fits.PrimaryHDU(np.zeros((2, 2))).writeto(out)
    with pytest.raises(UnreadableFileError, match="no table"):
        files("fits-table", "IsrCalib").read_bytes(out.getvalue())


@pytest.mark.parametrize("content", [b"", b"no FITS", b"SIMPLE  =                    T"])
def test_what_is_no_fits_is_named(files: Make, content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"d/x\.fits"):
        files("fits-table", "IsrCalib").read_bytes(content)
