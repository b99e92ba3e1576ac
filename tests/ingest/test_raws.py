"""Ingest of raws: every good file once, whatever is wrong with others; again, in pieces, after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.datasets import CollectionType
from skybutler.errors import CollectionTypeError, IngestError, ParameterError, ReadOnlyError
from skybutler.ingest import RawIngestReport, ingest_raws, raws, register_instrument
from skybutler.ingest.executor import Executor, SerialExecutor
from skybutler.ingest.processes import open_executor
from support.calls import read_or_die
from support.instruments import OWN, write_description
from support.raws import CAMERA, IMSIM, RUN, cards, write_index, write_raw

NAMESPACE = uuid.UUID("840b31d9-05cd-5161-b2c8-00d32b280d0f")


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """Four exposures of three detectors."""
    for exposure in range(501, 505):
        for detector in (0, 42, 188):
            write_raw(tmp_path / "raws" / str(exposure), exposure, detector)
    return tmp_path / "raws"


def ingested(butler: Butler, run: str = RUN) -> set[tuple[int, int]]:
    return {(r.data_id["exposure"], r.data_id["detector"]) for r in butler.query_datasets("raw", run)}


ALL = {(e, d) for e in range(501, 505) for d in (0, 42, 188)}


def reasons(report: RawIngestReport) -> dict[str, str]:
    return {Path(f.path).name: f.reason for f in report.failures}


@pytest.mark.parametrize("transfer", ["direct", "copy"])
def test_everything_once(butler: Butler, night: Path, transfer: str) -> None:
    seen: list[int] = []
    report = ingest_raws(butler, night, transfer=transfer, progress=lambda r: seen.append(r.ingested))
    assert (report.files, report.ingested, report.skipped, report.exposures) == (12, 12, 0, 4)
    assert report.is_complete
    assert report.runs == {RUN: 12}
    assert seen[-1] == 12
    assert ingested(butler) == ALL
    assert butler.query_data_ids("group").count() == 4
    assert [r.data_id["day_obs"] for r in butler.query_dimension_records("day_obs")] == [20221005]
    for ref in butler.query_datasets("raw", RUN):
        uri = butler.get_uri(ref)
        assert (str(night) in uri) == (transfer == "direct")
        assert butler.exists(ref).name == "VERIFIED"


def test_ids_are_those_of_other_sites(butler: Butler, night: Path) -> None:
    ingest_raws(butler, night, transfer="direct")
    ref = butler.find_dataset("raw", instrument=CAMERA, detector=42, exposure=501, collections=RUN)
    assert ref is not None
    assert ref.id == uuid.uuid5(NAMESPACE, f"dataset_type=raw,run={RUN},detector=42,exposure=501,instrument={CAMERA}")


def test_second_run_does_nothing_and_says_so(butler: Butler, night: Path) -> None:
    ingest_raws(butler, night, transfer="direct")
    again = ingest_raws(butler, night, transfer="direct")
    assert (again.ingested, again.skipped, again.exposures, again.runs) == (0, 12, 0, {})
    assert str(again).startswith("Nothing to do")
    write_raw(night, 505, 0)
    more = ingest_raws(butler, night, transfer="direct")
    assert (more.ingested, more.skipped, more.exposures) == (1, 12, 1)


def test_existing_may_be_failures(butler: Butler, night: Path) -> None:
    ingest_raws(butler, night / "501", transfer="direct")
    again = ingest_raws(butler, night, transfer="direct", skip_existing=False)
    assert (again.ingested, again.skipped, len(again.failures)) == (9, 0, 3)
    assert "has this raw already" in again.failures[0].reason
    with pytest.raises(IngestError, match="Some failures encountered during ingestion"):
        again.raise_for_failures()


def test_later_detectors_of_a_known_exposure(butler: Butler, night: Path) -> None:
    ingest_raws(butler, sorted(night.rglob("*R01_S00*")), transfer="direct")
    report = ingest_raws(butler, night, transfer="direct")
    assert (report.ingested, report.skipped, report.exposures) == (8, 4, 0)
    assert ingested(butler) == ALL


@pytest.mark.parametrize("at_once", [1, 4, 5])
def test_transactions_of_any_size(butler: Butler, night: Path, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raws, "_AT_ONCE", at_once)
    monkeypatch.setattr("skybutler.ingest.raw_search._BATCH", 1)
    report = ingest_raws(butler, night, transfer="direct")
    assert (report.ingested, report.exposures, report.failures) == (12, 4, [])
    assert ingested(butler) == ALL


def test_processes(butler: Butler, night: Path) -> None:
    with open_executor(2, patience_s=0) as pair:
        assert ingest_raws(butler, night, transfer="direct", executor=pair).ingested == 12
    assert ingest_raws(butler, night, transfer="direct", processes=2).skipped == 12
    assert ingest_raws(butler, night, transfer="direct", executor=SerialExecutor()).skipped == 12


class _Deadly(Executor):
    """Processes that some files kill."""

    def __init__(self, processes: Executor) -> None:
        self._processes = processes

    def map(self, function: Any, items: Any, remedy: Any = None) -> Any:
        return self._processes.map(read_or_die, items, remedy)


def test_files_that_end_whatever_reads_them(butler: Butler, night: Path) -> None:
    for number in (1, 2):
        (night / f"deadly{number}.fits").write_text("")
    with open_executor(2, patience_s=0) as pair:
        report = ingest_raws(butler, night, transfer="direct", executor=_Deadly(pair))
    assert (report.files, report.ingested) == (14, 12)
    assert {name: "processes that read" in reason for name, reason in reasons(report).items()} == {
        "deadly1.fits": True,
        "deadly2.fits": True,
    }
    assert ingested(butler) == ALL


def test_chosen_run_and_regex(butler: Butler, night: Path) -> None:
    report = ingest_raws(butler, str(night), run="u/me/raw", regex="R11_S20", transfer="direct", track=False)
    assert report.runs == {"u/me/raw": 4}
    assert {d for _, d in ingested(butler, "u/me/raw")} == {42}


def test_no_files(butler: Butler, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert str(ingest_raws(butler, tmp_path / "empty")) == "No files found."


def test_bad_files_do_not_stop_good_ones(butler: Butler, night: Path, tmp_path: Path) -> None:
    (night / "empty.fits").touch()
    (night / "text.fits").write_text("hello")
    write_raw(night, 506, 1, "filter.fits", FILTER="q")
    write_raw(night, 507, 1, "lacking.fits", EXPTIME=None, **{"MJD-OBS": None})
    copy = night / "zz" / "copy.fits"
    copy.parent.mkdir()
    copy.write_bytes(next((night / "502").iterdir()).read_bytes())
    report = ingest_raws(butler, [night, night / "501", tmp_path / "nowhere.fits"], transfer="direct")
    assert ingested(butler) == ALL
    said = reasons(report)
    assert "empty file" in said["empty.fits"]
    assert "not FITS" in said["text.fits"]
    assert "has no physical filter 'q_sim_1.4'" in said["filter.fits"]
    assert "datetime_begin" in said["lacking.fits"]
    assert "as is " in said["copy.fits"]
    assert "which was taken" in said["copy.fits"]
    assert "No such file" in said["nowhere.fits"]
    assert len(said) == 6
    assert report.files == 12 + 6


def test_names_and_texts_that_no_database_keeps(butler: Butler, night: Path) -> None:
    first = next((night / "501").iterdir())
    os.rename(first, os.fsencode(night) + b"/501/\xff.fits")
    entries = {"a b.fits": {"OBSID": 509, "OBJECT": "x"}, "ümlaut.fits": {"OBSID": 508, "RUNNUM": "nul \x00 \ud800"}}
    index = write_index(night / "named", entries, cards(501, 1, OBSID=None))
    for name in entries:
        (night / "named" / name).touch()
    report = ingest_raws(butler, [night, index], transfer="direct")
    assert (report.ingested, len(report.failures)) == (13, 1)
    assert "not UTF-8" in report.failures[0].reason
    assert "x" in str(report.failures[0])
    (record,) = butler.query_dimension_records("exposure", where="exposure=508", instrument=CAMERA)
    assert record.get("science_program") == "nul \ufffd \ufffd"


def test_failures_change_nothing_for_later(butler: Butler, night: Path) -> None:
    bad = write_raw(night, 506, 1, FILTER="q")
    ingest_raws(butler, night, transfer="direct")
    write_raw(night, 506, 1)
    report = ingest_raws(butler, night, transfer="direct")
    assert (report.ingested, report.failures) == (1, [])
    assert butler.find_dataset("raw", instrument=CAMERA, detector=1, exposure=506, collections=RUN) is not None
    assert bad.exists()


def test_unreadable_file(butler: Butler, night: Path, unprivileged: Callable[..., Any]) -> None:
    secret = next((night / "503").iterdir())
    secret.chmod(0)
    root = butler.config.root

    def ingest() -> RawIngestReport:
        with Butler(root, writeable=True) as own:
            return ingest_raws(own, night, transfer="direct")

    report = unprivileged(ingest)
    assert reasons(report) == {secret.name: "Permission denied."}
    assert len(ingested(butler)) == 11


def test_file_that_cannot_be_copied(butler: Butler, night: Path, unprivileged: Callable[..., Any]) -> None:
    entries = {}
    for path in sorted((night / "503").iterdir()):
        raft, sensor = path.name.split("_")[3:5]
        entries[path.name] = {"RAFTNAME": raft, "SENSNAME": sensor}
    common = {k: v for k, v in cards(503, 0).items() if k not in ("RAFTNAME", "SENSNAME")}
    write_index(night / "503", entries, common)
    secret = sorted((night / "503").iterdir())[2]
    secret.chmod(0)
    root = butler.config.root

    def ingest() -> RawIngestReport:
        with Butler(root, writeable=True) as own:
            return ingest_raws(own, night, transfer="copy")

    report = unprivileged(ingest)
    assert "No permission" in reasons(report)[secret.name]
    assert len(report.failures) == 1
    assert len(ingested(butler)) == 11
    assert all(butler.exists(ref).name == "VERIFIED" for ref in butler.query_datasets("raw", RUN))


def test_files_that_an_index_promises(butler: Butler, tmp_path: Path) -> None:
    for detector in range(4):
        write_raw(tmp_path / "raws", 501, detector)
    entries = {
        path.name: {"RAFTNAME": "R01", "SENSNAME": path.name.split("_")[4]} for path in (tmp_path / "raws").iterdir()
    }
    entries["gone.fits"] = {"RAFTNAME": "R22", "SENSNAME": "S11"}
    common = {k: v for k, v in cards(501, 0).items() if k not in ("RAFTNAME", "SENSNAME")}
    index = write_index(tmp_path / "raws", entries, common)
    report = ingest_raws(butler, index, transfer="direct")
    assert ingested(butler) == {(501, d) for d in range(4)}
    assert "no such file" in reasons(report)["gone.fits"]


def test_copy_of_a_vanished_file_is_taken(butler: Butler, tmp_path: Path) -> None:
    folder = tmp_path / "raws"
    write_raw(folder, 501, 0, "b.fits")
    index = write_index(folder, {"a.fits": {}, "b.fits": {}}, cards(501, 0))
    report = ingest_raws(butler, index, transfer="direct")
    assert list(reasons(report)) == ["a.fits"]
    assert ingested(butler) == {(501, 0)}


def test_instrument_that_is_not_registered(empty_butler: Butler, night: Path) -> None:
    report = ingest_raws(empty_butler, night, transfer="direct")
    assert len(report.failures) == 12
    assert f"butler register-instrument REPO {CAMERA}" in report.failures[0].reason
    assert report.ingested == 0
    assert [t.name for t in empty_butler.query_dataset_types()] == []


def test_detector_that_is_not_registered(empty_butler: Butler, night: Path) -> None:
    empty_butler.insert_dimension_data("instrument", {"name": CAMERA})
    for name in ("detector", "physical_filter"):
        rows = IMSIM.records()[name]
        keep = [i for i in range(len(rows["instrument"])) if name != "detector" or rows["id"][i] != 42]
        empty_butler.registry.elements.insert(name, {k: [v[i] for i in keep] for k, v in rows.items()})
    report = ingest_raws(empty_butler, night, transfer="direct")
    assert ingested(empty_butler) == {(e, d) for e, d in ALL if d != 42}
    assert "LSSTCam-imSim has no detector 42 in this repository" in report.failures[0].reason


def test_fail_fast(butler: Butler, night: Path) -> None:
    (night / "empty.fits").touch()
    with pytest.raises(IngestError, match=r"empty\.fits: empty file"):
        ingest_raws(butler, night, transfer="direct", fail_fast=True)


def test_conflicting_record_is_refused_then_updated(butler: Butler, night: Path) -> None:
    ingest_raws(butler, night / "501", transfer="direct")
    for path in (night / "501").iterdir():
        path.unlink()
    write_raw(night / "501", 501, 7, EXPTIME=31.0, IMGTYPE="BIAS")
    report = ingest_raws(butler, night, transfer="direct")
    assert (report.ingested, report.exposures) == (9, 3)
    (reason,) = reasons(report).values()
    assert "exposure 501 is recorded with other values" in reason
    assert "exposure_time: 30.0 != 31.0" in reason
    assert "observation_type: 'science' != 'bias'" in reason
    assert "--update-records" in reason
    updated = ingest_raws(butler, night, transfer="direct", update_records=True)
    assert (updated.ingested, updated.skipped, updated.failures) == (1, 9, [])
    assert updated.updated_exposures[CAMERA, 501]["exposure_time"] == (30.0, 31.0)
    (record,) = butler.query_dimension_records("exposure", where="exposure=501", instrument=CAMERA)
    assert (record.get("exposure_time"), record.get("observation_type")) == (31.0, "bias")
    assert ingest_raws(butler, night, transfer="direct").failures == []


def test_conflicting_record_is_refused_in_every_transaction(
    butler: Butler, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raws, "_AT_ONCE", 1)
    monkeypatch.setattr("skybutler.ingest.raw_search._BATCH", 1)
    ingest_raws(butler, night / "501", transfer="direct")
    for detector in (1, 2, 3):
        write_raw(night / "other", 501, detector, EXPTIME=31.0)
    report = ingest_raws(butler, night / "other", transfer="direct")
    assert (report.ingested, len(report.failures)) == (0, 3)
    updated = ingest_raws(butler, night / "other", transfer="direct", update_records=True)
    assert (updated.ingested, len(updated.updated_exposures)) == (3, 1)


def test_name_of_an_observation_that_another_exposure_has(butler: Butler, night: Path) -> None:
    ingest_raws(butler, night / "501", transfer="direct")
    row = {"instrument": CAMERA, "id": 1, "obs_id": "503", "physical_filter": "i_sim_1.4", "group": "501"}
    butler.insert_dimension_data("exposure", {**row, "day_obs": 20221005})
    report = ingest_raws(butler, night, transfer="direct")
    assert len(report.failures) == 3
    assert {Path(f.path).parent.name for f in report.failures} == {"503"}
    assert ingested(butler) == {(e, d) for e, d in ALL if e != 503}


def test_two_cameras_in_one_folder(butler: Butler, night: Path, tmp_path: Path) -> None:
    register_instrument(butler, write_description(tmp_path, OWN))
    own = {"INSTRUME": "Backyard", "EXPNUM": 7, "FILTER": "R", "OBSTYPE": "OBJECT", "DATE-OBS": "2024-01-02T03:04:05"}
    place = {"RA": "10:00:00", "DEC": "+10:00:00", "TESTTYPE": None, "OBSID": None}
    for name in ("left", "right"):
        cards_of_own: dict[str, Any] = {**own, **place, "CHIP": name}
        write_raw(night, 501, 1, f"{name}.fits", **cards_of_own)
    (tmp_path / "d").mkdir()
    write_description(tmp_path / "d", OWN)
    report = ingest_raws(butler, night, transfer="direct", descriptions=[tmp_path / "d"])
    assert report.runs == {RUN: 12, "BackyardCam/raw/all": 2}
    (record,) = butler.query_dimension_records("exposure", instrument="BackyardCam")
    assert (record.get("obs_id"), record.get("group"), record.get("sky_angle")) == ("BY7", "7", None)


def test_mistakes_are_raised_at_once(butler: Butler, night: Path) -> None:
    with Butler(butler.config.root) as reader, pytest.raises(ReadOnlyError):
        ingest_raws(reader, night)
    butler.collections.register("tag", CollectionType.TAGGED)
    with pytest.raises(CollectionTypeError):
        ingest_raws(butler, night, run="tag")
    assert len(ingest_raws(butler, night, run="x", transfer="direct").runs) == 1


def test_unknown_transfer_mode(butler: Butler, night: Path) -> None:
    with pytest.raises(ParameterError, match="Unknown transfer mode 'teleport'"):
        ingest_raws(butler, night, transfer="teleport")


@pytest.mark.parametrize("version", [0, 1, 5, 6, 7])
def test_every_universe(make_butler: Callable[[int], Butler], night: Path, version: int) -> None:
    butler = make_butler(version)
    register_instrument(butler, CAMERA)
    assert ingest_raws(butler, night, transfer="direct").ingested == 12
    assert ingest_raws(butler, night, transfer="direct").skipped == 12
    (record,) = butler.query_dimension_records("exposure", where="exposure=501", instrument=CAMERA)
    found = record.to_dict()
    group = {"group": "501"} if version >= 6 else {"group_name": "501", "group_id": 501}
    assert group.items() <= found.items()
    assert (found["day_obs"], found["obs_id"], found["seq_num"]) == (20221005, "501", 0)
    assert ("seq_start" in found, "can_see_sky" in found) == (version >= 2, version >= 7)


KILLED = """
import os, signal, sys
from skybutler import Butler
from skybutler.ingest import ingest_raws, raws
raws._AT_ONCE = 3
commits = []
def kill_at_third() -> None:
    commits.append(None)
    if len(commits) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
