from __future__ import annotations

import io
import multiprocessing
import os
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import quote

import numpy as np
import pytest
import requests
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyvo.dal.adhoc import DatalinkQuery, DatalinkResults, SodaQuery
from pyvo.io.vosi import parse_capabilities

from skybutler import Butler
from skybutler.compat.afw.image import ExposureF
from skybutler.images import Exposure, GaussianPsf, Image, Mask, MaskedImage
from skybutler.images.stencils import SkyCircle
from support.server import serve
from support.sky_images import CENTRE, WCS, an_exposure, make_sky_images

CUT = an_exposure().cutout(SkyCircle(*CENTRE, 0.002))
CIRCLE = "55.7 -32.3 0.002"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A server of images, its address and the UUIDs of its datasets."""
    place = tmp_path_factory.mktemp("soda") / "repo"
    known = make_sky_images(place)
    with serve({"sky": str(place)}, cutout_workers=1) as address, requests.Session() as session:
        url = f"{address}/api/cutout/sync"
        yield SimpleNamespace(address=address, session=session, url=url, place=place, **known)


def pixels(content):
    with fits.open(io.BytesIO(content)) as hdus:
        return np.array(hdus[1].data)


def test_pyvo_gets_a_cutout_that_opens(images, tmp_path):
    links = DatalinkResults.from_result_url(
        f"{images.address}/api/datalink/links?ID=butler%3A//sky/{images.calexp}", session=images.session
    )
    service = links.get_adhocservice_by_id("cutout-sync")
    query = SodaQuery.from_resource(links, service, session=images.session)
    query.circle = (*CENTRE, 0.002)
    made = query.execute_stream().read()
    assert np.array_equal(pixels(made), CUT.image.array)
    (tmp_path / "cut.fits").write_bytes(made)
    exposure = ExposureF(str(tmp_path / "cut.fits"))
    assert np.array_equal(exposure.image.array, CUT.image.array)
    assert tuple(exposure.getXY0()) == CUT.bbox.xy0
    assert exposure.getWcs().getPixelScale().asArcseconds() == pytest.approx(0.18)
    query.range = (55.699, 55.701, -32.301, -32.299)
    assert pixels(query.execute_stream().read()).shape == pytest.approx((40, 34), abs=2)
    posted = DatalinkQuery(images.url, session=images.session, ID=str(images.calexp), POS=f"CIRCLE {CIRCLE}")
    assert posted.execute_stream(post=True).read() == made


@pytest.mark.parametrize("path", ["/api/cutout/sync", "/api/image/soda/sync", "/repo/sky/api/cutout/sync"])
def test_ways_to_ask(images, path):
    for identifier in (
        f"butler%3A%2F%2Fsky%2F{images.calexp}", f"butler%253A//sky/{images.calexp}", images.calexp.hex,
        quote(f"ivo://org.rubinobs/sky?repo=sky&id={images.calexp}", safe=""),
    ):  # fmt: skip
        found = images.session.get(f"{images.address}{path}?id={identifier}&circle=55.7+-32.3%200.002")
        assert found.status_code == 200, found.text
        assert found.headers["content-type"] == "application/fits"
        assert np.array_equal(pixels(found.content), CUT.image.array)


def test_a_cutout_that_the_client_has_is_not_made(images):
    asked = {"ID": str(images.calexp), "CIRCLE": CIRCLE}
    made = images.session.get(images.url, params=asked)
    etag = made.headers["etag"]
    assert etag.startswith('W/"')  # it may be made anew with other bytes
    for method in ("GET", "HEAD"):
        again = images.session.request(method, images.url, params=asked, headers={"If-None-Match": etag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    for others in ({"CIRCLE": "55.7 -32.3 0.001"}, {"ID": str(images.other)}, {"RESPONSEFORMAT": "image/png"}):
        other = images.session.get(images.url, params=asked | others, headers={"If-None-Match": etag})
        assert other.status_code == 200
        assert other.headers["etag"] != etag
    posted = images.session.post(images.url, data=asked, headers={"If-None-Match": etag})
    assert posted.status_code == 200
    assert "etag" not in posted.headers


def test_details_and_pictures(images, tmp_path):
    asked = {"ID": images.calexp, "CIRCLE": CIRCLE, "CUTOUTDETAIL": "Exposure"}
    (tmp_path / "cut.fits").write_bytes(images.session.get(images.url, params=asked).content)
    exposure = ExposureF(str(tmp_path / "cut.fits"))
    assert np.array_equal(exposure.mask.array, CUT.mask.array)
    assert exposure.getPsf().computeShape(exposure.getBBox().getCenter()).getDeterminantRadius() == pytest.approx(
        GaussianPsf(11, 11, 1.5).sigma(), rel=1e-6
    )
    picture = images.session.get(images.url, params=asked | {"RESPONSEFORMAT": "image/png", "STRETCH": "log"})
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "changed, status, told",
    [
        ({"ID": None}, 422, "UsageError: There is no ID"),
        ({"ID": "../../etc/passwd"}, 422, "UsageError: '../../etc/passwd' does not name"),
        ({"ID": "butler://sky/1' OR 1=1"}, 422, "UsageError"),
        ({"ID": "butler://nosuch/00000000-0000-0000-0000-000000000001"}, 404, "UsageError: There is no repository"),
        ({"ID": "00000000-0000-0000-0000-000000000001"}, 404, "UsageError: There is no dataset"),
        ({"CIRCLE": None}, 422, "UsageError: There is no CIRCLE"),
        ({"CIRCLE": "1 2"}, 422, "UsageError: CIRCLE: 2 numbers"),
        ({"CIRCLE": "10 10 1"}, 422, "UsageError: SkyCircle"),
        ({"CIRCLE": [CIRCLE, "1 2 3"]}, 422, "MultiValuedParamNotSupported: CIRCLE"),
        ({"POS": "RANGE 1 2 3 4"}, 422, "MultiValuedParamNotSupported: CIRCLE and POS"),
        ({"CUTOUTDETAIL": "Everything"}, 422, "UsageError: CUTOUTDETAIL"),
    ],
)
def test_errors_are_words_of_the_standard(images, changed, status, told):
    found = images.session.get(images.url, params={"ID": images.calexp, "CIRCLE": CIRCLE} | changed)
    assert found.status_code == status
    assert found.headers["content-type"].startswith("text/plain")
    assert found.text.startswith(told)
    assert "file:" not in found.text


def run(images, parameters):
    """A job that has ended."""
    began = images.session.post(f"{images.address}/api/cutout/jobs", data=[*parameters, ("PHASE", "RUN")])
    until = time.monotonic() + 100
    while (phase := images.session.get(f"{began.url}/phase").text) in ("QUEUED", "EXECUTING", "PENDING"):
        assert time.monotonic() < until
        images.session.get(f"{began.url}?WAIT=5&PHASE={phase}")
    return SimpleNamespace(url=began.url, phase=phase)


def test_a_job_makes_every_shape_of_every_dataset(images):
    shapes = [("circle", CIRCLE), ("POS", "RANGE 55.699 55.701 -32.301 -32.299")]
    job = run(images, [("ID", images.calexp), ("id", images.other), *shapes])
    assert job.phase == "COMPLETED"
    found = [images.session.get(f"{job.url}/results/cutout-{i}").content for i in range(1, 5)]
    assert np.array_equal(pixels(found[0]), CUT.image.array)
    assert np.array_equal(pixels(found[2]), an_exposure(2).cutout(SkyCircle(*CENTRE, 0.002)).image.array)
    assert pixels(found[1]).shape == pytest.approx((40, 34), abs=2)
    assert images.session.get(f"{job.url}/results/cutout-5").status_code == 404
    single = run(images, [("ID", images.calexp), shapes[0]])
    assert np.array_equal(pixels(images.session.get(f"{single.url}/results/cutout").content), CUT.image.array)


def test_a_job_tells_what_could_not_be_made(images):
    job = run(images, [("ID", images.calexp), ("CIRCLE", CIRCLE), ("CIRCLE", "10 10 1")])
    assert job.phase == "COMPLETED"
    assert images.session.get(f"{job.url}/results/cutout-2").text.startswith("UsageError: SkyCircle")
    job = run(images, [("ID", images.calexp), ("CIRCLE", "10 10 1")])
    assert job.phase == "ERROR"
    assert "UsageError: SkyCircle" in images.session.get(f"{job.url}/error").text


def stop_worker(images):
    """Let the process that makes cut-outs hang; its number."""
    assert images.session.get(images.url, params={"ID": images.calexp, "CIRCLE": CIRCLE}).status_code == 200
    (process,) = multiprocessing.active_children()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    return process.pid


def wait_until_gone(pid):
    until = time.monotonic() + 100
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.skipif(not os.path.exists("/proc"), reason="looks at processes in /proc")
def test_a_process_whose_work_is_not_wanted_is_ended(images):
    asked = {"ID": images.calexp, "CIRCLE": CIRCLE}
    process = stop_worker(images)
    job = images.session.post(f"{images.address}/api/cutout/jobs", data=asked | {"PHASE": "RUN"}).url
    while images.session.get(f"{job}/phase").text != "EXECUTING":
        time.sleep(0.05)
    images.session.post(f"{job}/phase", data={"PHASE": "ABORT"})
    wait_until_gone(process)
    assert images.session.get(f"{job}/phase").text == "ABORTED"
    process = stop_worker(images)
    with pytest.raises(requests.Timeout), requests.Session() as session:
        session.get(images.url, params=asked, timeout=0.5)
    wait_until_gone(process)
    assert images.session.get(images.url, params=asked).status_code == 200


def test_what_takes_too_long_is_told(images):
    """It always does, for each has to begin with a new process."""
    repository = str(images.place)
    with serve({"sky": repository}, cutout_workers=1, cutout_seconds=0.01) as address, requests.Session() as session:
        here = SimpleNamespace(address=address, session=session)
        asked = {"ID": images.calexp, "CIRCLE": CIRCLE}
        for _ in range(2):
            found = session.get(f"{address}/api/cutout/sync", params=asked)
            assert (found.status_code, found.headers["content-type"]) == (503, "text/plain; charset=utf-8")
            assert found.text.startswith("ServiceUnavailable: It took longer than the 0.01 s")
        job = run(here, asked.items())
        assert job.phase == "ERROR"
        assert "longer than the 0.01 s" in session.get(f"{job.url}/error").text


@pytest.mark.skipif(not os.path.exists("/proc"), reason="looks at processes in /proc")
def test_what_dies_is_told_and_the_next_is_served(images):
    asked = {"ID": images.calexp, "CIRCLE": CIRCLE}
    process = stop_worker(images)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(requests.get, images.url, params=asked)
        time.sleep(0.2)
        os.kill(process, signal.SIGKILL)
        found = waiting.result()
    assert found.status_code in (200, 503)  # the former if it was dead before it was given anything
    assert images.session.get(images.url, params=asked).status_code == 200


def put_exposure(place, exposure):
    """A repository of one image, and the UUID of that."""
    Butler.create(place)
    with Butler(place, writeable=True, run="u/large") as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.register_dataset_type("calexp", ["instrument"], "ExposureF")
        return butler.put(exposure, "calexp", instrument="Cam").id


ALL = "RANGE -inf +inf -90 90"


def test_what_needs_too_much_memory_is_told(tmp_path):
    """Much more than what a process goes on to import: what is missed there is not told in the same words."""
    image = Image(np.zeros((6000, 6000), "f4"))
    exposure = Exposure(MaskedImage(image, Mask.zeros(image.bbox), image), wcs=WCS)
    dataset = put_exposure(tmp_path / "repo", exposure)
    asked = {"ID": str(dataset), "POS": ALL}
    limits = {"cutout_workers": 1, "cutout_bytes": 100 << 20}
    with serve({"sky": str(tmp_path / "repo")}, **limits) as address, requests.Session() as session:
        for _ in range(2):
            found = session.get(f"{address}/api/cutout/sync", params=asked)
            assert (found.status_code, "more memory than the 100 MB" in found.text) == (422, True), found.text
        small = session.get(f"{address}/api/cutout/sync", params=asked | {"POS": f"CIRCLE {CIRCLE}"})
        assert small.status_code == 200


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A server of one image whose cut-outs go over a disk, and the folder in which it is."""
    rng, place = np.random.default_rng(3), tmp_path / "repo"
    image, variance = (Image(rng.uniform(1.0, 2.0, (1000, 1000)).astype("f4")) for _ in range(2))
    exposure = Exposure(MaskedImage(image, Mask.zeros(image.bbox), variance), wcs=WCS)
    dataset = put_exposure(place, exposure)
    disk = tmp_path / "disk"
    disk.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    with serve({"sky": str(place)}, cutout_workers=1) as address, requests.Session() as session:
        url = f"{address}/api/cutout/sync"
        yield SimpleNamespace(session=session, url=url, dataset=dataset, exposure=exposure, disk=disk)


