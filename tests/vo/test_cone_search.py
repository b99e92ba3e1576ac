from __future__ import annotations

import io

import pytest
from astropy.io.votable import parse

from skybutler import Butler
from skybutler.errors import ParameterError
from skybutler.vo.cone_search import ConeSearch, cone_error
from skybutler.vo.reference_tables import ShardCache, reference_catalogs
from support.reference_catalog import make_catalog


@pytest.fixture(scope="module")
def catalog(tmp_path_factory):
    place = tmp_path_factory.mktemp("cone")
    make_catalog(place / "repo", f"sqlite:///{place / 'registry.sqlite3'}")
    with Butler(place / "repo") as butler:
        yield next(reference_catalogs(butler, ShardCache()))


def table(search, catalog):
    # UCDs are those of the standard's time, which no check of today knows
    return parse(io.BytesIO(b"".join(search.document(catalog))), verify="ignore").get_first_table()


def test_columns_are_those_that_the_verbosity_asks_for(catalog):
    names = [
        [f.name for f in table(ConeSearch.of("359.9", "-0.1", "0.1", verbosity, 10), catalog).fields]
        for verbosity in ("1", "", "3")
    ]
    assert names[0] == ["id", "coord_ra", "coord_dec"]
    assert names[1] == [*names[0], "r_flux"]
    assert set(names[2]) == {*names[1], "r_fluxErr", "resolved"}
    found = table(ConeSearch.of("359.9", "-0.1", "0.1", "1", 10), catalog)
    assert [f.ucd for f in found.fields] == ["ID_MAIN", "POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN"]
    assert str(found.array["id"][0]).isdecimal()


def test_a_radius_of_zero_asks_for_the_columns(catalog):
    found = table(ConeSearch.of("359.9", "-0.1", "0", None, 10), catalog)
    assert (len(found.fields), len(found.array)) == (4, 0)


@pytest.mark.parametrize(
    "given, message",
    [
        ((None, "1", "1", None), "There is no RA"),
        (("1", " ", "1", None), "There is no DEC"),
        (("1", "x", "1", None), "DEC is no number: 'x'"),
        (("1", "91", "1", None), "DEC must be -90 to 90 degrees, not 91"),
        (("361", "1", "1", None), "RA must be"),
        (("nan", "1", "1", None), "RA must be"),
        (("1", "1", "inf", None), "SR must be"),
        (("1", "1", "-1", None), "SR must be"),
        (("1", "1", "1", "4"), "VERB is 1, 2 or 3"),
    ],
)
def test_what_is_wrong_is_told(given, message):
    ra, dec, radius, verbosity = given
    with pytest.raises(ParameterError, match=message):
        ConeSearch.of(ra, dec, radius, verbosity, 10)


def test_errors_are_told_as_old_clients_expect_it():
    infos = parse(io.BytesIO(cone_error("no <way>")), verify="exception").resources[0].infos
    assert ("Error", "no <way>") in [(info.name, info.value) for info in infos]
