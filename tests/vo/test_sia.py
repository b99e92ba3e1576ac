from __future__ import annotations

import io
import math

import pytest
from astropy.io.votable import parse
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skybutler.errors import ParameterError
from skybutler.vo.adql import TapTables, translate
from skybutler.vo.obscore import FIELDS, obscore_table
from skybutler.vo.sia import PARAMETERS, STANDARD, self_description, sia_query

TABLES = TapTables([obscore_table()])


def found(observations, **given):
    parameters = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
    return observations(sia_query(parameters))


def all_rows(observations):
    return observations("SELECT * FROM ivoa.ObsCore")


def test_ranges_are_closed_open_ended_and_alternatives(observations):
    rows = [row for row in all_rows(observations) if row["em_min"] is not None]

    def expected(low, high):
        return sum(row["em_max"] >= low and row["em_min"] <= high for row in rows)

    assert 0 < expected(5e-7, 5.1e-7) < len(rows)
    for text, low, high in [
        ("5e-7 5.1e-7", 5e-7, 5.1e-7),
        ("5e-7", 5e-7, 5e-7),
        ("-Inf 5e-7", -math.inf, 5e-7),
        ("6e-7 +Inf", 6e-7, math.inf),
        ("-Inf Inf", -math.inf, math.inf),
    ]:
        assert len(found(observations, BAND=text)) == expected(low, high), text
    assert len(found(observations, BAND=["-Inf 5e-7", "6e-7 Inf"])) == len(rows)
    times = [row for row in all_rows(observations) if row["t_min"] is not None]
    middle = sorted(row["t_min"] for row in times)[len(times) // 2]
    assert len(found(observations, TIME=f"{middle!r}")) == sum(
        row["t_min"] <= middle <= row["t_max"] for row in times if row["t_max"] is not None
    )


def test_all_conditions_must_hold(observations):
    rows = all_rows(observations)
    columns = {
        "TARGET": "target_name",
        "INSTRUMENT": "instrument_name",
        "DPSUBTYPE": "dataproduct_subtype",
        "ID": "obs_publisher_did",
        "COLLECTION": "obs_collection",
        "FORMAT": "access_format",
    }
    for name, column in columns.items():
        value = next(row[column] for row in rows if row[column])
        assert len(found(observations, **{name: value})) == sum(row[column] == value for row in rows) > 0
    both = found(observations, CALIB=["1", "2"], INSTRUMENT="Cam", EXPTIME="10 20")
    assert both
    assert {(row["calib_level"], row["t_exptime"]) for row in both} == {(1, 15.5), (2, 15.5)}
    assert found(observations, TARGET="o'brien; DROP TABLE dataset -- ?") == []
    assert len(found(observations, TARGET="", CALIB=[" "])) == len(rows)


def test_positions_of_every_form_find_what_their_region_overlaps(observations):
    point = observations("SELECT obs_id FROM ivoa.ObsCore WHERE 1 = CONTAINS(POINT(0.35, 0.2), s_region)")
    assert len(found(observations, POS="CIRCLE 0.35 0.2 0")) == len(point) > 0
    polygon = found(observations, POS="POLYGON 0.3 0.1 0.4 0.1 0.4 0.3 0.3 0.3")
    assert len(found(observations, POS="RANGE 0.3 0.4 0.1 0.3")) == len(polygon) >= len(point)
    regions = sum(row["s_region"] is not None for row in all_rows(observations))
    assert len(found(observations, POS="range -Inf +Inf -Inf +Inf")) == regions
    far = found(observations, POS="CIRCLE 180 89.6 0.1")
    two = found(observations, POS=["CIRCLE 180 89.6 0.1", "CIRCLE 0.35 0.2 0"])
    assert len(two) == len(far) + len(point)


@pytest.mark.parametrize(
    "name, value",
    [
        ("POS", "CIRCLE 1 2"), ("POS", "CIRCLE 1 95 1"), ("POS", "CIRCLE nan 2 1"), ("POS", "SQUARE 1 2 3"),
        ("POS", "POLYGON 1 1 1 1 1 1"), ("POS", "POLYGON 0 0 2 2 2 0 0 2"), ("POS", "CIRCLE 1 2 3') = 1 OR (1"),
        ("BAND", "1 2 3"),
        ("BAND", "red"), ("BAND", "2 1"), ("TIME", "NaN"), ("TIME", "Inf Inf"), ("CALIB", "7"),
        ("CALIB", "1 OR 1=1"), ("POL", "Z"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_the_name_of_the_parameter(name, value):
    with pytest.raises(ParameterError, match=f"^{name}: "):
        sia_query({name: [value]})


def test_there_can_be_too_many_values():
    assert translate(sia_query({"TARGET": [str(i) for i in range(100)]}), TABLES, "sqlite").parameters
    with pytest.raises(ParameterError, match="101 values"):
        sia_query({"TARGET": [str(i) for i in range(101)]})


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(PARAMETERS)), st.lists(st.text(max_size=20), max_size=2), max_size=3))
@example({"TARGET": ["a\\'", "?", "\x00"], "ID": ["bound_text_0_"], "BAND": ["1e999"]})
def test_any_text_is_a_query_or_refused(given):
    try:
        adql = sia_query(given)
    except ParameterError:
        return
    for dialect in ("sqlite", "postgres"):
        sql = translate(adql, TABLES, dialect)
        assert sql.sql.count("?") == len(sql.parameters)


def test_the_service_describes_itself():
    document = b"".join(self_description("https://x.example/api/sia/query", {"request": "a&b"}, 10, 100))
    votable = parse(io.BytesIO(document), verify="exception")
    results, service = votable.resources
    assert [info.value for info in results.infos] == ["OK", "a&b", "OVERFLOW"]
    assert [field.name for field in results.tables[0].fields] == [field.name for field in FIELDS]
    assert len(results.tables[0].array) == 0
    assert (service.utype, service.params[0].value) == ("adhoc:service", STANDARD)
    (group,) = service.groups
    assert {p.name for p in group.entries} == {*PARAMETERS, "MAXREC", "RESPONSEFORMAT"}
