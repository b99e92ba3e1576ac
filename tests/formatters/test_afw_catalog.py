"""Catalogs in FITS files: real ones, and what we write."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from skybutler.errors import (
    FormatError,
    ParameterError,
    SchemaVersionError,
    UnknownComponentError,
    UnreadableFileError,
)
from skybutler.images import Metadata
from skybutler.tables import Catalog, Field, PeakCatalog, SimpleCatalog, SourceCatalog
from skybutler.tables.field import TYPES
from support.files import Files

Make = Callable[[str, str], Files]


@pytest.fixture
def sources(files: Make) -> Files:
    return files("afw-catalog", "SourceCatalog")


# --------------------------------------------------------------------------------------------------- files of others
def test_a_real_source_catalog(sources: Files, shared: Path) -> None:
    found = sources.read_bytes((shared / "data/catalogs/source_catalog.fits").read_bytes())
    assert type(found) is SourceCatalog
    assert found["id"].tolist() == [50, 2, 3]
    assert found.names[:8] == ["id", "coord_ra", "coord_dec", "parent", "a_flux", "a_fluxSigma", "a_flag", "b_x"]
    assert found.schema["coord_ra"] == Field("coord_ra", "Angle", "position in ra/dec", "rad")
    record = found[0]
    assert record.psf_flux == pytest.approx(1.6243453636632417)
    assert record["slot_PsfFlux_instFlux"] == record["a_flux"] == record["a_instFlux"]
    assert record.psf_flux_error == record["a_fluxErr"] == record["a_fluxSigma"]
    assert (record.x, record.y) == (record["b_x"], record["b_y"])
    assert record.shape == (record["c_xx"], record["c_yy"], record["c_xy"])


def test_flags_are_those_of_the_bits(sources: Files, shared: Path) -> None:
    path = shared / "data/catalogs/source_catalog.fits"
    found = sources.read_bytes(path.read_bytes())
    bits = fits.getdata(path, 1)["flags"]
    for i, name in enumerate(["a_flag", "b_flag", "c_flag"]):
        assert found[name].dtype == bool
        assert (found[name] == bits[:, i]).all()


def _shards(shared: Path) -> dict[str, dict[str, Any]]:
    expected: dict[str, dict[str, Any]] = json.loads((shared / "expect/refcats.json").read_text())["files"]
    return expected


@pytest.mark.parametrize("name", ["htm4_version1/ref_cats/cal_ref_cat/4022", "sdss_htm8/903253", "sdss_htm8/903281"])
def test_reference_catalogs(files: Make, shared: Path, name: str) -> None:
    from lsst.sphgeom import HtmPixelization, LonLat, UnitVector3d

    expected = _shards(shared)[f"refcats/{name}.fits"]
    found = files("afw-catalog", "SimpleCatalog").read_bytes((shared / f"data/refcats/{name}.fits").read_bytes())
    assert type(found) is SimpleCatalog
    assert len(found) == expected["rows"]
    htm = HtmPixelization(expected["htm_level"])
    pixels = [htm.index(UnitVector3d(LonLat.fromDegrees(ra, dec))) for ra, dec in zip(found.ra, found.dec, strict=True)]
    numbers, counts = np.unique(pixels, return_counts=True)
    assert dict(zip(map(str, numbers), counts.tolist(), strict=True)) == expected["htm_counts"]


@pytest.mark.parametrize("version", ["htm4_version0", "htm4_version1"])
def test_columns_are_the_expected_ones(files: Make, shared: Path, version: str) -> None:
    name = f"refcats/{version}/ref_cats/cal_ref_cat/4022.fits"
    expected = json.loads((shared / "expect/fits_files.json").read_text())["files"][name]["hdus"][1]
    found = files("afw-catalog", "SimpleCatalog").read_bytes((shared / "data" / name).read_bytes())
    assert (found.names, len(found)) == (expected["columns"], expected["rows"])


def test_every_real_catalog_is_what_astropy_reads_and_comes_back(files: Make, shared: Path) -> None:
    paths = [*(shared / "data/refcats").rglob("*.fits"), *(shared / "data/catalogs").glob("*.fits")]
    assert len(paths) == 10
    for path in paths:
        catalogs = files("afw-catalog", "SimpleCatalog")
        found = catalogs.read_bytes(path.read_bytes())
        plain = Table.read(path, hdu=1)
        for field in found.schema:
            if not field.is_flag:
                assert np.array_equal(found[field.name], plain[field.name], equal_nan=True), (path, field)
        assert catalogs.round_trip(found) == found


# ------------------------------------------------------------------------------------------------------ round trips
_NAMES = st.from_regex(r"[a-z][A-Za-z0-9]{0,6}(_[A-Za-z0-9]{1,6}){0,2}", fullmatch=True)
_DOCS = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]), max_size=150).map(
    lambda text: " ".join(text.split())
)
_TEXTS = st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), max_size=9).map(str.rstrip)


@st.composite
def _columns(draw: st.DrawFn) -> tuple[list[Field], dict[str, Any], int]:
    n = draw(st.integers(0, 5))
    fields, columns = [], {}
    for name in draw(st.lists(_NAMES, unique=True, max_size=12)):
        kind = draw(st.sampled_from(sorted(TYPES)))
        sized = kind == "String" or kind.startswith("Array")
        size = draw(st.sampled_from([0, 1, 9])) if sized else 1
        unit = draw(st.sampled_from(["", "nJy", "pixel^2"]))
        field = Field(name, kind, draw(_DOCS), "" if kind in ("Flag", "Angle") else unit, size)
        if kind == "String":
            values: Any = [text[: size or None].rstrip() for text in draw(st.lists(_TEXTS, min_size=n, max_size=n))]
        elif field.has_any_length:
            values = [draw(npst.arrays(field.dtype, st.integers(0, 4))) for _ in range(n)]
        else:
            values = draw(npst.arrays(field.dtype, (n, size) if field.is_array else n))
        fields.append(field)
        columns[name] = values
    return fields, columns, n


@given(_columns(), st.dictionaries(_NAMES, _NAMES, max_size=3))
def test_what_is_written_comes_back_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[list[Field], dict[str, Any], int], aliases: dict[str, str]
) -> None:
    fields, columns, n = made
    aliases = {f"slot_{name}": target for name, target in aliases.items()}
    metadata = Metadata([("RUN", "x"), ("MANY", 1), ("MANY", 2), ("LONG_NAME_OF_SOMETHING", 1.5), ("NOTHING", None)])
    catalog = Catalog(columns, fields=fields, length=n, aliases=aliases, metadata=metadata)
    held = Files(tmp_path_factory.mktemp("c"), "afw-catalog", "Catalog")
    found = held.round_trip(catalog)
    assert found == catalog
    for name in catalog.names:
        if catalog[name].dtype != object:
            assert found[name].tobytes() == catalog[name].tobytes()


def test_many_columns_and_long_texts(files: Make) -> None:
    columns: dict[str, Any] = {f"c{i}": np.arange(3.0) + i for i in range(1005)}
    columns |= {f"f{i}": np.arange(3) % (i + 1) == 0 for i in range(1205)}
    fields = [Field("c3", "D", "x" * 300, "nJy"), Field("f1100", "Flag", "y" * 200), Field("n" * 100, "D")]
    catalog = Catalog(columns, fields=fields, aliases={"slot_" + "a" * 80: "b" * 90})
    assert files("afw-catalog", "Catalog").round_trip(catalog) == catalog


@pytest.mark.parametrize("cls", [Catalog, SimpleCatalog, SourceCatalog, PeakCatalog])
def test_the_class_comes_back(files: Make, cls: type[Catalog]) -> None:
    found = files("afw-catalog", "Catalog").round_trip(cls(length=2))
    assert type(found) is cls


def test_cards_are_those_of_the_stack(sources: Files) -> None:
    fields = [
        Field("good", "Flag", "is good"),
        Field("flux", "D", "its flux", "nJy"),
        Field("u", "U"),
        Field("bad", "Flag"),
    ]
    catalog = SourceCatalog({"id": [1]}, fields=fields, aliases={"slot_PsfFlux": "flux"}, metadata={"RUN": "x"})
    sources.write(catalog)
    with sources.storage.open(sources.path) as stream, fits.open(stream) as hdus:
        hdus.verify("exception")
        cards = [(c.keyword, c.value) for c in hdus[1].header.cards]
    assert cards[8:] == [
        ("TTYPE1", "flags"), ("TFORM1", "2X"), ("FLAGCOL", 1),
        ("TTYPE2", "id"), ("TFORM2", "1K"), ("TDOC2", "unique ID"), ("TCCLS2", "Scalar"),
        ("TTYPE3", "coord_ra"), ("TFORM3", "1D"), ("TDOC3", "position in ra/dec"),
        ("TUNIT3", "rad"), ("TCCLS3", "Angle"),
        ("TTYPE4", "coord_dec"), ("TFORM4", "1D"), ("TDOC4", "position in ra/dec"),
        ("TUNIT4", "rad"), ("TCCLS4", "Angle"),
        ("TTYPE5", "parent"), ("TFORM5", "1K"), ("TDOC5", "unique ID of parent source"), ("TCCLS5", "Scalar"),
        ("TFLAG1", "good"), ("TFDOC1", "is good"),
        ("TTYPE6", "flux"), ("TFORM6", "1D"), ("TDOC6", "its flux"), ("TUNIT6", "nJy"), ("TCCLS6", "Scalar"),
        ("TTYPE7", "u"), ("TFORM7", "1I"), ("TZERO7", 32768), ("TSCAL7", 1), ("TCCLS7", "Scalar"),
        ("TFLAG2", "bad"),
        ("TTYPE8", "footprint"), ("TFORM8", "1J"), ("TDOC8", "archive ID for Footprint"), ("TCCLS8", "Scalar"),
        ("ALIAS", "slot_PsfFlux:flux"), ("RUN", "x"), ("AR_HDU", 3), ("AFW_TABLE_VERSION", 3), ("AFW_TYPE", "SOURCE"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["htm4_version1/ref_cats/cal_ref_cat/4022", "sdss_htm8/903281", "sdss_htm8/master_schema"]
)
def test_a_file_of_the_stack_is_written_with_the_same_cards_and_bytes(files: Make, shared: Path, name: str) -> None:
    content = (shared / f"data/refcats/{name}.fits").read_bytes()
    catalogs = files("afw-catalog", "SimpleCatalog")
    catalogs.round_trip(catalogs.read_bytes(content))
    written = catalogs.storage.read(catalogs.path)
    with fits.open(io.BytesIO(content)) as theirs, fits.open(io.BytesIO(written)) as ours:
        assert [c.image.rstrip() for c in ours[1].header.cards] == [c.image.rstrip() for c in theirs[1].header.cards]
        assert written[ours[1].fileinfo()["datLoc"] :] == content[theirs[1].fileinfo()["datLoc"] :]


def test_astropy_reads_what_we_write(sources: Files) -> None:
    catalog = SourceCatalog(
        {"id": [1, 2]}, fields=[Field("v", "ArrayF"), Field("u", "ArrayU", size=2), Field("s", "String")]
    )
    catalog["u"][:], catalog["s"][:] = [[1, 65535], [0, 2]], ["abc", ""]
    catalog[1]["v"] = [1.5, 2.5]
    sources.write(catalog)
    with sources.storage.open(sources.path) as stream:
        table = Table.read(stream, hdu=1)
    assert table["u"].tolist() == [[1, 65535], [0, 2]]
    assert table["v"][1].tolist() == [1.5, 2.5]
    assert "".join(table["s"][0]) == "abc"


# ----------------------------------------------------------------------------------------------------------- reading
def test_some_columns(sources: Files, shared: Path) -> None:
    sources.read_bytes((shared / "data/catalogs/source_catalog.fits").read_bytes())
    fixed = ["id", "coord_ra", "coord_dec", "parent"]
    assert sources.read(columns="c_xx*").names == [*fixed, "c_xx", "c_xxSigma"]
    assert sources.read(columns=["slot_Centroid_x", "a_flag"]).names == [*fixed, "a_flag", "b_x"]
    with pytest.raises(ParameterError, match="no column 'a_flg'.*'a_flag'"):
        sources.read(columns=["a_flg"])


def test_a_more_special_class_can_be_asked_for(files: Make) -> None:
    simple = files("afw-catalog", "SimpleCatalog")
    simple.write(SimpleCatalog({"id": [1]}))
    found = files("afw-catalog", "SourceCatalog").read()
    assert type(found) is SourceCatalog
    assert found["parent"].tolist() == [0]


def test_tables_of_others(sources: Files, tmp_path: Path) -> None:
    table = Table({"id": [1], "coord_ra": [0.5], "coord_dec": [0.25], "ok": [True], "small": np.array([-3], "i2")})
    table["big"] = np.array([7], "u4")
    table["scaled"] = [1.0]
    path = tmp_path / "t.fits"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table.write(path)
    found = sources.read_bytes(path.read_bytes())
    assert found.schema["coord_ra"].type == "Angle"
    assert {name: found[name].tolist() for name in ("ok", "small", "big")} == {"ok": [True], "small": [-3], "big": [7]}


def test_scaled_columns(sources: Files) -> None:
    hdu = fits.BinTableHDU.from_columns([fits.Column("a", "I", array=np.array([2, 4], "i2"))])
    hdu.header["TSCAL1"], hdu.header["TZERO1"] = 0.5, 1.0
    sources.storage.write(
        sources.path, lambda path: fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path), overwrite=True
    )
    assert sources.read()["a"].tolist() == [2.0, 3.0]


def test_compressed_files(sources: Files, shared: Path) -> None:
    import gzip

    content = (shared / "data/catalogs/source_catalog.fits").read_bytes()
    assert len(sources.read_bytes(gzip.compress(content), "d/y.fits.gz")) == 3
    with pytest.raises(UnreadableFileError, match="cut short"):
        sources.read_bytes(
            gzip.compress(_with_card(content, b"NAXIS2  =                    3", b"NAXIS2  =              3999999")),
            "d/z.fits.gz",
        )


# --------------------------------------------------------------------------------------------------------- bad input
def _with_card(content: bytes, old: bytes, new: bytes) -> bytes:
    assert content.count(old) >= 1
    assert len(old) == len(new)
    return content.replace(old, new, 1)


@pytest.mark.parametrize(
    "old, new, message",
    [
        (b"NAXIS2  =                    3", b"NAXIS2  =        4000000000000", r"d/x\.fits"),
        (
            b"NAXIS1  =                  113",
            b"NAXIS1  =                  114",
            "rows of 114 bytes, but its columns take 113",
        ),
        (
            b"FLAGCOL =                    1",
            b"FLAGCOL =                    2",
            "column of flags, 'id', has format '1K'",
        ),
        (b"FLAGCOL =                    1", b"FLAGCOL =                   99", "no column 99, where its flags"),
        (b"TFORM1  = '3X      '", b"TFORM1  = '2X      '", "names flag 'c_flag', but its rows have only 2 bits"),
        (b"TFORM2  = '1K      '", b"TFORM2  = '1C      '", "column 'id' has format '1C'"),
        (b"TTYPE9  = 'b_y     '", b"TTYPE9  = 'b_x     '", "two columns named 'b_x'"),
        (b"ALIAS   = 'slot_Shape:c'", b"ALIAS   = 'slot_Shape.c'", "alias without a target"),
        (b"ALIAS   = 'slot_Shape:c'", b"ALIAS   = 'slot:slot_Sh'", "lead in a circle"),
    ],
)
def test_headers_that_do_not_fit(sources: Files, shared: Path, old: bytes, new: bytes, message: str) -> None:
    content = (shared / "data/catalogs/source_catalog.fits").read_bytes()
    with pytest.raises(UnreadableFileError, match=message):
        sources.read_bytes(_with_card(content, old, new))


def test_any_number_of_rows_of_nothing(sources: Files) -> None:
    header = fits.BinTableHDU.from_columns([]).header
    header["NAXIS2"] = 4_000_000_000_000
    content = fits.PrimaryHDU().header.tostring() + header.tostring()
    with pytest.raises(UnreadableFileError, match="4000000000000 rows of 0 bytes"):
        sources.read_bytes(content.encode("ascii"))
    header["NAXIS2"] = 0
    assert len(sources.read_bytes((fits.PrimaryHDU().header.tostring() + header.tostring()).encode("ascii"))) == 0


@pytest.mark.parametrize("version", [4, -1])
def test_unknown_versions_are_named(sources: Files, shared: Path, version: int) -> None:
    content = (shared / "data/catalogs/source_catalog.fits").read_bytes()
    old = b"HIERARCH AFW_TABLE_VERSION = 1 "
    with pytest.raises(SchemaVersionError, match=f"version {version}; versions 0 to 3"):
        sources.read_bytes(_with_card(content, old, old[:-2] + f"{version:<2}".encode()))


@pytest.mark.parametrize("size", [100, 2880, 6000, 9000])
def test_truncated_files(sources: Files, shared: Path, size: int) -> None:
    content = (shared / "data/refcats/sdss_htm8/903281.fits").read_bytes()
    with pytest.raises(UnreadableFileError, match=r"d/x\.fits"):
        sources.read_bytes(content[:size])


@given(st.data())
def test_spoilt_headers_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, shared: Path, data: st.DataObject
) -> None:
    content = bytearray((shared / "data/catalogs/source_catalog.fits").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(2880, 9700))] = data.draw(st.sampled_from(b"0129 'AXKD=/Q(-"))
    held = Files(tmp_path_factory.mktemp("c"), "afw-catalog", "SourceCatalog")
    try:
        found = held.read_bytes(bytes(content))
    except (UnreadableFileError, SchemaVersionError):
        return
    assert all(len(found[name]) == len(found) for name in found.names)


def test_what_is_no_catalog(sources: Files) -> None:
    sources.storage.write(sources.path, lambda path: fits.PrimaryHDU(np.zeros((2, 2))).writeto(path), overwrite=True)
    with pytest.raises(UnreadableFileError, match="no table"):
        sources.read()
    with pytest.raises(UnknownComponentError):
        sources.read("columns")


def test_what_cannot_be_written(sources: Files) -> None:
    with pytest.raises(FormatError, match="not ASCII"):
        sources.write(Catalog({"s": ["ü"]}))
    with pytest.raises(FormatError, match="ASCII"):
        sources.write(Catalog({"a": [1.0]}, fields=[Field("a", "D", "in µJy")]))


def test_provenance(sources: Files) -> None:
    sources.write(SourceCatalog({"id": [1]}), {"LSST BUTLER RUN": "u/me"})
    found = sources.read()
    assert found.metadata["LSST BUTLER RUN"] == "u/me"
    assert sources.round_trip(found).metadata == Metadata()
