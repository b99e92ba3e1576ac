from __future__ import annotations

import io

import matplotlib.image
import pytest
import requests
from astropy.io.votable import parse

from support.server import serve
from support.sky_images import make_sky_images


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    place = tmp_path_factory.mktemp("previews") / "repo"
    known = make_sky_images(place)
    with serve({"sky": str(place)}, cutout_workers=1) as address, requests.Session() as session:
        yield address, session, known


@pytest.fixture(scope="module")
def url(served):
    """Address of a preview."""
    address, session, known = served
    found = session.get(f"{address}/api/datalink/links", params={"ID": str(known["calexp"])})
    table = parse(io.BytesIO(found.content)).get_first_table().to_table()
    (row,) = (row for row in table if row["semantics"] == "#preview")
    return row["access_url"]


def test_links_have_a_picture_of_the_whole_image(served, url):
    _, session, _ = served
    picture = session.get(url)
    assert picture.headers["content-type"] == "image/png"
    pixels = matplotlib.image.imread(io.BytesIO(picture.content))
    assert max(pixels.shape[:2]) <= 1024
    assert pixels[..., 0].std() > 0.01


def test_pictures_need_a_good_link(served):
    address, session, _ = served
    assert session.get(f"{address}/api/preview/forged.png").status_code == 403


def test_a_picture_that_the_client_has_is_not_made(served, url):
    _, session, _ = served
    picture = session.get(url)
    for method in ("GET", "HEAD"):
        again = session.request(method, url, headers={"If-None-Match": picture.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert all(again.headers[name] == picture.headers[name] for name in ("etag", "cache-control"))
    assert session.get(url, headers={"If-None-Match": '"other"'}).content == picture.content
