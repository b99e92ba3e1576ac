"""Astropy tables as ECSV, and read from other forms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import astropy.units as u
import pytest
from astropy.table import QTable, Table

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.formatters import Source
from support.files import Files

Make = Callable[[str, str], Files]


def test_tables_come_back_with_their_descriptions(files: Make) -> None:
    table = Table({"a": [1.5, 2.5], "s": ["x", "a b,c"]}, meta={"n": {"b": [1]}})
    table["a"].unit, table["a"].description = "deg", "An angle"
    found = files("astropy-table", "AstropyTable").round_trip(table)
    assert found["s"].tolist() == ["x", "a b,c"]
    assert (found["a"].unit, found["a"].description) == (u.deg, "An angle")
    assert dict(found.meta) == {"n": {"b": [1]}}


def test_quantities_come_back(files: Make) -> None:
    found = files("astropy-table", "AstropyQTable").round_trip(QTable({"a": [1.0, 2.0] * u.m}))
    assert type(found) is QTable
    assert found["a"].unit == u.m


@pytest.mark.parametrize(
    "extension, form", [(".fits", "fits"), (".vot", "votable"), (".csv", "ascii.csv"), (".ecsv", "ascii.ecsv")]
)
def test_other_forms_are_read(files: Make, tmp_path: Path, extension: str, form: str) -> None:
    path = tmp_path / f"y{extension}"
    Table({"a": [1, 2]}).write(path, format=form)
    found = files("astropy-table", "AstropyTable").read_bytes(path.read_bytes(), f"x{extension}")
    assert found["a"].tolist() == [1, 2]


def test_a_real_curated_calibration(files: Make, shared: Path) -> None:
    path = shared / "data/curated/comCam/defects/r22_s00/19700101T000000.ecsv"
    found = files("astropy-table", "AstropyTable").read_bytes(path.read_bytes())
    assert {"x0", "y0", "width", "height"} <= set(found.colnames)


def test_provenance_does_not_change_the_table_that_was_put(files: Make) -> None:
    table = Table({"a": [1]})
    written = files("astropy-table", "AstropyTable")
    written.write(table, {"LSST BUTLER RUN": "u/me"})
    assert written.read().meta["LSST BUTLER RUN"] == "u/me"
    assert not table.meta


@pytest.mark.parametrize(
    "name, content", [("x.parquet", b""), ("x", b""), ("x.ecsv", b"no ecsv"), ("x.fits", b""), ("x.vot", b"<a>")]
)
def test_what_is_no_table_is_named(files: Make, name: str, content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match="x"):
        files("astropy-table", "AstropyTable").read_bytes(content, name)


def test_what_ecsv_cannot_hold_is_refused(files: Make) -> None:
    with pytest.raises(FormatError, match="ECSV"):
        files("astropy-table", "AstropyTable").write(Table({"a": [object()]}))


def test_provenance_is_read_from_ecsv_alone(files: Make) -> None:
    ecsv = files("astropy-table", "AstropyTable")
    ecsv.write(Table({"a": [1]}, meta={"x": 1}), {"LSST.BUTLER.N_INPUTS": 0, "OTHER": 5})
    assert ecsv.formatter.read_provenance(Source(ecsv.storage, ecsv.path)) == {"LSST.BUTLER.N_INPUTS": 0}
    ecsv.storage.write("x.csv", b"a\n1\n")
    assert ecsv.formatter.read_provenance(Source(ecsv.storage, "x.csv")) == {}
    ecsv.storage.write("x.ecsv", b"nonsense")
    with pytest.raises(UnreadableFileError):
        ecsv.formatter.read_provenance(Source(ecsv.storage, "x.ecsv"))
