"""The acceptance notebook on image services runs against a server that wants tokens, on a simulated survey.

First what it does, step by step through pyvo; then its cells, under the names of ``lsst``.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvo
import requests
from pyvo.dal.adhoc import SodaQuery

from skybutler import Butler
from skybutler.errors import InvalidError
from skybutler.formatters.files import read_exposure
from skybutler.vo.client import get_datalink_result, get_tap_service
from skybutler.vo.tokens import TokenStore
from support.dp02 import COLLECTION
from support.notebooks import Shown, run_notebook
from support.seeds import notebook_cells
from support.server import serve
from support.survey import BANDS, PATCH, TRACT, make_survey

# pyvo leaves answers half read, and their connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

NOTEBOOK = "seeds/003_image_services.txt"
POINT = (55.74673760481304, -32.286155241413624)
COADD = "dataproduct_type = 'image' AND obs_collection = 'LSST.DP02' AND dataproduct_subtype = 'lsst.deepCoadd_calexp'"
RADIUS_DEG = 0.03
PIXEL_ARCSEC = 8 * 0.2
"""Simulated pixels are eight times larger than real ones."""

LEFT_OUT = {
    "eups list": "asks a Science Pipelines installation for its version",
    "%load_ext": "is a comment",
    "#help(sq)": "is a comment",
}
"""Cells that are not run, by words in them, and why."""
CHANGED = {
    r"^(import|from) (bokeh|holoviews)\b.*$": ("", "no cell uses these packages"),
    r"20d28216-534a-4102-b8a7-1c7f32a9b78c": ("{uuid}", "UUIDs are new in each repository"),
    r"\.show_in_notebook\(\)": ("", "needs a browser; the table itself is shown"),
}
"""Patterns that are replaced in the text of cells, by what and why."""


@dataclass(frozen=True)
class Site:
    """A server, the repository behind it, and a token for it."""

    address: str
    repository: Path
    token: str

    @property
    def coadd(self) -> uuid.UUID:
        """The coadd in i."""
        with Butler(self.repository, collections=COLLECTION) as butler:
            (ref,) = butler.query_datasets(
                "deepCoadd_calexp", where=f"band = 'i' AND tract = {TRACT} AND patch = {PATCH}"
            )
        assert isinstance(ref.id, uuid.UUID)
        return ref.id


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    place = tmp_path_factory.mktemp("dp02")
    make_survey(place / "repo")
    token, _ = TokenStore(place / "tokens.json").create("ada")
    with serve({"dp02": str(place / "repo")}, anonymous=False, token_file=place / "tokens.json") as address:
        yield Site(address, place / "repo", token)


# -------------------------------------------------------------------------------------------- through pyvo
@pytest.fixture(scope="module")
def service(site: Site) -> Iterator[Any]:
    service = get_tap_service(url=site.address, token=site.token)
    with service._session:
        yield service


def _counts(service: Any, column: str, where: str = "") -> dict[Any, int]:
    found = service.search(f"SELECT {column}, COUNT(*) FROM ivoa.ObsCore {where} GROUP BY {column}").to_table()
    return {key.item() if hasattr(key, "item") else str(key): int(n) for key, n in found.iterrows()}


def test_the_tables_are_told_of(service: Any) -> None:
    schemas = service.search("SELECT * FROM tap_schema.schemas").to_table()
    assert {"ivoa", "tap_schema"} <= set(schemas["schema_name"])
    query = "SELECT * FROM tap_schema.tables where schema_name like 'ivoa' order by table_index ASC"
    assert list(service.search(query).to_table()["table_name"]) == ["ivoa.ObsCore"]


def test_images_are_counted(service: Any) -> None:
    n = len(BANDS)
    assert int(service.search("SELECT COUNT(*) from ivoa.ObsCore").to_table()[0][0]) == 4 * n
    assert _counts(service, "dataproduct_type") == {"image": 4 * n}
    assert _counts(service, "calib_level") == {1: n, 2: n, 3: 2 * n}
    names = ("lsst.raw", "lsst.calexp", "lsst.deepCoadd", "lsst.deepCoadd_calexp")
    assert _counts(service, "dataproduct_subtype") == dict.fromkeys(names, n)
    assert _counts(service, "dataproduct_subtype", "where calib_level = '1'") == {"lsst.raw": n}


def test_a_point_is_in_one_coadd_of_each_band(service: Any) -> None:
    ra, dec = POINT
    found = service.search(
        f"SELECT * FROM ivoa.ObsCore WHERE {COADD} AND CONTAINS(POINT('ICRS', {ra}, {dec}), s_region)=1"
    ).to_table()
    assert sorted(found["lsst_band"]) == sorted(BANDS)
    assert set(found["access_format"]) == {"application/x-votable+xml;content=datalink"}


def _row(service: Any) -> Any:
    columns = "access_format, access_url, dataproduct_subtype, lsst_patch, lsst_tract, lsst_band, s_ra, s_dec"
    where = f"{COADD} AND lsst_tract = {TRACT} AND lsst_patch = {PATCH} AND lsst_band = 'i'"
    (row,) = service.search(f"SELECT {columns} FROM ivoa.ObsCore WHERE {where}")
    return row


def test_an_image_is_found_by_patch_and_by_uuid(site: Site, service: Any) -> None:
    address = _row(service).getdataurl()
    assert address == f"{site.address}/api/datalink/links?ID=butler%3A//dp02/{site.coadd}"
    (found,) = service.search(f"SELECT * FROM ivoa.ObsCore WHERE access_url like '%{site.coadd}'")
    assert found.getdataurl() == address


def test_links_lead_to_the_file_and_need_the_token(site: Site, service: Any, tmp_path: Path) -> None:
    row = _row(service)
    links = get_datalink_result(row)
    assert links.status[0] == "OK"
    record = links.getrecord(0)
    assert record.semantics == "#this"
    assert requests.get(row.getdataurl(), timeout=100).status_code == 401
    answer = requests.get(record.get("access_url"), timeout=100)  # as astropy does: without a token
    assert answer.status_code == 200
    assert len(answer.content) == record.content_length
    (tmp_path / "coadd.fits").write_bytes(answer.content)
    with Butler(site.repository, collections=COLLECTION) as butler:
        expected = butler.get("deepCoadd_calexp", skymap="DC2", tract=TRACT, patch=PATCH, band="i")
    assert np.array_equal(read_exposure(tmp_path / "coadd.fits").image.array, expected.image.array, equal_nan=True)


def test_a_circle_is_cut_out(site: Site, service: Any, tmp_path: Path) -> None:
    links = get_datalink_result(_row(service))
    query = SodaQuery.from_resource(links, links.get_adhocservice_by_id("cutout-sync"), session=service._session)
    query.circle = (*POINT, RADIUS_DEG)
    (tmp_path / "cutout.fits").write_bytes(query.execute_stream().read())
    cutout = read_exposure(tmp_path / "cutout.fits")
    with Butler(site.repository, collections=COLLECTION) as butler:
        coadd = butler.get("deepCoadd_calexp", skymap="DC2", tract=TRACT, patch=PATCH, band="i")
    width, height = cutout.bbox.dimensions
    assert coadd.bbox.contains(cutout.bbox)
    assert 2 * RADIUS_DEG * 3600 / PIXEL_ARCSEC == pytest.approx(width, abs=2) == pytest.approx(height, abs=2)
    assert np.array_equal(cutout.image.array, coadd[cutout.bbox].image.array, equal_nan=True)


def test_a_circle_elsewhere_is_an_error_and_no_file(service: Any) -> None:
    links = get_datalink_result(_row(service))
    query = SodaQuery.from_resource(links, links.get_adhocservice_by_id("cutout-sync"), session=service._session)
    query.circle = (10.0, 10.0, RADIUS_DEG)
    with pytest.raises(InvalidError, match="refuses"):
        query.execute_stream()


def test_others_are_refused(site: Site) -> None:
    service = get_tap_service(url=site.address, token="")
    with service._session, pytest.raises(pyvo.DALFormatError, match="Set ACCESS_TOKEN"):
        service.search("SELECT COUNT(*) from ivoa.ObsCore")


# ------------------------------------------------------------------------------------------------ its cells
def _changed(source: str, found: uuid.UUID) -> str:
    for pattern, (text, _) in CHANGED.items():
        source = re.sub(pattern, text.format(uuid=found), source, flags=re.MULTILINE)
    return source


@pytest.fixture(scope="module")
def cells(shared: Path, site: Site) -> list[str]:
    sources = [cell.source for cell in notebook_cells(shared / NOTEBOOK) if cell.source]
    for word in LEFT_OUT:
        assert sum(word in source for source in sources) == 1, word
    return [_changed(s, site.coadd) for s in sources if not any(word in s for word in LEFT_OUT)]


@pytest.fixture(scope="module")
def shown(cells: list[str], site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shown]:
    """What each cell showed, by its source; the notebook's server has ``os`` imported, and a folder ``DATA``."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "DATA").mkdir()
    (folder / "index.yaml").write_text(f"dp02: {site.repository}\n")
    variables = {
        "DAF_BUTLER_REPOSITORY_INDEX": str(folder / "index.yaml"),
        "EXTERNAL_INSTANCE_URL": site.address,
        "ACCESS_TOKEN": site.token,
    }
    _, *found = run_notebook(["import os", *cells], folder, variables)
    return dict(zip(cells, found, strict=True))


