"""The folders of a data centre."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from skybutler.errors import InvalidError, NotFoundError
from skybutler.instruments import Instrument
from skybutler.sim import Archive, SimulatedVisit, plan_visits, simulate_archive
from skybutler.sim.archive import central_detectors
from skybutler.skymap import load_config
from support.source import ROOT

CHOSEN: list[str | int] = ["R22_S10", 94]


def simulate(folder: Path, processes: int = 1) -> Archive:
    return simulate_archive(folder, visits=4, years=2, detectors=CHOSEN, scale=32, seed=3, processes=processes)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return simulate(tmp_path_factory.mktemp("a"))


def test_folders_are_those_of_the_technote(archive: Archive) -> None:
    top = archive.directory
    assert sorted(p.name for p in top.iterdir()) == ["calibrations", "curated", "raw", "refcats", "skymaps"]
    assert sorted(p.name for p in (top / "raw").iterdir()) == ["y1-wfd", "y2-wfd"]
    assert sorted(p.name for p in (top / "refcats").iterdir()) == ["cal_ref_cat", "refcat.ecsv"]
    for visit in archive.survey.visits:
        folder = top / "raw" / f"y{visit.year}-wfd" / f"{visit.id:08d}"
        assert sorted(p.name for p in folder.iterdir()) == [
            "_index.json",
            *(f"lsst_a_{visit.id}_{name}_{visit.band}.fits" for name in ("R22_S10", "R22_S11")),
        ]


def test_counts(archive: Archive) -> None:
    assert len(archive.survey.files) == 8
    assert {p.product.name: len(p.files) for p in archive.calibrations} == {"bias": 2, "dark": 2, "flat": 8, "sky": 8}
    assert len(archive.defects) == 4
    assert archive.references is not None
    assert len(archive.references.shards) > 1


def test_nights_go_to_the_years_in_turn() -> None:
    years = {visit.year for visit in simulate_years(30, 5)}
    assert years == {1, 2, 3, 4, 5}
    assert {visit.year for visit in simulate_years(30, 1)} == {1}
    assert simulate_years(30, 5)[:9] == simulate_years(9, 5)
    assert len({visit.id for visit in simulate_years(30, 5)}) == 30


def simulate_years(n: int, years: int) -> tuple[SimulatedVisit, ...]:
    return plan_visits(n, 3, Instrument.load("LSSTCam-imSim"), years=years)


def test_same_seed_same_bytes_whoever_works(archive: Archive, tmp_path: Path) -> None:
    again = simulate(tmp_path, processes=2)
    assert [p.relative_to(tmp_path) for p in again.survey.files] == [
        p.relative_to(archive.directory) for p in archive.survey.files
    ]

    def digests(top: Path) -> dict[str, str]:
        # Tables of files hold absolute paths.
        files = [p for p in top.rglob("*") if p.is_file() and not (p.suffix == ".ecsv" and "defects" not in p.parts)]
        return {str(p.relative_to(top)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    assert digests(again.directory) == digests(archive.directory)


def test_index_is_what_the_real_command_writes(archive: Archive) -> None:
    folder = archive.survey.files[0].parent
    ours = json.loads((folder / "_index.json").read_text())
    command = [str(Path(sys.executable).with_name("astrometadata")), "--packages", "lsst.obs.lsst"]
    done = subprocess.run(
        [*command, "write-index", "--content", "metadata", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "_index.json").read_text()) == ours


def test_sky_map_is_the_example(archive: Archive) -> None:
    assert load_config(archive.sky_map) == load_config(ROOT / "examples" / "DC2.py")


def test_parts_can_be_left_out(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    made = simulate_archive(
        tmp_path,
        visits=1,
        detectors=[94],
        scale=32,
        calibrations=False,
        references=False,
        index=False,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 1)]
    assert (made.calibrations, made.defects, made.references) == ((), (), None)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["raw", "skymaps"]
    assert list(tmp_path.rglob("_index.json")) == []


def test_progress_ends_at_its_total(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    simulate_archive(
        tmp_path, visits=2, detectors=[94], scale=32, progress=lambda done, total: seen.append((done, total))
    )
    assert [done for done, _ in seen] == list(range(1, len(seen) + 1))
    assert {total for _, total in seen} == {len(seen)}


def test_mistakes(tmp_path: Path) -> None:
    for name in ("visits", "years", "scale"):
        with pytest.raises(InvalidError, match=f"cannot have 0 for its {name}"):
            simulate_archive(tmp_path, **{"detectors": [94], name: 0})  # type: ignore[arg-type]
    with pytest.raises(NotFoundError, match="R22_S91"):
        simulate_archive(tmp_path, detectors=["R22_S91"])
    with pytest.raises(InvalidError, match="at least one detector"):
        simulate_archive(tmp_path, detectors=[])
    assert list(tmp_path.iterdir()) == []


def test_detectors_from_the_centre_on() -> None:
    assert central_detectors(1) == [94]
    assert central_detectors(9) == list(range(90, 99))
    assert len(central_detectors(189)) == 189
    for n in (0, 190):
        with pytest.raises(InvalidError, match=f"{n} of them cannot be simulated"):
            central_detectors(n)
