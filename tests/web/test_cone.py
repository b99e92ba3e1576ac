from __future__ import annotations

import numpy as np
import pytest
import pyvo
import requests
from astropy import units as u
from astropy.coordinates import SkyCoord

from support.postgres import fresh_database
from support.reference_catalog import CENTER, make_catalog
from support.server import serve


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def served(request, tmp_path_factory):
    """Address of a server of a repository with a reference catalog, and its sources."""
    place = tmp_path_factory.mktemp("cone")
    if request.param == "sqlite":
        sources = make_catalog(place / "repo", f"sqlite:///{place / 'registry.sqlite3'}")
        with serve({"test": str(place / "repo")}) as address:
            yield address, sources
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        sources = make_catalog(place / "repo", url)
        with serve({"test": str(place / "repo")}) as address:
            yield address, sources


def near(sources, radius):
    ids, ra, dec = sources
    return ids[SkyCoord(*CENTER, unit="deg").separation(SkyCoord(ra, dec, unit="deg")).deg <= radius]


def test_pyvo_searches_a_cone(served):
    address, sources = served
    with requests.Session() as session:
        for prefix in ("", "/repo/test"):
            service = pyvo.dal.SCSService(f"{address}{prefix}/api/scs/cal_ref_cat", session=session)
            found = service.search(pos=SkyCoord(*CENTER, unit="deg"), radius=0.3 * u.deg)
            assert sorted(int(record.id) for record in found) == sorted(near(sources, 0.3).tolist())
            assert found[0].pos.separation(SkyCoord(*CENTER, unit="deg")) < 0.3 * u.deg
        service = pyvo.dal.SCSService(f"{address}/api/scs/cal_ref_cat", session=session)
        everything = service.search(pos=CENTER, radius=0.1, verbosity=3)
        assert "resolved" in everything.fieldnames
        with pytest.raises(pyvo.DALQueryError, match="SR must be 0 to 180"):
            service.search(pos=CENTER, radius=200)


def test_pyvo_asks_the_catalog_in_adql(served):
    address, sources = served
    with requests.Session() as session:
        service = pyvo.dal.TAPService(f"{address}/api/tap", session=session)
        ra, dec = CENTER
        found = service.search(
            "SELECT id, coord_ra, r_flux FROM refcat.cal_ref_cat "
            f"WHERE 1 = CONTAINS(POINT(coord_ra, coord_dec), CIRCLE({ra}, {dec}, 0.3)) AND r_flux IS NOT NULL"
        )
        bright = [i for i in near(sources, 0.3).tolist() if (i - 1_000_000_000_000) % 10]
        assert sorted(np.asarray(found["id"]).tolist()) == sorted(bright)
        assert {"refcat.cal_ref_cat", "butler.visit", "butler.patch"} <= set(service.tables.keys())


def test_statuses(served):
    address, _ = served
    with requests.Session() as session:
        place = f"{address}/api/scs/cal_ref_cat"
        assert session.get(place, params={"RA": "x"}).status_code == 200
        overflow = session.get(place, params={"ra": CENTER[0], "dec": CENTER[1], "sr": 1, "maxrec": 3})
        assert 'value="OVERFLOW"' in overflow.text
        assert overflow.text.count("<TR>") == 3
        missing = session.get(f"{address}/api/scs/cal_ref_ca", params={"RA": 1, "DEC": 1, "SR": 1})
        assert missing.status_code == 404
        assert "cal_ref_cat" in missing.text
        assert "ConeSearch" in session.get(f"{place}/capabilities").text
        assert b"available>true<" in session.get(f"{place}/availability").content
