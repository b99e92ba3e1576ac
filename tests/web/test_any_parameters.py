"""Whatever parameters say, image searches, cone searches, cut-outs and jobs answer or refuse; nothing fails."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest
from astropy.io import fits
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from skybutler.vo.sia import PARAMETERS
from skybutler.web import ServerSettings, create_app
from support.reference_catalog import CENTER, make_catalog
from support.sky_images import make_sky_images

VOTABLE = "{http://www.ivoa.net/xml/VOTable/v1.3}"
NUMBERS = st.one_of(
    st.floats(-400, 400).map(repr),
    st.sampled_from(
        ["nan", "-inf", "+Inf", "1e308", "1e400", "-0", "1e-320", "0x10", "1_0", "٣", "0", "360", "-90", "90", "1;2",
         "", "9" * 5000, "55.7", "-32.3", "0.002", "0.35", "0.2"]
    ),
)  # fmt: skip
SHAPES = st.tuples(
    st.sampled_from(["", "CIRCLE ", "circle ", "RANGE ", "POLYGON ", "BOX ", "UNION ", "POLYGON ICRS "]),
    st.lists(NUMBERS, max_size=9).map(" ".join),
).map("".join)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["'", "\0", "%00", "a\\'--", "?", "%s", "{}", "<a>&b;", "]]>", "../../etc/passwd", "é" * 300]),
)
VALUES = st.one_of(SHAPES, NUMBERS, TEXTS)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def some(names: list[str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Some parameters, some of them twice."""
    return st.lists(st.tuples(st.sampled_from(names), VALUES), max_size=5)


def told(content: bytes) -> str | None:
    """What a VOTable says of the query."""
    infos = ET.fromstring(content).iter(f"{VOTABLE}INFO")
    return next((info.get("value") for info in infos if info.get("name") == "QUERY_STATUS"), None)


@given(some([*PARAMETERS, "pos", "MAXREC", "RESPONSEFORMAT", "x"]), st.booleans())
@example([("TARGET", "a\0b")], False)
@example([("ID", "\0")], True)
@example([("POS", "CIRCLE 0.35 0.2 0.1"), ("POS", "POLYGON 0 0 1 0 1 1"), ("BAND", "1e-320 1e308")], False)
@QUICK
def test_image_searches(client: TestClient, pairs: list[tuple[str, str]], post: bool) -> None:
    if post:
        found = client.post("/api/sia/query", data=collected(pairs))
    else:
        found = client.get("/api/sia/query", params=pairs)  # type: ignore[arg-type]
    assert found.status_code in (200, 400), found.text
    if found.headers["content-type"].startswith("application/x-votable+xml"):
        assert told(found.content) in (("OK", "OVERFLOW") if found.status_code == 200 else ("ERROR",))


def collected(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    """What forms are made of."""
    return {name: [value for other, value in pairs if other == name] for name, _ in pairs}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    place = tmp_path_factory.mktemp("catalog") / "repo"
    make_catalog(place, f"sqlite:///{place}.sqlite3")
    with TestClient(create_app(ServerSettings(repositories={"test": str(place)}))) as made:
        yield made


@given(some(["RA", "dec", "SR", "VERB", "MAXREC", "x"]), st.booleans())
@example([("RA", str(CENTER[0])), ("DEC", str(CENTER[1])), ("SR", "180"), ("VERB", "3")], True)
@QUICK
def test_cone_searches(catalog: TestClient, pairs: list[tuple[str, str]], complete: bool) -> None:
    if complete:  # what nobody would come upon by chance
        pairs = [("RA", "0"), ("DEC", "0"), ("SR", "0.1"), *pairs][len(pairs) % 3 :]
    found = catalog.get("/api/scs/cal_ref_cat", params=pairs)  # type: ignore[arg-type]
    assert found.status_code == 200, found.text
    assert ET.fromstring(found.content).tag == f"{VOTABLE}VOTABLE"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    place = tmp_path_factory.mktemp("images") / "repo"
    known = make_sky_images(place)
    with TestClient(create_app(ServerSettings(repositories={"sky": str(place)}, cutout_workers=1))) as made:
        yield SimpleNamespace(client=made, **known)


CUTOUT = ["ID", "CIRCLE", "POLYGON", "pos", "CUTOUTDETAIL", "RESPONSEFORMAT", "FORMAT", "STRETCH", "SCALE", "BAND", "x"]


@given(some(CUTOUT), SHAPES, st.sampled_from(["calexp", "masked", "plain", "notes"]), st.booleans())
@example([], "RANGE -inf +inf -90 90", "calexp", False)
@example([("CUTOUTDETAIL", "Exposure")], "CIRCLE 55.7 -32.3 180", "calexp", True)
@example([("RESPONSEFORMAT", "png")], "POLYGON 55.69 -32.31 55.71 -32.31 55.7 -32.29", "calexp", False)
@example([], "CIRCLE 55.7 -32.3 1e-320", "calexp", False)
@example([], "POLYGON 0 -80 120 -80 240 -80", "calexp", False)
@QUICK
def test_cut_outs(images: SimpleNamespace, pairs: list[tuple[str, str]], pos: str, name: str, post: bool) -> None:
    pairs = [("ID", str(getattr(images, name))), ("POS", pos), *pairs]
    if post:
        found = images.client.post("/api/cutout/sync", data=collected(pairs))
    else:
        found = images.client.get("/api/cutout/sync", params=pairs)
    assert found.status_code in (200, 404, 422), found.text
    if found.status_code != 200:
        assert found.text.startswith(("UsageError: ", "MultiValuedParamNotSupported: ")), found.text
        assert "file:" not in found.text
    elif found.headers["content-type"] == "application/fits":
        with fits.open(io.BytesIO(found.content)) as hdus:
            assert hdus[1].data.size


@given(
    some(["PHASE", "RUNID", "DESTRUCTION", "EXECUTIONDURATION", "ACTION", "WAIT", "ID", "POS"]),
    some(["LAST", "AFTER", "PHASE"]),
)
@example([("DESTRUCTION", "0001-01-01T00:00:00+14:00")], [("AFTER", "9999-12-31T23:59:59-14:00")])
@example([("EXECUTIONDURATION", "9" * 30), ("PHASE", "RUN")], [("LAST", "9" * 30)])
@example([("DESTRUCTION", "0001-01-01"), ("RUNID", "\0")], [("AFTER", "0001-01-01")])
@QUICK
def test_jobs(images: SimpleNamespace, pairs: list[tuple[str, str]], asked: list[tuple[str, str]]) -> None:
    path = "/api/cutout/jobs"
    found = images.client.post(path, data=collected(pairs), follow_redirects=False)
    assert found.status_code in (303, 400, 404), found.text
    if found.status_code == 303:
        job = found.headers["location"].removeprefix("http://testserver")
        assert images.client.get(job).status_code in (200, 404)  # whose time may be over
    found = images.client.get(path, params=asked)
    assert found.status_code in (200, 400), found.text
    if found.status_code == 200:
        assert ET.fromstring(found.content).tag.endswith("}jobs")
