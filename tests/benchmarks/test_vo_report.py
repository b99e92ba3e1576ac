"""Promises are kept or not by what passed, beside the peer's figures."""

from __future__ import annotations

import vo_report
import vo_rows

FIGURES = {
    "point, six coadds": {"wall": 6.0, "p95": 9.0, "cpu": 2.5},
    "tract, patch, band": {"wall": 2.0, "p95": 3.0, "cpu": 1.5},
    "points, 16 clients": {"per_second": 299, "cpu": 2.0, "wall": 30.0, "p95": 50.0},
    "rows as BINARY2": {"per_second": 120_000, "cpu": 0.009},
}


def _met(images: int) -> dict[str, str]:
    return {cells[0]: cells[-1] for cells in vo_rows.shown(FIGURES, images, {})}


def test_promises_depend_on_the_size() -> None:
    assert _met(500_178) == {
        "point, six coadds": "no", "tract, patch, band": "yes", "points, 16 clients": "no", "rows as BINARY2": "yes",
    }  # fmt: skip
    assert _met(8_478_246) == dict.fromkeys(FIGURES, "") | {"point, six coadds": "yes"}


def test_small_repositories_come_first() -> None:
    case = {"load": 0.1, "figures": FIGURES}
    recorded = {
        "vo": {
            "sqlite:8478246": case | {"images": 8_478_246},
            "postgresql:500178": case | {"images": 500_178},
            "sqlite:500178": case | {"images": 500_178},
        }
    }
    first, second, third = vo_report.vo(recorded)
    assert [s.title.partition(" rows")[0] for s in (first, second, third)] == [
        "SQLite, 500,178", "PostgreSQL, 500,178", "SQLite, 8,478,246",
    ]  # fmt: skip
    assert first.rows[0] == ["point, six coadds", "6 ms", "9 ms", "2.5 ms", "", "", "5 ms", "no"]
    assert first.rows[3] == ["rows as BINARY2", "120,000/s", "", "9 µs", "", "", "100,000/s", "yes"]
    assert "DaCHS was not asked" in first.lines[0]
    assert len(first.lines[0]) > 5 * len(third.lines[0])


def test_the_peer_is_beside_ours_with_what_lies_between() -> None:
    ours = {
        "count": {"wall": 25.0},
        "count, from a snapshot": {"wall": 2.5},
        "points, 1 client": {"per_second": 700, "wall": 1.4},
        "rows as Arrow": {"per_second": 9_000},
    }
    peers = {"count": {"wall": 50.0}, "points, 1 client": {"per_second": 6.9, "wall": 140.0}}
    case = {"images": 500_178, "load": 0.1, "figures": ours, "peer": {"version": "2.7", "figures": peers}}
    (section,) = vo_report.vo({"vo": {"sqlite:500178": case}})
    assert {cells[0]: cells[4:6] for cells in section.rows} == {
        "count": ["50 ms", "2"],
        "count, from a snapshot": ["50 ms", "20"],
        "points, 1 client": ["6.9/s", "100"],
        "rows as Arrow": ["", ""],
    }
    assert "DaCHS 2.7 was asked in the same run" in section.lines[0]
