"""Every command of the technote that made the repository of Data Preview 0.2, as printed, on both databases.

Twenty visits of nine detectors are simulated, with calibrations and a reference catalog; the sky map is the whole DC2.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from astropy.io import fits

from skybutler import Butler, CollectionType
from skybutler.images import Exposure
from skybutler.sim import Archive, simulate_archive
from skybutler.sim.reference_catalog import reference_shard
from skybutler.sky.timespan import Timespan
from support.postgres import SETTINGS, PostgresServer, fresh_database
from support.seeds import Step, technote_steps
from support.technote import COLLECTION, SHOW, Site, creation_site, creation_steps, make_source, prepare

SEED = "seeds/004_creating_dp02_repo.txt"
INSTRUMENT = "LSSTCam-imSim"
RAWS = f"{INSTRUMENT}/raw/all"
REFCATS = "cal_ref_cat_2_2"
TRACTS, PATCHES = 18_938, 927_962

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]


@pytest.fixture(scope="module")
def steps(shared: Path) -> list[Step]:
    return technote_steps(shared / SEED)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return simulate_archive(tmp_path_factory.mktemp("dp02") / "dp0.2", visits=20, scale=32, index=False, processes=2)


@pytest.fixture(scope="module")
def archive(simulated: Archive, steps: list[Step], tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The input data, after index files were written and calibrations exported as the technote says."""
    source = tmp_path_factory.mktemp("ncsa") / "dc2"
    make_source(source, simulated)
    prepare(steps, simulated, source)
    return simulated