def _of(shown: dict[str, Shown], words: str) -> Shown:
    return next(one for source, one in shown.items() if words in source)


def test_all_cells_but_those_named_are_run(shared: Path, shown: dict[str, Shown]) -> None:
    sources = [cell.source for cell in notebook_cells(shared / NOTEBOOK) if cell.source]
    assert len(shown) == len(set(sources)) - len(LEFT_OUT)
    assert len(shown) >= 30


def test_the_place_is_found(shown: dict[str, Shown], site: Site) -> None:
    """The cell itself asserts that the coadd's type is lsst.afw.image.exposure.ExposureF."""
    assert f"Tract: {TRACT}, Patch: {PATCH}" in _of(shown, "findTract").text
    assert f"UUID for deep coadd: {site.coadd}" in _of(shown, "deepCoadd_uuid =").text


def test_addresses_are_those_of_the_server(shown: dict[str, Shown], site: Site) -> None:
    assert f"{site.address}/api/datalink/links?ID=" in _of(shown, "getdataurl").text
    assert f"{site.address}/api/files/" in _of(shown, "getrecord(0)").text
    assert f"{site.address}/api/image/soda/sync" in _of(shown, "SODA_URL").text
    assert "('OK', " in _of(shown, "dl_results.status").text


def test_files_are_opened_and_drawn(shown: dict[str, Shown]) -> None:
    from matplotlib.image import imread

    assert "ARCHIVE_INDEX" in _of(shown, "hdulist").text
    for words in ("new_coadd", "plotImage(ExposureF("):
        (figure,) = _of(shown, words).figures
        assert np.asarray(imread(figure))[:, :, :3].std() > 0.05
