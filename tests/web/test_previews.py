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


def test_links_have_a_picture_of_the_whole_image(served):
    address, session, known = served
    found = session.get(f"{address}/api/datalink/links", params={"ID": str(known["calexp"])})
    table = parse(io.BytesIO(found.content)).get_first_table().to_table()
    (row,) = (row for row in table if row["semantics"] == "#preview")
    picture = session.get(row["access_url"])
    assert picture.headers["content-type"] == "image/png"
    pixels = matplotlib.image.imread(io.BytesIO(picture.content))
    assert max(pixels.shape[:2]) <= 1024
    assert pixels[..., 0].std() > 0.01


def test_pictures_need_a_good_link(served):
    address, session, _ = served
    assert session.get(f"{address}/api/preview/forged.png").status_code == 403
