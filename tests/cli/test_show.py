"""``butler show``: pictures of raws of a simulated survey, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from skybutler import Butler
from skybutler.cli.show import read_data_ids, read_part, read_scaling
from skybutler.display.scaling import Scaling
from skybutler.images import Box
from skybutler.ingest import register_sky_map
from skybutler.sim import simulate_survey
from skybutler.upkeep.dataset_pictures import Part
from support.skymaps import small_sky_map

Good = Callable[..., str]


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two raws of one exposure, a catalog, and notes."""
    folder = tmp_path_factory.mktemp("show")
    simulate_survey(folder / "archive", visits=1, detectors=(93, 94), full_size_one=False)
    Butler.create(folder / "repo")
    from skybutler.ingest import ingest_raws, register_instrument

    with Butler(folder / "repo", writeable=True) as butler:
        register_instrument(butler, "LSSTCam-imSim")
        ingest_raws(butler, [folder / "archive"])
        butler.register_dataset_type("positions", ["instrument", "exposure", "detector"], "ArrowAstropy")
        butler.register_dataset_type("note", ["instrument"], "StructuredDataDict")
        (ref,) = butler.query_datasets("raw", "*", where="detector = 94")
        from astropy.table import Table

        butler.put(Table({"x": [100.0, 300.0], "y": [50.0, 400.0]}), "positions", ref.data_id, run="u/me")
        butler.put({}, "note", instrument="LSSTCam-imSim", run="u/me")
    return folder / "repo"


@pytest.fixture(scope="module")
def exposure(survey: Path) -> str:
    with Butler(survey) as butler:
        return f"exposure={next(iter(butler.query_datasets('raw', '*'))).data_id['exposure']}"


def _picture(path: Path) -> np.ndarray:
    picture = np.asarray(imread(path))[..., :3]
    assert picture.std() > 0.1
    return picture


