"""Promises are kept or not by what passed, beside the peer's figures."""

from __future__ import annotations

import vo
import vo_report

FIGURES = {
    "point, six coadds": {"wall": 6.0, "p95": 9.0, "cpu": 2.5},
    "tract, patch, band": {"wall": 2.0, "p95": 3.0, "cpu": 1.5},
    "points, 16 clients": {"per_second": 299, "cpu": 2.0, "wall": 30.0, "p95": 50.0},
    "rows as BINARY2": {"per_second": 120_000, "cpu": 0.009},
}


def _met(images: int) -> dict[str, str]:
    return {cells[0]: cells[-1] for cells in vo.shown(FIGURES, images)}


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
    assert first.rows[0] == ["point, six coadds", "6 ms", "9 ms", "2.5 ms", "62 ms", "5 ms", "no"]
    assert first.rows[3] == ["rows as BINARY2", "120,000/s", "", "9 µs", "12,000/s", "100,000/s", "yes"]
    assert len(first.lines[0]) > 5 * len(third.lines[0])
