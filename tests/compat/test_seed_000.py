"""The acceptance notebook on image metadata runs unchanged, and prints what it printed, on a small repository."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler import Butler
from support.dp02 import DETECTOR, ELSEWHERE, METADATA_TASKS, OVERLAPPING, PATCH, TRACT, dc2_sky_map, make_dp02
from support.seeds import Cell, notebook_cells

NOTEBOOK = "seeds/000_image_metadata_access.txt"
VERTEX = re.compile(r"UnitVector3d\(([-\d.]+), ([-\d.]+), ([-\d.]+)\)")

# What a notebook does: cells in one namespace, the value of a last expression shown.
RUN_CELLS = """
import ast, contextlib, io, json, sys
space, shown = {"__name__": "__main__"}, {}
for number, source in json.load(open(sys.argv[1])):
    tree = ast.parse(source)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(tree, f"cell {number}", "exec"), space)
        value = eval(compile(last, f"cell {number}", "eval"), space) if last else None
        if value is not None:
            print(repr(value))
    shown[number] = output.getvalue()
json.dump(shown, sys.stdout)
"""


@pytest.fixture(scope="module")
def cells(shared: Path) -> list[Cell]:
    return notebook_cells(shared / NOTEBOOK)


def _run(cells: list[Cell], folder: Path, repository: Path) -> dict[str, str]:
    (folder / "run_cells.py").write_text(RUN_CELLS)
    (folder / "cells.json").write_text(json.dumps([(c.number, c.source) for c in cells]))
    (folder / "index.yaml").write_text(f"dp02: {repository}\n")
    done = subprocess.run(
        [sys.executable, "-m", "skybutler.compat", "run_cells.py", "cells.json"],
        cwd=folder,
        env={"DAF_BUTLER_REPOSITORY_INDEX": str(folder / "index.yaml"), "MPLBACKEND": "agg", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, str] = json.loads(done.stdout)
    return shown


@pytest.fixture(scope="module", params=[1, 8], ids="universe-{}".format)
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """Version of the dimensions (the notebook's, and today's) and root of a repository."""
    root = tmp_path_factory.mktemp("dp02") / "repo"
    make_dp02(root, request.param)
    return request.param, root


@pytest.fixture(scope="module")
def shown(
    cells: list[Cell], repository: tuple[int, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, dict[str, str]]:
    """Version of the dimensions and what each cell printed."""
    return repository[0], _run(cells, tmp_path_factory.mktemp("notebook"), repository[1])


def _was_shown(cells: list[Cell], number: str) -> str:
    return next(c.shown for c in cells if c.number == number)


def _fields(record: str) -> list[str]:
    return re.findall(r"^ *(\w+):", record, flags=re.MULTILINE)


def test_thirteen_cells_are_run(cells: list[Cell], shown: tuple[int, dict[str, str]]) -> None:
    assert list(shown[1]) == [str(n) for n in range(1, 14)]
    assert [c.number for c in cells if not c.source] == []


def test_calexps_of_the_patch_are_those_of_the_notebook(cells: list[Cell], shown: tuple[int, dict[str, str]]) -> None:
    expected = re.findall(r"^\{.*\}$", _was_shown(cells, "4"), flags=re.MULTILINE)
    assert len(expected) == len(OVERLAPPING)
    if shown[0] == 8:  # the preferred visit system is known of the instrument since, and the day has become a dimension
        expected = [
            line.replace(", visit_system: 1", "").replace(", detec", ", day_obs: 20261013, detec") for line in expected
        ]
    assert sorted(shown[1]["4"].splitlines()) == sorted(expected)


def test_patches_overlap_the_detector(cells: list[Cell], shown: tuple[int, dict[str, str]]) -> None:
    records = re.split(r"^(?=patch:)", shown[1]["7"], flags=re.MULTILINE)[1:]
    printed = re.split(r"^(?=patch:)", _was_shown(cells, "7"), flags=re.MULTILINE)[1]
    assert 4 <= len(records) <= 16, "the limit of cell 6 must not change the original"
    assert [_fields(r) for r in records] == [_fields(printed)] * len(records)
    assert any("tract: 3828\n  id: 42\n" in r for r in records)
    assert all(len(VERTEX.findall(r)) == 4 for r in records)


def test_visit_and_detector_records_have_the_printed_form(cells: list[Cell], shown: tuple[int, dict[str, str]]) -> None:
    visit, printed = shown[1]["8"], _was_shown(cells, "8")
    assert visit.count("visit:\n") == 1
    if shown[0] == 1:
        assert _fields(visit) == [*_fields(printed), "timespan"]
        before_region = printed.partition("  region")[0]
        assert visit.partition("  region")[0] == before_region
    assert shown[1]["9"].strip() == "\n".join(_was_shown(cells, "9").splitlines()[:7]).strip()


def test_metadata_types_are_counted_and_printed(cells: list[Cell], shown: tuple[int, dict[str, str]]) -> None:
    assert shown[1]["10"] == f"Returned  {len(METADATA_TASKS)}  dataset types with metadata in them.\n"
    if shown[0] == 1:
        first, *others = shown[1]["11"].strip().strip("[]").split(", DatasetType")
        assert len(others) == 2
        assert first in _was_shown(cells, "11")


def test_metadata_print_as_in_the_notebook(shown: tuple[int, dict[str, str]]) -> None:
    lines = shown[1]["13"].splitlines()
    assert lines[:2] == ["", ""]
    assert re.fullmatch(r'runStartUtc = "2022-01-03T14:26:\d\d\.961867"', lines[2])
    assert lines[3] == "runStartCpuTime = 10567.533159602"
    assert "runEndBlockInputs = [ 8, 8 ]" in lines


def test_printed_patches_are_those_of_the_sky_map(cells: list[Cell], repository: tuple[int, Path]) -> None:
    numbers = np.array([[float(v) for v in vertex] for vertex in VERTEX.findall(_was_shown(cells, "7"))])
    patches = re.findall(r"tract: (\d+)\n  id: (\d+)\n", _was_shown(cells, "7"))
    assert len(numbers) == 9
    assert len(patches) == 3
    sky_map, found = dc2_sky_map(), []
    with Butler(repository[1]) as butler:
        for tract, patch in patches:
            made = _vertices(sky_map[int(tract)][int(patch)].outer_sky_polygon)
            (record,) = butler.query_dimension_records("patch", skymap="DC2", tract=int(tract), patch=int(patch))
            np.testing.assert_allclose(_vertices(record.region), made, rtol=0, atol=1e-15)
            found.append(made)
    np.testing.assert_allclose(np.concatenate(found)[:9], numbers, rtol=0, atol=1e-13)


def _vertices(polygon: Any) -> Any:
    return np.array([[v.x(), v.y(), v.z()] for v in polygon.getVertices()])


def test_other_visits_are_left_out_by_place_alone(repository: tuple[int, Path]) -> None:
    with Butler(repository[1], collections="2.2i/runs/DP0.2") as butler:
        everywhere = butler.query_datasets("calexp", where=f"detector = {DETECTOR}")
        here = butler.query_datasets("calexp", detector=DETECTOR, skymap="DC2", tract=TRACT, patch=PATCH)
        assert {r.data_id["visit"] for r in everywhere} - {r.data_id["visit"] for r in here} == set(ELSEWHERE)