@pytest.fixture(scope="module")
def postgres_port() -> Iterator[str]:
    """URL, as user@host:port, of a server that is reached by its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = PostgresServer({**SETTINGS, "listen_addresses": "127.0.0.1", "port": str(port)})
    with fresh_database(server.url) as url:
        yield f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}"
    server.stop()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def site(
    request: pytest.FixtureRequest, archive: Archive, steps: list[Step], tmp_path_factory: pytest.TempPathFactory
) -> Site:
    """Where the technote has been run to its end."""
    folder, order = tmp_path_factory.mktemp("frdf"), creation_steps(steps)
    if request.param == "sqlite":
        database = f"sqlite:///{folder / 'registry.sqlite3'}"
    else:
        database = request.getfixturevalue("postgres_port")
        # The second of the two ingests, which is the parallel one, would find nothing left to do.
        i, j = (n for n, step in enumerate(order) if step.text.startswith("butler ingest-raws "))
        order[i], order[j] = order[j], order[i]
    site = creation_site(folder, archive, steps, database)
    for step in order:
        site.run(step)
    return site


@pytest.fixture
def butler(site: Site) -> Iterator[Butler]:
    with Butler(site.variables["REPO"]) as opened:
        yield opened


# ------------------------------------------------------------------------------------------------------- what was run
def test_no_command_is_left_out(steps: list[Step]) -> None:
    shown = [step for step in steps if step.text.split()[0] in SHOW]
    before = [step for step in steps if step.text.startswith(("astrometadata ", "butler export-calibs "))]
    run = creation_steps(steps)
    assert len(shown) + len(before) + len(run) == len(steps)
    assert [step.text.split()[1] for step in run if step.text.startswith("butler ")] == [
        "create", "import", "register-instrument", "write-curated-calibrations", "register-skymap",
        "register-dataset-type", "ingest-files", "ingest-raws", "ingest-raws", "define-visits",
    ]  # fmt: skip
    assert [step.language for step in run].count("python") == 2
    assert len(before) == 2


def test_index_files_hold_the_headers(archive: Archive) -> None:
    for file in archive.survey.files[::17]:
        index = json.loads((file.parent / "_index.json").read_text())
        merged = {**fits.getheader(file, 0), **fits.getheader(file, 1)}
        assert {**index["__COMMON__"], **index[file.name]} == merged


def test_exported_calibrations_are_organised_as_printed(archive: Archive) -> None:
    top = archive.directory / "calib"
    assert (top / "export.yaml").is_file()
    calib = top / "2.2i" / "calib"
    assert {p.name for p in (calib / "DM-30694").iterdir()} == {"curated", "unbounded"}
    assert [p.name for p in (calib / "DM-30694" / "unbounded").iterdir()] == ["camera"]
    found = {str(p.relative_to(calib / "gen2")) for p in (calib / "gen2").glob("*/*")}
    assert found == {"20220101T000000Z/bias", "20220101T000000Z/dark", "20220806T000000Z/flat", "20231201T000000Z/sky"}


# -------------------------------------------------------------------------------------------------------- what is there
def test_collections(butler: Butler) -> None:
    runs = set(butler.collections.query("*", collection_types=CollectionType.RUN))
    assert runs >= {
        RAWS,
        "skymaps",
        "refcats",
        "2.2i/calib/DM-30694/unbounded",
        "2.2i/calib/DM-30694/curated/19700101T000000Z",
        "2.2i/calib/DM-30694/curated/20221030T000000Z",
        "2.2i/calib/gen2/20220101T000000Z",
        "2.2i/calib/gen2/20220806T000000Z",
        "2.2i/calib/gen2/20231201T000000Z",
    }
    assert butler.collections.get_info(COLLECTION).type is CollectionType.CALIBRATION
    chain = butler.collections.get_info("2.2i/defaults")
    assert (chain.type, list(chain.children)) == (CollectionType.CHAINED, [RAWS, COLLECTION, "skymaps", "refcats"])


def test_validity_ranges(butler: Butler, archive: Archive) -> None:
    found: dict[str, list[Timespan]] = {}
    for valid in butler.calibrations.validity(COLLECTION):
        found.setdefault(valid.ref.dataset_type.name, []).append(valid.timespan)
    assert {name: len(spans) for name, spans in found.items()} == {
        "camera": 1,
        "defects": len(archive.defects),
        **{made.product.name: len(made.files) for made in archive.calibrations},
    }
    assert found["camera"] == [Timespan(None, None)]
    for made in archive.calibrations:
        assert set(found[made.product.name]) == {made.product.valid}
    assert {str(span)[1:11] for span in found["defects"]} == {"1970-01-01", "2022-10-30"}


def test_counts_are_those_of_the_simulation(butler: Butler, archive: Archive) -> None:
    def records(element: str, **values: Any) -> int:
        return butler.query_dimension_records(element, **values).count()

    visits = archive.survey.visits
    assert archive.references is not None
    assert (len(visits), len(archive.survey.files)) == (20, 180)
    assert records("exposure", instrument=INSTRUMENT) == len(visits)
    assert records("visit", instrument=INSTRUMENT) == len(visits)
    assert records("tract", skymap="DC2") == TRACTS
    assert records("patch", skymap="DC2") == PATCHES
    assert butler.query_datasets("raw", RAWS).count() == len(archive.survey.files)
    assert {
        ref.data_id["htm7"] for ref in butler.query_datasets(REFCATS, "refcats")
    } == archive.references.shards.keys()
    assert {record.id for record in butler.query_dimension_records("exposure", instrument=INSTRUMENT)} == {
        visit.id for visit in visits
    }
    for name, run in (("bias", "2.2i/calib/gen2/20220101T000000Z"), ("flat", "2.2i/calib/gen2/20220806T000000Z")):
        (made,) = (p for p in archive.calibrations if p.product.name == name)
        assert butler.query_datasets(name, run).count() == len(made.files)


def test_visits_lie_on_the_sky_map_and_on_the_shards(butler: Butler, archive: Archive) -> None:
    found = butler.query_data_ids(
        ["patch", "visit"], instrument=INSTRUMENT, skymap="DC2", tract=4431, patch=17, where="visit > 0"
    )
    assert len({data_id["visit"] for data_id in found}) == len(archive.survey.visits)
    shards = butler.query_datasets(REFCATS, "refcats", instrument=INSTRUMENT, visit=250000, detector=94)
    assert archive.references is not None
    assert {ref.data_id["htm7"] for ref in shards} <= archive.references.shards.keys()
    assert len(list(shards)) >= 1


def test_repository_is_whole(site: Site) -> None:
    assert site.run(Step("bash", "butler verify $REPO")) == "Nothing is wrong.\n"


# ------------------------------------------------------------------------------------------------------- what is got
@pytest.fixture
def defaults(site: Site) -> Iterator[Butler]:
    """The repository seen through its chain."""
    with Butler(site.variables["REPO"], collections="2.2i/defaults", instrument=INSTRUMENT) as opened:
        yield opened


def test_calibrations_of_an_exposure_reduce_its_raw(defaults: Butler, archive: Archive) -> None:
    visit = archive.survey.visits[-1]
    names = ("raw", "bias", "dark", "flat")
    raw, bias, dark, flat = (defaults.get(name, exposure=visit.id, detector=94) for name in names)
    for exposure in (raw, bias, dark, flat):
        assert isinstance(exposure, Exposure)
        assert exposure.image.array.shape == raw.image.array.shape
    assert flat.filter_label is not None
    assert flat.filter_label.band == visit.band
    reduced = (raw.image.array - 1000.0 - bias.image.array - visit.exposure_s * dark.image.array) / flat.image.array
    widths = [np.subtract(*np.percentile(image, (84, 16))) for image in (raw.image.array, reduced)]
    assert widths[1] < widths[0]


def test_defects_are_those_of_the_night(defaults: Butler, archive: Archive) -> None:
    lists = [defaults.get("defects", exposure=archive.survey.visits[i].id, detector=94) for i in (0, -1)]
    assert [len(found) for found in lists] == [1, 2]
    image = defaults.get("raw", exposure=archive.survey.visits[-1].id, detector=94).image.array
    x, y, width, height = (int(lists[1][name][1]) for name in ("x0", "y0", "width", "height"))
    assert np.median(image[y : y + height, x : x + width]) < np.median(image) - 100


def test_shard_and_sky_map(defaults: Butler, archive: Archive) -> None:
    assert archive.references is not None
    pixel = next(iter(archive.references.shards))
    shard = defaults.get(REFCATS, htm7=pixel)
    assert shard["id"].tolist() == reference_shard(pixel, 42)[0].tolist()
    sky_map = defaults.get("skyMap", skymap="DC2")
    assert len(sky_map) == TRACTS
    assert sky_map.find_tract_ids(np.array([55.7467]), np.array([-32.2862])).tolist() == [4431]


def test_camera_is_always_valid(defaults: Butler, archive: Archive) -> None:
    for visit in (archive.survey.visits[0], archive.survey.visits[-1]):
        assert defaults.get("camera", exposure=visit.id) is not None


# ------------------------------------------------------------------------------------------------------- which order
def test_import_before_or_after_registering_the_instrument(
    archive: Archive, steps: list[Step], database_url: str, tmp_path: Path, postgres_server: str
) -> None:
    """What the technote could not do: the records are the same."""
    wanted = ("export ", "butler create ", "butler import ", "butler register-instrument ")
    printed = [step for step in creation_steps(steps) if step.text.startswith(wanted)]
    swapped = [*printed[:-2], printed[-1], printed[-2]]
    with fresh_database(postgres_server) as other:
        found = []
        for name, order in (("printed", printed), ("swapped", swapped)):
            (folder := tmp_path / name).mkdir()
            if database_url.startswith("sqlite"):
                url = f"sqlite:///{folder / 'registry.sqlite3'}"
            else:
                url = database_url if name == "printed" else other
            site = creation_site(folder, archive, steps, url)
            for step in order:
                site.run(step)
            found.append(_content(site.variables["REPO"]))
    assert found[0] == found[1]
    assert len(found[0]["detector"]) == 189
    assert len(found[0]["bias"]) == 9


def _content(repository: str) -> dict[str, list[Any]]:
    """Records and datasets of a repository in comparable form."""
    with Butler(repository) as butler:
        content: dict[str, list[Any]] = {
            element: sorted(str(r) for r in butler.query_dimension_records(element, instrument=INSTRUMENT))
            for element in ("instrument", "detector", "physical_filter")
        }
        for kind in butler.query_dataset_types():
            refs = butler.query_datasets(kind.name, "*", find_first=False)
            content[kind.name] = sorted((str(ref.id), ref.run, str(ref.data_id)) for ref in refs)
        content["validity"] = [
            (v.ref.dataset_type.name, str(v.ref.id), str(v.timespan)) for v in butler.calibrations.validity("*")
        ]
    return content
