"""The page says what is recorded, and its plot is the same for the same figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import growth
import report
from headers import ROWS as HEADER_ROWS
from recorded import load_recorded
from rows import ROWS
from section import Section


def _row(seconds: float, **more: Any) -> dict[str, Any]:
    return {"cpu": seconds, "server": 0.0, "wall": 2 * seconds, "n": 1, "results": None, "peak_mb": 50} | more


def _case(ours: float, peer: float) -> dict[str, Any]:
    return {
        "versions": {"skybutler": "1", "commit": "abc+", "cores": "2"},
        "ours": {"put": _row(ours), "count": _row(0.1, results=7)},
        "peer": {"put": _row(peer, peak_mb=90), "count": _row(0.1, results=8)},
        "floor": {"put": _row(ours / 4)},
        "right": {"count": 7},
    }


FEW = {"cases": {"sqlite:100": _case(0.001, 0.007), "sqlite:1000": _case(0.002, 0.007)}}


def test_a_section_is_a_heading_lines_and_a_table() -> None:
    text = Section("T", ["one"], ["a", "b"], [["1", "2"]], ["last"]).text()
    assert text == "## T\n\none\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\nlast\n"


def test_cases_name_commit_ratio_floor_and_memory() -> None:
    first, memory, *_ = report.cases(FEW)
    assert "skybutler 1 (abc+)" in first.lines[0]
    (put,) = (row for row in first.rows if row[0].startswith("put a small"))
    assert put[1:] == ["1 ms", "2 ms", "7 ms", "14 ms", "250 µs", "4", "7", "6", "yes"]
    assert ["put and get", "50 MB", "90 MB"] in [list(row) for row in memory.rows]


def test_wrong_answers_are_told() -> None:
    first, *_ = report.cases(FEW)
    assert "- count all raws: 7 is right, peer says 8." in first.after


def test_missed_targets_are_explained() -> None:
    missed = {"cases": {"postgresql:100": _case(0.002, 0.007)}}
    first, *_ = report.cases(missed)
    assert first.after[:2] == ["Not met:\n", *(line for line in first.after if line.startswith("- put a small"))]
    assert "3.5 instead of 6: two thirds of it is the client's" in first.after[1]
    sections = [s for part in report.PARTS for s in part(load_recorded())]
    assert not [line for s in sections for line in s.after if "not explained" in line]


def test_growth_of_what_should_be_constant() -> None:
    (grown,) = report.growth(FEW)
    assert [row[1:] for row in grown.rows] == [["2.00", "1.00"]]


def test_what_is_recorded_is_on_the_page() -> None:
    page = (Path(report.__file__).parent / "RESULTS.md").read_text("utf-8")
    titles = [section.title for part in report.PARTS for section in part(load_recorded())]
    missing = [title for title in titles if f" {title}\n" not in page]
    assert missing == [], "Say: make bench BENCH_ARGS=--only-report"


def test_headers_have_their_limits_beside_them() -> None:
    plain = dict.fromkeys(HEADER_ROWS, 10.0) | {"scaling": 1.95}
    (section,) = report.headers({"headers": {"plain": plain}})
    assert section.rows[-1][1:] == ["1.95"]
    assert not list(report.headers({}))


def test_equal_figures_make_equal_plots(tmp_path: Path) -> None:
    assert growth.draw(FEW, tmp_path / "a.svg")
    assert growth.draw(FEW, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_one_size_makes_no_plot(tmp_path: Path) -> None:
    assert not growth.draw({"cases": {"sqlite:100": FEW["cases"]["sqlite:100"]}}, tmp_path / "a.svg")


def test_dp02_continues_our_lines() -> None:
    dp02 = {"sqlite:19852": {"visits": 19852, "full": {"put": {"n": 1, "cpu": 0.003, "server": 0.0}}}}
    (put,) = (row for row in ROWS if row.key == "put")
    found = growth.lines(put, FEW | {"dp02": dp02})
    assert found["ours", "sqlite"] == [(100, 0.001), (1000, 0.002), (19852, 0.003)]
    assert found["peer", "sqlite"] == [(100, 0.007), (1000, 0.007)]