with Butler(sys.argv[1], writeable=True) as butler:
    butler.registry.database.before_commit.append(kill_at_third)
    ingest_raws(butler, sys.argv[2], transfer="copy")
"""


@pytest.mark.parametrize("commit", [1, 4, 6])
def test_killed_in_the_middle(butler: Butler, night: Path, commit: int) -> None:
    """The kill comes inside a transaction, after its files were copied and just before it commits."""
    command = [sys.executable, "-c", "import skybutler.ingest.raw_search as s; s._BATCH = 3\n" + KILLED]
    done = subprocess.run([*command, butler.config.root, night, str(commit)], check=False)
    assert done.returncode == -signal.SIGKILL
    types = [t.name for t in butler.query_dataset_types()]
    before = ingested(butler) if "raw" in types and butler.collections.query(RUN.replace("all", "*")) else set()
    assert len(before) < 12
    exposures = {r.data_id["exposure"] for r in butler.query_dimension_records("exposure")}
    assert {e for e, _ in before} == exposures  # an exposure comes with its raws
    report = ingest_raws(butler, night, transfer="copy")
    assert (report.ingested, report.skipped, report.failures) == (12 - len(before), len(before), [])
    assert ingested(butler) == ALL
    assert all(butler.exists(ref).name == "VERIFIED" for ref in butler.query_datasets("raw", RUN))
