"""Image types to FITS and back, real exposures, cut-outs and broken files."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.datasets.storage_class import StorageClass, StorageClasses
from skybutler.errors import (
    FormatError,
    InvalidError,
    ParameterError,
    SchemaVersionError,
    StorageClassError,
    UnknownComponentError,
    UnreadableFileError,
)
from skybutler.formatters.fits_image import FitsImageFormatter
from skybutler.formatters.formatter import Source
from skybutler.images import (
    Box,
    DetectorLabel,
    Exposure,
    FilterLabel,
    Image,
    Mask,
    MaskedImage,
    Metadata,
    Observatory,
    SkyWcs,
    VisitInfo,
    Weather,
)
from skybutler.images.image import KINDS
from skybutler.storage import LocalStorage

FORMATTER = FitsImageFormatter()
CLASSES = StorageClasses.default()
EXPOSURE: StorageClass = CLASSES["ExposureF"]

quick = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(path: Path, obj: Any, storage_class: str = "ExposureF", formatter: FitsImageFormatter = FORMATTER) -> Source:
    formatter.write(obj, path, CLASSES[storage_class], None)
    return source(path)


def source(path: Path) -> Source:
    return Source(LocalStorage(path.parent), path.name)


def read(src: Source, component: str | None = None, storage_class: str = "ExposureF", **parameters: Any) -> Any:
    return FORMATTER.read(src, CLASSES[storage_class], component, parameters)


def an_exposure(shape: tuple[int, int] = (300, 200), xy0: tuple[int, int] = (1000, -20)) -> Exposure:
    rng = np.random.default_rng(1)
    image = Image(rng.normal(100, 10, shape).astype(np.float32), xy0, "adu")
    image.array[0, :3] = np.nan, -np.inf, -0.0
    mask = Mask.zeros(image.bbox, {"BAD": 3, "A_PLANE_WITH_A_LONG_NAME": 30})
    mask.set("BAD", image.array < 90)
    mask.set("A_PLANE_WITH_A_LONG_NAME", image.array > 120)
    return Exposure(
        image,
        mask,
        Image(rng.uniform(1, 2, shape).astype(np.float32), xy0),
        wcs=SkyWcs.from_affine(55.123456789, -30.4, [[-5e-5, 1e-6], [1e-6, 5e-5]], (0.1, 1.0 / 3.0)),
        metadata=Metadata([("RUNNUM", "204595"), ("COMMENT", "first"), ("HISTORY", "x"), ("COMMENT", "second")]),
        filter_label=FilterLabel("i", "i_sim_1.4"),
        detector=DetectorLabel(42, "R11_S20", "ITL-1"),
        visit_info=VisitInfo(
            id=204595,
            exposure_time=30.0,
            date_ns=1664952821356900057,
            boresight_ra=55.6,
            rotation_angle=254.3754869220274,
            rotation_type="SKY",
            observatory=Observatory(-70.749417, -30.244639, 2663.0),
            weather=Weather(temperature=-0.7),
            instrument="LSSTCam-imSim",
            has_simulated_content=True,
        ),
        id=2045950042,
    )


# ---------------------------------------------------------------------------------------------------------- round trips
def pixels(kind: str, shape: tuple[int, int], seed: int) -> np.ndarray[Any, Any]:
    """Random bytes: every bit pattern, NaNs with payload among them, and flat places."""
    dtype = KINDS[kind]
    array = np.random.default_rng(seed).integers(0, 256, (*shape, dtype.itemsize), np.uint8).view(dtype)[..., 0]
    array[::2, ::3] = 0
    return array


@given(
    st.sampled_from(sorted(KINDS)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6)),
    st.integers(0, 1000),
    st.booleans(),
)
@quick
def test_every_bit_of_every_kind_survives(
    tmp_path: Path, kind: str, shape: tuple[int, int], xy0: tuple[int, int], seed: int, compress: bool
) -> None:
    image = Image(pixels(kind, shape, seed), xy0, "nJy")
    mask = Mask(pixels("I", shape, seed) & 0x7FFFFFFF, {"A": 0, "B": 30}, xy0)
    variance = Image(pixels("D" if kind == "D" else "F", shape, seed + 1), xy0, "nJy**2")
    formatter = FitsImageFormatter(compress, tile=16)
    back = read(
        write(tmp_path / "x.fits", MaskedImage(image, mask, variance), "MaskedImageF", formatter), None, "MaskedImageF"
    )
    for ours, theirs in ((image, back.image), (mask, back.mask), (variance, back.variance)):
        assert theirs.array.dtype == ours.array.dtype
        assert theirs.array.tobytes() == ours.array.tobytes()
        assert theirs.bbox == ours.bbox
    assert (back.image.unit, back.variance.unit) == ("nJy", "nJy**2")
    assert back.mask.planes == mask.planes


standard_keys = st.from_regex(r"X[A-Z0-9_-]{0,7}", fullmatch=True)
long_keys = st.from_regex(r"LSST [A-Za-z][!-<>-~]{0,12}( [!-<>-~]{1,8})?", fullmatch=True)
texts = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=200).map(str.rstrip)
values = st.one_of(st.booleans(), st.integers(-(10**15), 10**15), st.floats(), st.none(), texts).filter(
    lambda value: value not in ("NAN", "+INFINITY", "-INFINITY")
)
comments = st.tuples(st.sampled_from(["COMMENT", "HISTORY"]), texts.filter(lambda text: len(text) <= 72))


@given(st.lists(st.one_of(st.tuples(st.one_of(standard_keys, long_keys), values), comments), max_size=12))
@quick
def test_metadata_keep_order_types_and_all_digits(tmp_path: Path, cards: list[tuple[str, Any]]) -> None:
    exposure = Exposure(Image(np.zeros((2, 2), np.float32)), metadata=Metadata(cards))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        back = read(write(tmp_path / "x.fits", exposure))
    assert back.metadata == exposure.metadata
    assert back.visit_info is None


def test_everything_of_an_exposure_survives(tmp_path: Path) -> None:
    exposure = an_exposure()
    assert read(write(tmp_path / "x.fits", exposure)).same_as(exposure)


@pytest.mark.parametrize("given_labels", [{}, {"filter_label": FilterLabel()}, {"detector": DetectorLabel(name="S0")}])
def test_what_is_missing_stays_missing(tmp_path: Path, given_labels: dict[str, Any]) -> None:
    # Without circumstances, cards that look like them are the user's metadata.
    metadata = Metadata({"EXPTIME": 30, "OBJECT": "M31", "EXPID": 1, "FILTER": "i", "DETNAME": "a"})
    exposure = Exposure(Image(np.ones((3, 4), np.int32), (2, 1)), metadata=metadata, **given_labels)
    assert read(write(tmp_path / "x.fits", exposure)).same_as(exposure)


def test_single_planes(tmp_path: Path) -> None:
    exposure = an_exposure((20, 30))
    assert read(write(tmp_path / "i.fits", exposure.image, "ImageF"), None, "ImageF").same_as(exposure.image)
    assert read(write(tmp_path / "m.fits", exposure.mask, "Mask"), None, "Mask").same_as(exposure.mask)
    with pytest.raises(UnknownComponentError, match="no variance"):
        read(source(tmp_path / "i.fits"), "variance", "ImageF")


def test_same_object_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, an_exposure())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_metadata_never_contradict_the_components(tmp_path: Path) -> None:
    exposure = an_exposure((4, 4))
    exposure.metadata.update({"EXPTIME": 99.0, "CRVAL1": 0.0, "NAXIS": 7, "BITPIX": 8, "LTV1": 3.0, "AR_HDU": 5})
    back = read(write(tmp_path / "x.fits", exposure))
    assert back.visit_info == exposure.visit_info
    assert back.wcs == exposure.wcs
    assert list(back.metadata) == ["RUNNUM", "COMMENT", "HISTORY"]


def test_provenance_is_added_to_the_header(tmp_path: Path) -> None:
    FORMATTER.write(an_exposure((4, 4)), tmp_path / "x.fits", EXPOSURE, {"LSST BUTLER RUN": "u/me", "LSST BUTLER N": 2})
    metadata = read(source(tmp_path / "x.fits"), "metadata")
    assert (metadata["LSST BUTLER RUN"], metadata["LSST BUTLER N"]) == ("u/me", 2)


def test_other_software_sees_a_standard_file(tmp_path: Path) -> None:
    exposure = an_exposure()
    write(tmp_path / "x.fits", exposure)
    with fits.open(tmp_path / "x.fits") as hdus:
        assert [hdu.name for hdu in hdus[:5]] == ["PRIMARY", "IMAGE", "MASK", "VARIANCE", "ARCHIVE_INDEX"]
        assert [hdu.name for hdu in hdus[5:]] == ["SkyWcs", "FilterLabel"]
        assert hdus[1].compression_type == "GZIP_2"
        assert hdus[2].compression_type == "RICE_1"
        assert hdus[1].tile_shape == (128, 128)
        assert hdus[2].header["MP_BAD"] == 3
        assert (hdus[1].header["LTV1"], hdus[1].header["CRVAL1A"], hdus[1].header["CRVAL2A"]) == (-1000, 1000, -20)
        assert hdus[0].header["DATE-AVG"] == "2022-10-05T06:53:41.356900057"
        ra, dec = fits_pixel_to_sky(hdus[1].header, 50, 60)
    assert np.allclose([ra, dec], np.array(exposure.wcs.pixel_to_sky(1050, 40)), rtol=0, atol=1e-11)  # type: ignore[union-attr]
    assert b"DATE    =" not in (tmp_path / "x.fits").read_bytes()


def fits_pixel_to_sky(header: fits.Header, x: float, y: float) -> tuple[float, float]:
    from astropy.wcs import WCS

    ra, dec = WCS(header).all_pix2world(x, y, 0)
    return float(ra), float(dec)


# ------------------------------------------------------------------------------------------------- parts of an exposure
@given(st.integers(0, 299), st.integers(1, 150), st.integers(0, 199), st.integers(1, 150))
@quick
def test_cutouts_are_views_of_the_whole(tmp_path: Path, y: int, ny: int, x: int, nx: int) -> None:
    exposure = an_exposure()
    path = tmp_path / "x.fits"
    if not path.exists():
        write(path, exposure)
    box = Box((y, y + ny), (x, x + nx)).shifted(1000, -20).intersection(exposure.bbox)
    assert read(source(path), bbox=box).same_as(exposure[box])
    assert read(source(path), bbox=box.shifted(-1000, 20), origin="LOCAL").same_as(exposure[box])
    assert read(source(path), "mask", bbox=box).same_as(exposure.mask[box])


class CountingSource(Source):
    """A source that knows how many bytes were read through its streams."""

    n_bytes = 0

    def open(self) -> BinaryIO:
        stream = super().open()
        read = stream.read

        def counted(size: int = -1) -> bytes:
            data = read(size)
            CountingSource.n_bytes += len(data)
            return data

        class Counted:
            name = "counted.fits"

            def read(self, size: int = -1) -> bytes:
                return counted(size)

            def __getattr__(self, name: str) -> Any:
                return getattr(stream, name)

            def __enter__(self) -> Counted:
                return self

            def __exit__(self, *_: object) -> None:
                stream.close()

        return Counted()  # type: ignore[return-value]


def test_a_cutout_reads_only_its_tiles(tmp_path: Path) -> None:
    exposure = an_exposure((1500, 1500), (0, 0))
    write(tmp_path / "x.fits", exposure)
    box = Box((700, 760), (700, 760))
    counting = CountingSource(LocalStorage(tmp_path), "x.fits")
    assert read(counting, bbox=box).same_as(exposure[box])
    assert 0 < CountingSource.n_bytes < (tmp_path / "x.fits").stat().st_size / 20


def test_components_need_no_pixels(tmp_path: Path) -> None:
    exposure = an_exposure()
    src = write(tmp_path / "x.fits", exposure)
    with fits.open(tmp_path / "x.fits") as hdus:
        places = [hdus[index].fileinfo() for index in (1, 2, 3)]
    with (tmp_path / "x.fits").open("r+b") as stream:
        for place in places:
            stream.seek(place["datLoc"])
            stream.write(b"\xff" * place["datSpan"])
    expected = {
        "bbox": exposure.bbox,
        "dimensions": (200, 300),
        "xy0": (1000, -20),
        "wcs": exposure.wcs,
        "metadata": exposure.metadata,
        "filter": exposure.filter_label,
        "detector": exposure.detector,
        "visitInfo": exposure.visit_info,
        "id": exposure.id,
    }
    assert {name: read(src, name) for name in expected} == expected
    with pytest.raises(UnreadableFileError, match="x.fits cannot be read as FITS"):
        read(src, "image")


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"bbox": Box((0, 1), (0, 1))}, "is not inside"),
        ({"bbox": Box((0, 0), (0, 0))}, "is not inside"),
        ({"bbox": (0, 1, 0, 1)}, "bbox is a tuple"),
        ({"origin": "SIDEWAYS"}, "PARENT or LOCAL"),
        ({"amp": "C00"}, "parameter 'amp'"),
    ],
)
def test_wrong_parameters(tmp_path: Path, parameters: dict[str, Any], message: str) -> None:
    src = write(tmp_path / "x.fits", an_exposure((4, 4)))
    with pytest.raises(ParameterError, match=message):
        read(src, **parameters)


def test_unknown_component_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownComponentError, match="visitInfo"):
        read(write(tmp_path / "x.fits", an_exposure((4, 4))), "visitinfo")


# ----------------------------------------------------------------------------------------------------------- real files
REAL = [
    "HSC-0908120-056-small",
    "calexp",
    "exposure-noversion",
    "exposure-version-1",
    "small_decorated_image",
    "testCoaddInputs_coadd_with_version_1_data",
]


@pytest.mark.parametrize(
    "name",
    [
        "exposures/calexp.fits",
        "gen2_repos/imsim/CALIB/flat/i_sim_1.4/2022-08-06/flat_i_sim_1.4-R11-S20-det042_2022-08-06.fits",
    ],
)
def test_pixels_of_real_exposures(shared: Path, name: str) -> None:
    expected = json.loads((shared / "expect/fits_files.json").read_text())["files"][name]
    exposure = read(source(shared / "data" / name))
    for plane, hdu in zip((exposure.image, exposure.mask, exposure.variance), expected["hdus"][1:4], strict=True):
        facts, array = hdu["pixels"], plane.array.astype(np.float64)
        assert list(array.shape) == hdu["shape"]
        assert np.isnan(array).sum() == facts["n_nan"]
        found = {"first": array[0, 0], "last": array[-1, -1], "max": np.nanmax(array), "min": np.nanmin(array)}
        assert found == {key: facts[key] for key in found}
        assert np.nansum(array) == pytest.approx(facts["sum"], rel=1e-12)


@pytest.mark.parametrize("value, dtype", [(2**31 - 1, "int32"), (-1, "int32"), (-1, "int16"), (200, "uint8")])
def test_blank_is_no_special_value_of_integers(tmp_path: Path, value: int, dtype: str) -> None:
    stored = np.array([[value, 5], [0, 1]], dtype)
    hdu = fits.ImageHDU(stored, fits.Header({"EXTTYPE": "MASK", "BLANK": value}))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "x.fits")
    assert b"BLANK" in (tmp_path / "x.fits").read_bytes()
    mask = read(source(tmp_path / "x.fits"), None, "Mask")
    np.testing.assert_array_equal(mask.array, stored)
    np.testing.assert_array_equal(read(source(tmp_path / "x.fits"), "mask", bbox=Box((0, 1), (0, 2))).array, stored[:1])


@pytest.mark.parametrize("name", REAL)
def test_real_exposures_survive_being_written(tmp_path: Path, shared: Path, name: str) -> None:
    exposure = read(source(shared / f"data/exposures/{name}.fits"))
    assert read(write(tmp_path / "x.fits", exposure)).same_as(exposure)


def test_a_real_calexp(shared: Path) -> None:
    exposure = read(source(shared / "data/exposures/calexp.fits"))
    assert exposure.image.array.sum(dtype=float) == pytest.approx(-3880.18246, abs=1e-5)
    assert exposure.image.array.std(dtype=float) == pytest.approx(12.58814, abs=1e-5)
    assert [exposure.mask.where(plane).sum() for plane in ("BAD", "EDGE", "INTRP")] == [576, 783, 576]
    assert exposure.mask.planes["UNMASKEDNAN"] == 14
    info = exposure.visit_info
    assert info.weather == Weather(-0.699999999999989, 62160.0, 42.0)
    assert (info.exposure_time, info.rotation_angle, info.rotation_type) == (30.0, 270.0, "SKY")
    assert (exposure.detector.name, exposure.detector.serial) == ("1_42", "4")
    assert exposure.id == 180802004
    assert exposure.metadata["MAGZERO_NOBJ"] == 64
    assert len(exposure.metadata.all_values("COMMENT")) == 3
    hidden = {"EXPTIME", "EXPINFO_V", "AR_HDU", "PSF_ID", "ARCHIVE_ID_PSF", "DETNAME", "A_ORDER", "NAXIS", "LTV1"}
    assert not hidden & set(exposure.metadata)
    ra, dec = exposure.wcs.pixel_to_sky(100, 100)
    np.testing.assert_allclose([ra, dec], [320.6659822428, -0.3706855694], rtol=0, atol=6e-8)


def test_old_files(shared: Path) -> None:
    folder = shared / "data/exposures"
    small = read(source(folder / "HSC-0908120-056-small.fits"))
    assert small.bbox == Box((100, 300), (100, 300))
    assert small.visit_info.date_ns == 0  # TIME-MID in UTC, 8 s and 81760 ns before 1970 UTC
    old = read(source(folder / "exposure-noversion.fits"))
    assert old.filter_label == FilterLabel(physical="ha")
    assert old.visit_info.observatory == Observatory(-12.345, 123.45, 2000.0)
    assert "FILTER" not in old.metadata


def test_image_in_the_primary_hdu(shared: Path) -> None:
    image = read(source(shared / "data/raw_assembly/e2v_expected_assembled.fits.gz"), "image", "ImageF")
    assert (image.kind, image.dimensions) == ("F", (4096, 4004))
    assert image.array.sum() == 1788683.0


def test_foreign_file_with_mask_in_front_and_unset_planes(tmp_path: Path) -> None:
    header = fits.Header({"MP_BAD": 0, "HISTORY": "made elsewhere", "DATE-OBS": "2020-01-01"})
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((2, 3), np.int16), header)]).writeto(tmp_path / "m.fits")
    mask = read(source(tmp_path / "m.fits"), None, "Mask")
    assert mask.where("BAD").all()
    fits.PrimaryHDU(np.ones((2, 3), np.int16), fits.Header({"DATE-OBS": "2020"})).writeto(tmp_path / "i.fits")
    exposure = read(source(tmp_path / "i.fits"))
    assert (exposure.image.kind, exposure.metadata["DATE-OBS"], exposure.mask.array.sum()) == ("I", "2020", 0)


# --------------------------------------------------------------------------------------------------------- broken files
def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("this is no FITS file\n" * 500)


def _no_image(path: Path) -> None:
    fits.PrimaryHDU().writeto(path)


def _table(path: Path) -> None:
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])])]).writeto(path)


def _cube(path: Path) -> None:
    fits.PrimaryHDU(np.zeros((2, 2, 2), np.float32)).writeto(path)


def _bare(path: Path) -> None:
    path.write_bytes((b"SIMPLE  =                    T".ljust(80) + b"END").ljust(2880))


@pytest.mark.parametrize("break_file", [_empty, _text, _bare, _no_image, _table, _cube])
@pytest.mark.parametrize("component", [None, "metadata"])
def test_files_that_are_no_images(tmp_path: Path, break_file: Callable[[Path], None], component: str | None) -> None:
    break_file(tmp_path / "broken.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UnreadableFileError, match=r"broken\.fits"):
            read(source(tmp_path / "broken.fits"), component)


@pytest.mark.parametrize("compress", [True, False])
@pytest.mark.parametrize("part", [0.001, 0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_truncated_files(tmp_path: Path, part: float, compress: bool) -> None:
    path = tmp_path / "short.fits"
    write(path, an_exposure(), formatter=FitsImageFormatter(compress))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UnreadableFileError, match=r"short\.fits"):
            read(source(path))


@pytest.mark.parametrize(
    "storage_class, pixels, header, message",
    [
        ("ImageF", np.zeros((2, 2), np.int64), {}, "int64"),
        ("Mask", np.zeros((2, 2), np.float32), {"MP_BAD": 0}, "integer array"),
        ("Mask", np.zeros((2, 2), np.int32), {"MP_BAD": 99}, "cannot be bit 99"),
        ("Mask", np.zeros((2, 2), np.int32), {"MP_BAD": "x"}, "invalid literal"),
    ],
)
def test_planes_that_make_no_sense_name_the_file(
    tmp_path: Path, storage_class: str, pixels: np.ndarray[Any, Any], header: dict[str, Any], message: str
) -> None:
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels, fits.Header(header))]).writeto(tmp_path / "odd.fits")
    with pytest.raises(UnreadableFileError, match=rf"odd\.fits.*{message}"):
        read(source(tmp_path / "odd.fits"), None, storage_class)


def test_file_cut_between_two_hdus(tmp_path: Path) -> None:
    path = tmp_path / "short.fits"
    write(path, an_exposure())
    with fits.open(path) as hdus:
        end = hdus[3].fileinfo()["hdrLoc"]
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(UnreadableFileError, match="no variance HDU"):
        read(source(path))


def test_later_versions_are_refused(tmp_path: Path) -> None:
    primary = fits.PrimaryHDU(header=fits.Header({"HIERARCH EXPINFO_V": 3}))
    fits.HDUList([primary, fits.ImageHDU(np.zeros((2, 2)))]).writeto(tmp_path / "x.fits")
    with pytest.raises(SchemaVersionError, match="version 3"):
        read(source(tmp_path / "x.fits"))
    primary.header["DATAMODL"] = "https://images.lsst.io/schemas/visit_image-1.0.0"
    fits.HDUList([primary]).writeto(tmp_path / "y.fits")
    with pytest.raises(UnreadableFileError, match="data model"):
        read(source(tmp_path / "y.fits"))


@pytest.mark.parametrize(
    "key, value, message",
    [
        ("WHO", "Ørsted", "'WHO'.*printable ASCII"),
        ("TWO", "a\nb", "'TWO'.*printable ASCII"),
        ("A=B", 1, "'A=B' cannot be a FITS keyword"),
        ("END", 1, "'END' cannot be"),
        ("K" * 80, 1, "do not fit"),
        ("K" * 69, "text", "do not fit"),
    ],
)
def test_metadata_fits_cannot_hold(tmp_path: Path, key: str, value: Any, message: str) -> None:
    exposure = Exposure(Image(np.zeros((2, 2), np.float32)), metadata=Metadata({key: value}))
    with pytest.raises(FormatError, match=message):
        write(tmp_path / "x.fits", exposure)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(StorageClassError, match="dict cannot be written as ExposureF"):
        write(tmp_path / "x.fits", {})
    with pytest.raises(FormatError, match="no pixels"):
        write(tmp_path / "x.fits", Image(np.zeros((0, 3), np.float32)), "ImageF")
    with pytest.raises(InvalidError, match="Tiles of 0"):
        FitsImageFormatter(tile=0)
