"""A server that many clients ask at once gives each what one alone gets, and keeps nothing of those that are gone."""

from __future__ import annotations

from pathlib import Path

import pytest

import cutout_service
import vo_load


def test_many_clients_at_once_get_what_one_alone_gets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutout_service, "SIDE", 1_000)
    found = vo_load.measure(tmp_path, visits=3, tracts=2, seconds=10, workers=2, clients=64)
    assert found.wrong == {}
    assert found.left == {"jobs": 0, "folders": 0, "connections": 0}
    assert set(found.times) == {kind.__name__.strip("_") for kind in vo_load.KINDS}
    before, after, peak = found.megabytes()
    assert after < 1.5 * before
    assert peak < 3_000
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log


def test_what_is_not_right_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that compare nothing would be content with everything."""
    monkeypatch.setattr(cutout_service, "SIDE", 1_000)
    prepare = vo_load.prepare

    def wrong(*args: object) -> vo_load.Known:
        known = prepare(*args)  # type: ignore[arg-type]
        for answers in (known.points, known.tables, known.jobs, known.cutouts):
            answers.update(dict.fromkeys(answers, "wrong"))
        known.links.update(dict.fromkeys(known.links, -1))
        return known

    monkeypatch.setattr(vo_load, "prepare", wrong)
    found = vo_load.measure(tmp_path, visits=1, tracts=1, seconds=3, workers=1, clients=30)
    assert {text.partition(":")[0] for text in found.wrong} >= {"points", "tables", "cutouts", "links", "jobs"}
