"""The first notebook of the Gen3 butler runs unchanged, but for the place of its repository, on simulated visits."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from skybutler.compat.butler import Butler
from skybutler.errors import NoDefaultCollectionError
from skybutler.sim.hsc import COLLECTION, HscRepository, simulate_hsc_repository
from support.notebooks import Shown, run_notebook
from support.seeds import notebook_cells

NOTEBOOK = "seeds/002_exploring_gen3_butler.txt"
PARTS = (
    "wcs", "psf", "photoCalib", "visitInfo", "detector", "filter", "apCorrMap", "validPolygon", "summaryStats",
)  # fmt: skip
PLACE = "/project/shared/data/ci_hsc_gen3"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> HscRepository:
    return simulate_hsc_repository(tmp_path_factory.mktemp("data") / "ci_hsc_gen3")


@pytest.fixture(scope="module")
def sources(shared: Path, made: HscRepository) -> list[str]:
    cells = [cell.source for cell in notebook_cells(shared / NOTEBOOK)]
    assert sum(source.count(PLACE) for source in cells) == 1
    return [source.replace(PLACE, str(made.directory)) for source in cells]


@pytest.fixture(scope="module")
def shown(sources: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[Shown]:
    return run_notebook(sources, tmp_path_factory.mktemp("notebook"))


def _of(sources: list[str], shown: list[Shown], words: str) -> list[Shown]:
    found = [one for source, one in zip(sources, shown, strict=True) if words in source]
    assert found, words
    return found


def test_every_cell_is_run(sources: list[str], shown: list[Shown]) -> None:
    assert len(shown) == 22
    assert all(source.strip() for source in sources)


def test_listings_are_those_of_the_repository(sources: list[str], shown: list[Shown]) -> None:
    listings = [one.text.split() for one in _of(sources, shown, "!ls")]
    assert listings == [
        ["DATA", "README.md"],
        ["calexp", "src", "src_schema"],
        ["r"],
        ["903334", "903338"],
        [f"calexp_r_HSC-R_903338_{d}_HSC_shared_ci_hsc_output.fits" for d in (22, 25)],
    ]


def test_collections_and_types_are_listed(sources: list[str], shown: list[Shown]) -> None:
    (collections,) = _of(sources, shown, "getAllCollections")
    assert COLLECTION in collections.text
    (types,) = _of(sources, shown, "getAllDatasetTypes")
    for name, kind in (("calexp", "ExposureF"), ("src", "SourceCatalog")):
        assert re.search(rf"DatasetType\('{name}', \{{[^}}]*visit}}, {kind}\)", types.text)


def test_sources_are_found(sources: list[str], shown: list[Shown]) -> None:
    (refs,) = _of(sources, shown, "queryDatasets")
    lines = refs.text.splitlines()
    assert len(lines) == 4
    assert sum("visit: 903334" in line and "detector: 22" in line for line in lines) == 1


def test_catalog_is_shown_as_a_table(sources: list[str], shown: list[Shown], made: HscRepository) -> None:
    (table,) = _of(sources, shown, "asAstropy")
    text = table.text + "".join(html or "" for html in table.html)
    assert f"length={made.sources[903334, 22]}" in text
    assert "coord_ra" in text
    assert "calib_photometry_reserved" in text


def test_pictures_show_the_exposure_and_its_sources(sources: list[str], shown: list[Shown]) -> None:
    from matplotlib.image import imread

    plots = [_of(sources, shown, "mtv")[i].figures for i in range(2)]
    images = []
    for (path,) in plots:
        pixels = np.asarray(imread(path))[:, :, :3]
        assert pixels.shape == (800, 1000, 3)
        assert pixels.std() > 0.1
        images.append(pixels)
    # Orange rings and red crosses are in the second only.
    orange = [np.isclose(pixels, (1.0, 0.6471, 0.0), atol=0.05).all(axis=-1).sum() for pixels in images]
    red = [np.isclose(pixels, (1.0, 0.0, 0.0), atol=0.05).all(axis=-1).sum() for pixels in images]
    assert orange[0] < 50 < 500 < orange[1]
    assert red[0] < 50 < 100 < red[1]


def test_what_was_got_can_be_put_again(made: HscRepository) -> None:
    data_id = {"instrument": "HSC", "detector": 22, "visit": 903334}
    with Butler(config=str(made.repository), collections=COLLECTION, run="u/me/again") as butler:
        for name in ("calexp", "src"):
            got = butler.get(name, dataId=data_id)
            ref = butler.put(got, name, dataId=data_id)
            assert type(butler.get(ref)) is type(got)
            assert butler.get(ref) == got
            assert type(butler.getDeferred(ref).get()) is type(butler.getDirect(ref)) is type(got)
        parts = (
            "wcs",
            "psf",
            "photoCalib",
            "visitInfo",
            "detector",
            "filter",
            "apCorrMap",
            "validPolygon",
            "summaryStats",
        )
        exposure = butler.get("calexp", dataId=data_id)
        for part in parts:
            got = butler.get(f"calexp.{part}", dataId=data_id)
            assert type(got).__module__.startswith("skybutler.compat."), part
            assert got == getattr(exposure, part), part


def test_without_a_collection_nothing_is_found(made: HscRepository) -> None:
    """The butler opens, other than in 2020; what cannot work without a collection still is a ValueError."""
    with Butler(config=str(made.repository / "butler.yaml")) as butler:
        with pytest.raises(ValueError, match="collection") as caught:
            butler.get("calexp", dataId={"instrument": "HSC", "detector": 22, "visit": 903334})
        assert isinstance(caught.value, NoDefaultCollectionError)
