"""Links, cut-outs, image and cone searches as STILTS and its XSDs see them."""

from __future__ import annotations

import pytest
import requests

from support.stilts import lint, lint_votable, validate

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def images(address):
    """Identifiers and links of an image of each kind, kinds in order."""
    query = (
        "SELECT dataproduct_subtype, MIN(obs_publisher_did) AS did, MIN(access_url) AS links FROM ivoa.ObsCore "
        "GROUP BY dataproduct_subtype ORDER BY dataproduct_subtype"
    )
    found = requests.get(f"{address}/api/tap/sync", params={"QUERY": query, "FORMAT": "json"}, timeout=60).json()
    assert len(found["data"]) >= 3
    return {kind: (did, links) for kind, did, links in found["data"]}


@pytest.fixture(scope="module")
def catalogs(address):
    """Names of reference catalogs; none in a repository that has none."""
    query = "SELECT table_name FROM tap_schema.tables WHERE schema_name = 'refcat'"
    found = requests.get(f"{address}/api/tap/sync", params={"QUERY": query, "FORMAT": "json"}, timeout=60).json()
    return [name.partition(".")[2] for (name,) in found["data"]]


def check(found: requests.Response, folder, status: int = 200) -> None:
    """Neither of both validators may find anything in a VOTable."""
    assert found.status_code == status, found.text[:500]
    assert found.headers["content-type"].startswith("application/x-votable+xml")
    (folder / "answer.vot").write_bytes(found.content)
    assert lint_votable(folder / "answer.vot") == []
    assert validate(found.content, folder) == []


# ---------------------------------------------------------------------- links
def test_links_of_every_kind_of_image_are_good(address, images, tmp_path):
    for _, links in images.values():
        assert lint("datalinklint", f"votable={links}")[0] == []
        check(requests.get(links, timeout=60), tmp_path)


def test_links_of_several_and_of_wrong_identifiers_are_good(address, images, tmp_path):
    several = [did for did, _ in images.values()]
    unknown = "butler://demo/00000000-0000-0000-0000-000000000000"
    for identifiers in (several, [*several, "no <&> identifier", unknown], [unknown], []):
        asked = requests.Request("GET", f"{address}/api/datalink/links", params={"ID": identifiers}).prepare()
        assert lint("datalinklint", f"votable={asked.url}")[0] == []
        check(requests.get(str(asked.url), timeout=60), tmp_path)


def test_datalinklint_would_complain(address, images, tmp_path):
    content = requests.get(next(iter(images.values()))[1], timeout=60).text
    for right, wrong in (("#this", "#tihs"), ('name="error_message"', 'name="error"')):
        assert right in content
        (tmp_path / "wrong.vot").write_text(content.replace(right, wrong))
        assert lint("datalinklint", f"votable={tmp_path / 'wrong.vot'}")[0] != [], wrong


# ------------------------------------------------------------------- searches
@pytest.mark.parametrize(
    "asked, status",
    [
        ({"MAXREC": "0"}, 200),
        ({"MAXREC": "3"}, 200),
        ({"RESPONSEFORMAT": "votable/td", "CALIB": "2"}, 200),
        ({"POS": "CIRCLE 1 2 0.0001", "BAND": "1e-12 2e-12"}, 200),
        ({"POS": "CIRCLE <&> 2 3"}, 400),
        ({"MAXREC": "-1"}, 400),
    ],
)
def test_image_searches_are_good(address, asked, status, tmp_path):
    check(requests.get(f"{address}/api/sia/query", params=asked, timeout=60), tmp_path, status)


@pytest.mark.parametrize(
    "asked",
    [
        {"RA": "55.7", "DEC": "-32.3", "SR": "0.2", "VERB": "1"},
        {"RA": "55.7", "DEC": "-32.3", "SR": "0.2"},
        {"RA": "55.7", "DEC": "-32.3", "SR": "0.2", "VERB": "3", "MAXREC": "2"},
        {"RA": "55.7", "DEC": "-32.3", "SR": "0"},
        {"RA": "<&>", "DEC": "-32.3", "SR": "1"},
        {},
    ],
)
def test_cone_searches_are_good(address, catalogs, asked, tmp_path):
    for catalog in catalogs:
        check(requests.get(f"{address}/api/scs/{catalog}", params=asked, timeout=60), tmp_path)
    check(requests.get(f"{address}/api/scs/nothing", params={"RA": 1, "DEC": 2, "SR": 1}, timeout=60), tmp_path, 404)


# ------------------------------------------------------------------ documents
SERVICES = ("tap", "datalink", "cutout", "sia", "scs/any")


@pytest.mark.parametrize("service", SERVICES)
def test_what_services_tell_of_themselves_is_valid(address, service, tmp_path):
    (label,) = requests.get(f"{address}/health", timeout=60).json()["repositories"]
    place = f"{address}/repo/{label}/api/{service}"
    for document in ("capabilities", "availability"):
        found = requests.get(f"{place}/{document}", timeout=60)
        assert found.status_code == 200
        assert found.headers["content-type"].startswith("text/xml")
        assert validate(found.content, tmp_path) == []
        assert document != "capabilities" or f">{place}/availability<" in found.text


def test_the_schemas_would_complain(address, tmp_path):
    content = requests.get(f"{address}/api/cutout/capabilities", timeout=60).content
    for right, wrong in ((b"accessURL", b"accessUrl"), (b'use="full"', b'use="some"'), (b"vs:ParamHTTP", b"vs:Param")):
        assert right in content
        assert validate(content.replace(right, wrong), tmp_path) != [], wrong


# ----------------------------------------------------------------------- jobs
def test_jobs_of_cutouts_are_valid_from_beginning_to_end(address, images, tmp_path):
    """A repository without pixels has jobs that fail; their documents are to be as good."""
    did = images[max(images)][0]
    place = f"{address}/api/cutout/jobs"
    assert validate(requests.get(place, timeout=60).content, tmp_path) == []
    asked = {"ID": did, "CIRCLE": "55.7 -32.3 0.01", "RUNID": "<1>"}
    job = requests.post(place, data=asked, timeout=60).url
    for phase in (None, "RUN"):
        if phase is not None:
            requests.post(f"{job}/phase", data={"PHASE": phase}, timeout=60)
            for waited in ("QUEUED", "EXECUTING"):
                requests.get(job, params={"WAIT": "20", "PHASE": waited}, timeout=60)
        for end in ("", "/parameters", "/results"):
            assert validate(requests.get(f"{job}{end}", timeout=60).content, tmp_path) == []
    assert requests.get(f"{job}/phase", timeout=60).text in ("COMPLETED", "ERROR")
    aborted = requests.post(place, data=asked, timeout=60).url
    requests.post(f"{aborted}/phase", data={"PHASE": "ABORT"}, timeout=60)
    assert validate(requests.get(aborted, timeout=60).content, tmp_path) == []
    assert validate(requests.get(place, params={"PHASE": "ABORTED", "LAST": "2"}, timeout=60).content, tmp_path) == []