def test_one_image_where_it_is_told_to(good: Good, survey: Path, exposure: str, tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    assert good("show", survey, "raw", exposure, "detector=94", "--out", out) == f"Picture: {out}\n"
    whole = _picture(out)
    good("show", survey, "raw", exposure, "detector=94", "--out", out, "--size", 3, "--dpi", 50, "--sexagesimal")
    assert _picture(out).shape[0] < whole.shape[0] / 2
    good("show", survey, "raw", exposure, "detector=R22_S11", "--bbox", "10:60,20:50", "--no-grid", "--out", out)
    assert _picture(out).shape[1] > 1.2 * _picture(out).shape[0]


def test_the_file_is_named_after_what_is_shown(
    good: Good, survey: Path, exposure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    number = exposure.partition("=")[2]
    assert good("show", survey, "raw", exposure, "detector=94", "detector=93") == (
        f"Picture: raw_exposure_{number}_detector_94_and_1_other.png\n"
    )
    (made,) = tmp_path.iterdir()
    assert _picture(made).shape[1] > 1.5 * _picture(made).shape[0]


def test_a_place_on_the_sky(good: Good, bad: Callable[..., str], survey: Path, exposure: str, tmp_path: Path) -> None:
    with Butler(survey) as butler:
        (ref,) = butler.query_datasets("raw", "*", where="detector = 94")
        raw = butler.get(ref)
    ra, dec = (float(v) for v in raw.wcs.pixel_to_sky(200.0, 300.0))
    out = tmp_path / "a.svg"
    good("show", survey, "raw", exposure, "detector=94", "--circle", f'{ra},{dec},40"', "--out", out)
    assert out.read_text().startswith("<?xml")
    said = bad("show", survey, "raw", exposure, "detector=94", "--circle", f"{ra + 1},{dec},0.01", "--out", out)
    assert "is not in" in said
    said = bad("show", survey, "raw", exposure, "detector=94", "--bbox", "9000:9010,0:10", "--out", out)
    assert "none of them" in said


def test_a_catalog_is_marked(good: Good, bad: Callable[..., str], survey: Path, exposure: str, tmp_path: Path) -> None:
    plain, marked = tmp_path / "a.png", tmp_path / "b.png"
    common = ("show", survey, "raw", exposure, "detector=94", "--no-grid")
    good(*common, "--out", plain)
    good(*common, "--catalog", "positions", "--out", marked)
    different = np.abs(_picture(plain) - _picture(marked)).max(axis=-1) > 0.3
    assert 50 < different.sum() < 2000
    said = bad("show", survey, "raw", exposure, "detector=93", "--catalog", "positions", "--out", plain)
    assert "no positions for raw" in said


def test_a_focal_plane(good: Good, bad: Callable[..., str], survey: Path, exposure: str, tmp_path: Path) -> None:
    good("show", survey, "raw", exposure, "--mosaic", "--level", "--size", 4, "--out", tmp_path / "a.png")
    _picture(tmp_path / "a.png")
    assert "Which exposure?" in bad("show", survey, "raw", "--mosaic")
    assert "There is no raw" in bad("show", survey, "raw", "exposure=1", "--mosaic")


def test_sky_maps(good: Good, bad: Callable[..., str], survey: Path, tmp_path: Path) -> None:
    with Butler(survey, writeable=True) as butler:
        register_sky_map(butler, small_sky_map("rings"), name="small")
    show, pictures = ("show", survey, "skyMap", "skymap=small"), []
    for name, options in (("all", ()), ("one", ("tract=3",)), ("some", ("tract=3", "tract=4"))):
        out = tmp_path / f"{name}.png"
        assert good(*show, *options, "--out", out) == f"Picture: {out}\n"
        pictures.append(imread(out))
    assert pictures[0].shape[1] > 1.5 * pictures[0].shape[0]
    assert all(0.01 < (picture[..., :3] < 0.7).any(axis=-1).mean() < 0.6 for picture in pictures)
    assert "no tract 99999" in bad(*show, "tract=99999", "--out", tmp_path / "x.png")
    assert "'x' is no tract" in bad(*show, "tract=x", "--out", tmp_path / "x.png", status=2)


def test_what_holds_no_images_names_another_command(bad: Callable[..., str], survey: Path) -> None:
    assert "--catalog positions" in bad("show", survey, "positions", "detector=94")
    assert "retrieve-artifacts" in bad("show", survey, "note")
    assert "no place on the sky" in bad("show", survey, "raw", "--on-sky")
    assert "raw" in bad("show", survey, "ras", "exposure=1")


def test_bad_options(bad: Callable[..., str], survey: Path, exposure: str) -> None:
    for options, words in (
        (("--out", "a.gif"), "*.png"),
        (("--limits", "zscal"), "zscale"),
        (("--bbox", "1,2"), "X0:X1"),
        (("--circle", "1,2"), "RADIUS"),
        (("--bbox", "0:1,0:1", "--circle", "1,2,3"), "give one"),
        (("--mosaic", "--rgb", "i,r,g"), "choose one"),
        (("--rgb", "i,r"), "three bands"),
        (("--where", "band = 'r'"), "--on-sky"),
    ):
        assert words in bad("show", survey, "raw", exposure, "detector=94", *options, status=2)
    assert "query-datasets" in bad("show", survey, "raw", exposure, "detector=95")
    assert "NAME=VALUE" in bad("show", survey, "raw", "94", status=2)


def test_a_name_given_again_begins_another_data_id() -> None:
    assert read_data_ids(["visit=1", "detector=2", "detector=3"]) == [
        {"visit": "1", "detector": "2"},
        {"visit": "1", "detector": "3"},
    ]
    assert read_data_ids(["visit=1,detector=2", "visit=3", "detector=4"]) == [
        {"visit": "1", "detector": "2"},
        {"visit": "3", "detector": "4"},
    ]
    assert read_data_ids([]) == [{}]


def test_limits_and_parts() -> None:
    assert read_scaling("linear", "minmax") == Scaling("linear", "minmax")
    assert read_scaling("log", "-5, 100") == Scaling("log", -5.0, 100.0)
    assert read_scaling("sqrt", "1%,99.5%") == Scaling("sqrt", 1.0, 99.5, "percent")
    assert read_part("-5:10,0:20", None) == Part(box=Box((0, 20), (-5, 10)))
    assert read_part(None, '-10,+5.5,30"') == Part(circle=(350.0, 5.5, 30 / 3600))
    assert read_part(None, "10,5,2'") == Part(circle=(10.0, 5.0, 2 / 60))
    assert read_part(None, None) == Part()
