"""The fluent query: each step a new object, the same answers as the plain methods."""

from __future__ import annotations

import pytest

from skybutler import Butler
from skybutler.errors import InvalidQueryError
from support.world import World


def test_steps_add_up_and_leave_the_one_before(world: World, butler: Butler) -> None:
    with butler.query() as query:
        cam = query.where(instrument="Cam")
        late = cam.where("visit > low OR visit = 10", bind={"low": 11}).where("visit < 20")
        assert [d["visit"] for d in late.order_by("-visit").data_ids("visit")] == [14, 13, 12, 10]
        assert [d["visit"] for d in late.order_by("visit").limit(1).data_ids("visit")] == [10]
        assert cam.data_ids("visit").count() == 6
        assert query.data_ids("instrument").count() == 2


def test_datasets_and_records(world: World, butler: Butler) -> None:
    query = butler.query().where({"instrument": "Cam", "detector": 1})
    assert query.datasets("calexp", "run/b").count() == 3
    assert query.datasets("calexp", ["run/a", "run/b"], find_first=False).count() == 7
    assert [r.full_name for r in query.dimension_records("detector")] == ["R0_S1"]


def test_a_dataset_search_restricts_data_ids(world: World, butler: Butler) -> None:
    query = butler.query().where(instrument="Cam").join_dataset_search("calexp", "run/b")
    assert {(d["visit"], d["detector"]) for d in query.data_ids(["visit", "detector"])} == {
        (v, d) for v in (11, 12, 20) for d in (0, 1)
    }
    with pytest.raises(InvalidQueryError):
        query.datasets("raw", "run/a")


def test_joined_dimensions_restrict_by_the_sky(world: World, butler: Butler) -> None:
    query = butler.query().where(instrument="Cam", skymap="Map").join_dimensions("tract")
    assert 14 not in {d["visit"] for d in query.data_ids("visit")}
    assert 10 in {d["visit"] for d in query.data_ids("visit")}
