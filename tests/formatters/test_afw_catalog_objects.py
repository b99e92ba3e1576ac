"""Footprints and objects of exposures of catalogs in files."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import FileNotFoundInStoreError, FormatError, SchemaVersionError, UnreadableFileError
from skybutler.formatters.afw.unknown import StoredObject
from skybutler.formatters.afw_catalog import write_catalog
from skybutler.formatters.formatter import Source
from skybutler.images import Box, SkyWcs, VisitInfo
from skybutler.storage import LocalStorage
from skybutler.tables import ExposureCatalog, Footprint, PeakCatalog, SourceCatalog
from support.files import Files

Make = Callable[[str, str], Files]


def _footprint(i: int) -> Footprint:
    return Footprint(
        [[i, 0, i], [i + 1, 2, 3]], PeakCatalog({"id": [i], "f_x": [0.5], "f_y": [0.5], "peakValue": [1.0]})
    )


@pytest.fixture
def sources(files: Make) -> Files:
    made = files("afw-catalog", "SourceCatalog")
    shared = _footprint(1)
    made.write(SourceCatalog({"id": np.arange(4)}, objects={"footprint": [shared, None, _footprint(3), shared]}))
    return made


def test_footprints_are_read_when_they_are_asked_for(sources: Files) -> None:
    found = sources.read()
    assert found.names == ["id", "coord_ra", "coord_dec", "parent"]
    assert found.footprints.n_unread == 3
    assert found[2].footprint == _footprint(3)
    assert found[1].footprint is None
    assert found[3].footprint is found[0].footprint
    assert found.footprints.n_unread == 0


def test_selections_know_where_to_read(sources: Files) -> None:
    found = sources.read()
    assert found[found["id"] == 2][0].footprint == _footprint(3)
    assert [f.area for f in found[2:].footprints] == [6, 4]
    assert sources.read(columns="parent")[0].footprint == _footprint(1)


def test_what_was_read_can_be_written(sources: Files) -> None:
    found = sources.read()
    again = sources.round_trip(found.copy(deep=True))
    assert list(again.footprints) == [_footprint(1), None, _footprint(3), _footprint(1)]
    assert again == found


def test_a_catalog_without_footprints_has_an_empty_archive(files: Make, shared: Path) -> None:
    catalogs = files("afw-catalog", "SourceCatalog")
    assert list(catalogs.round_trip(SourceCatalog({"id": [1]})).footprints) == [None]
    with catalogs.storage.open(catalogs.path) as stream, fits.open(stream) as ours:
        with fits.open(shared / "data/catalogs/source_catalog.fits") as theirs:
            assert len(ours) == len(theirs) == 3
            cards = [[(c.keyword, c.value) for c in hdus[2].header.cards] for hdus in (ours, theirs)]
        assert {key: dict(cards[0])[key] for key in ("NAXIS2", "TFIELDS", "AR_CATN", "AR_NCAT")} == {
            key: dict(cards[1])[key] for key in ("NAXIS2", "TFIELDS", "AR_CATN", "AR_NCAT")
        }
    found = catalogs.read_bytes((shared / "data/catalogs/source_catalog.fits").read_bytes())
    assert list(found.footprints) == [None] * 3


def _with_numbers(sources: Files, numbers: list[int]) -> Any:
    def change(path: Path) -> None:
        with sources.storage.local_path(sources.path) as old, fits.open(old) as hdus:
            hdus[1].data["footprint"] = numbers
            hdus.writeto(path)

    content: list[bytes] = []
    sources.storage.write("d/new.fits", change, overwrite=True)
    content.append(sources.storage.read("d/new.fits"))
    return sources.read_bytes(content[0])


@pytest.mark.filterwarnings("ignore::astropy.io.fits.verify.VerifyWarning")
def test_numbers_that_point_nowhere(sources: Files) -> None:
    found = _with_numbers(sources, [99, 0, -4, 1])
    for row in (0, 2):
        with pytest.raises(UnreadableFileError, match=r"d/x\.fits refers to a persisted object"):
            _ = found[row].footprint
    assert found[3].footprint == _footprint(1)


def test_an_archive_that_is_not_there(sources: Files) -> None:
    content = sources.storage.read(sources.path)
    with fits.open(sources.storage.open(sources.path)) as hdus:
        end = hdus[2].fileinfo()["hdrLoc"]
    cut = sources.read_bytes(content[:end])
    with pytest.raises(UnreadableFileError, match=r"d/x\.fits has no index of persisted objects"):
        _ = cut[0].footprint
    card = b"AR_HDU  =                    3"
    with pytest.raises(UnreadableFileError, match="HDU 0, which is not after its table"):
        sources.read_bytes(content.replace(card, card[:-1] + b"1"))
    with pytest.raises(UnreadableFileError, match="no index of persisted objects"):
        _ = sources.read_bytes(content.replace(card, card[:-1] + b"9"))[0].footprint
    assert sources.read_bytes(content.replace(b"AR_HDU  ", b"AR_HDX  "))[0].footprint == _footprint(1)


def test_a_file_that_is_gone(sources: Files) -> None:
    found = sources.read()
    sources.storage.remove([sources.path])
    with pytest.raises(FileNotFoundInStoreError, match=r"d/x\.fits"):
        _ = found[0].footprint


def test_the_original_of_a_passing_copy_is_read(sources: Files, tmp_path: Path) -> None:
    near = LocalStorage(tmp_path / "near")
    near.write("copy.fits", sources.storage.read(sources.path))
    origin = Source(sources.storage, sources.path)
    found: Any = sources.formatter.read(Source(near, "copy.fits", origin=origin), sources.storage_class, None, {})
    near.remove(["copy.fits"])
    assert found[0].footprint == _footprint(1)


def test_compressed_files(sources: Files) -> None:
    import gzip

    found = sources.read_bytes(gzip.compress(sources.storage.read(sources.path)), "d/y.fits.gz")
    assert found[2].footprint == _footprint(3)


def test_what_cannot_be_written(sources: Files) -> None:
    with pytest.raises(FormatError, match="A str cannot be written"):
        sources.write(SourceCatalog({"id": [1]}, objects={"footprint": ["no footprint"]}))


# --------------------------------------------------------------------------------------------------------- exposures
def _wcs() -> SkyWcs:
    return SkyWcs.from_fits_header(
        {
            "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 10.0, "CRVAL2": 0.0, "CRPIX1": 50.0, "CRPIX2": 50.0,
            "CD1_1": -1e-4, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": 1e-4, "RADESYS": "ICRS",
        }
    )  # fmt: skip


@pytest.fixture
def exposures(files: Make) -> Files:
    made = files("afw-catalog", "ExposureCatalog")
    catalog = ExposureCatalog({"id": [1, 2], "weight": [0.5, 1.5]}, objects={"wcs": [_wcs(), None]})
    catalog[0].bbox = Box((0, 10), (5, 20))
    made.write(catalog)
    return made


def test_exposures_come_back_with_their_objects(exposures: Files) -> None:
    found = exposures.read()
    assert type(found) is ExposureCatalog
    assert found.names == ["id", "bbox_min_x", "bbox_min_y", "bbox_max_x", "bbox_max_y", "weight"]
    assert found[0].bbox == Box((0, 10), (5, 20))
    assert found.objects("wcs").n_unread == 1
    assert found[0].wcs.pixel_to_sky(49.0, 49.0) == pytest.approx((10.0, 0.0))
    assert found[1].wcs is None
    assert found[0].visit_info is None


def test_the_cards_of_exposures(exposures: Files) -> None:
    with exposures.storage.open(exposures.path) as stream, fits.open(stream) as hdus:
        header = hdus[1].header
        names = hdus[1].columns.names
    assert names[:8] == [
        "wcs", "psf", "photoCalib", "apCorrMap", "validPolygon", "visitInfo", "transmissionCurve", "detector",
    ]  # fmt: skip
    assert (header["AFW_TYPE"], header["EXPTABLE_VER"], header["AR_HDU"]) == ("EXPOSURE", 5, 3)


def test_later_versions_are_refused(exposures: Files) -> None:
    content = exposures.storage.read(exposures.path)
    assert content.count(b"HIERARCH EXPTABLE_VER = 5") == 1
    with pytest.raises(SchemaVersionError, match="exposures of version 6; versions to 5"):
        exposures.read_bytes(content.replace(b"HIERARCH EXPTABLE_VER = 5", b"HIERARCH EXPTABLE_VER = 6"))


def test_earlier_columns(files: Make) -> None:
    columns = [
        fits.Column("calib", "J", array=np.array([0])),
        fits.Column("id", "K", array=np.array([7])),
        fits.Column("bbox.min", "2J", array=np.array([[1, 2]])),
        fits.Column("bbox.max", "2J", array=np.array([[3, 4]])),
    ]
    hdu = fits.BinTableHDU.from_columns(columns)
    for number, kind in enumerate(["Scalar", "Scalar", "Point", "Point"], start=1):
        hdu.header[f"TCCLS{number}"] = kind
    hdu.header["AFW_TYPE"] = "EXPOSURE"
    exposures = files("afw-catalog", "ExposureCatalog")
    exposures.storage.write(exposures.path, lambda path: fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path))
    found = exposures.read()
    assert found[0].bbox == Box((2, 5), (1, 4))
    assert found.names == ["id", "bbox_min_x", "bbox_min_y", "bbox_max_x", "bbox_max_y"]
    assert found[0].photo_calib is None


def test_circumstances_come_back(files: Make) -> None:
    info = VisitInfo(id=5, exposure_time=30.0)
    catalog = ExposureCatalog({"id": [1]}, objects={"visit_info": [info]})
    found = files("afw-catalog", "ExposureCatalog").round_trip(catalog)
    assert found[0].visit_info.exposure_time == 30.0


@cache
def _two_sources() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.fits")
        write_catalog(SourceCatalog({"id": [1, 2]}, objects={"footprint": [_footprint(1), _footprint(2)]}), path)
        return path.read_bytes()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from(b"\0\xff\x7f019 'AXKD=/Q(-")), min_size=1, max_size=3))
def test_spoilt_archives_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[float, int]]
) -> None:
    held = Files(tmp_path_factory.mktemp("c"), "afw-catalog", "SourceCatalog")
    content = bytearray(_two_sources())
    begin = content.rindex(b"XTENSION", 0, content.index(b"ARCHIVE_INDEX"))
    for place, byte in changes:
        content[begin + int(place * (len(content) - begin - 1))] = byte
    try:
        for record in held.read_bytes(bytes(content)):
            assert isinstance(record.footprint, Footprint | StoredObject)
    except (UnreadableFileError, SchemaVersionError):
        pass
