"""The peer of our services has our rows, and answers what we answer; or the benchmark says that it does not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pytest

import dachs
import vo
from vo_server import rate
from vo_survey import make_repository


def test_regions_are_polygons_of_pgsphere() -> None:
    rows = pa.record_batch({"s_region": ["POLYGON ICRS 1.0 -2.5 3.0 -2.5 2.0 4.0", None], "obs_id": ["a", "b"]})
    assert dachs.as_spoly(rows).to_pydict() == {
        "s_region": ["{(1.0d,-2.5d),(3.0d,-2.5d),(2.0d,4.0d)}", None],
        "obs_id": ["a", "b"],
    }


def test_other_answers_are_not_compared() -> None:
    vo.same({"count": [3]}, {"count": [3]})
    with pytest.raises(RuntimeError, match="groups"):
        vo.same({"count": [3], "groups": [["1", "a"]]}, {"count": [3], "groups": [["2", "a"]]})


@pytest.mark.slow
@pytest.mark.timeout(600)  # it makes a data centre
@pytest.mark.skipif(not dachs.installed(), reason=f"DaCHS is not installed: {dachs.INSTALL}")
def test_dachs_answers_what_we_answer(tmp_path: Path) -> None:
    temporary = Path(tempfile.gettempdir())
    owner = temporary.stat().st_uid
    make_repository(tmp_path / "repository", visits=2, tracts=1)
    with vo.beside(tmp_path / "repository", tmp_path) as server:  # fails unless all answers agree
        assert dachs.version(server)[0].isdigit()
        assert rate(server, vo.anywhere(server), 2, 0.1).per_second > 0
        assert temporary.stat().st_uid == owner  # only the private server's folder in it changes hands