def test_large_ones_leave_nothing_behind(large):
    asked = {"ID": str(large.dataset), "POS": ALL, "CUTOUTDETAIL": "MaskedImage"}
    found = large.session.get(large.url, params=asked)
    assert len(found.content) == int(found.headers["content-length"]) > 8 << 20
    with fits.open(io.BytesIO(found.content)) as hdus:
        assert np.array_equal(hdus[1].data, large.exposure.image.array)
        assert np.array_equal(hdus[3].data, large.exposure.variance.array)
    for _ in range(3):
        with requests.get(large.url, params=asked, stream=True) as found:
            assert len(next(found.iter_content(1000))) == 1000
    until = time.monotonic() + 100
    while left := list(large.disk.rglob("*.fits")):
        assert time.monotonic() < until, left
        time.sleep(0.05)
    assert large.session.get(large.url, params=asked | {"POS": "CIRCLE 10 10 1"}).status_code == 422
    assert not [*large.disk.rglob("*.fits")]


def test_documents(images):
    for prefix in ("", "/repo/sky"):
        found = images.session.get(f"{images.address}{prefix}/api/cutout/capabilities")
        known = {
            c.standardid: c.interfaces[0].accessurls[0].content for c in parse_capabilities(io.BytesIO(found.content))
        }
        url = known["ivo://ivoa.net/std/SODA#sync-1.0"]
        assert url == f"{images.address}{prefix}/api/cutout/sync"
        assert "true" in images.session.get(f"{images.address}{prefix}/api/cutout/availability").text


NUMBERS = st.one_of(st.floats(-400, 400), st.sampled_from(["nan", "inf", "-0", "1e400", "x", "55.7", "-32.3"])).map(str)


@given(
    st.sampled_from(["CIRCLE", "POLYGON", "POS"]), st.sampled_from(["", "CIRCLE ", "RANGE ", "POLYGON "]),
    st.lists(NUMBERS, max_size=8),
)  # fmt: skip
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_shape_is_cut_out_or_refused(images, name, kind, numbers):
    found = images.session.get(images.url, params={"ID": images.calexp, name: kind + " ".join(numbers)})
    assert found.status_code in (200, 422), found.text
    if found.status_code == 200:
        assert pixels(found.content).size
    else:
        assert found.text.startswith("UsageError: ")
