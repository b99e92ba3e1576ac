"""Steps that bring data: exports, curated calibrations, files and raws."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import ButlerError, IngestError, MissingFileError
from skybutler.recipe import Recipe, foresee, read_recipe, run
from skybutler.sim import Archive

Read = Callable[[str], Recipe]

CAMERA = "- register-instrument: LSSTCam-imSim\n"
RAWS = CAMERA + "- ingest-raws: {locations: '$TOP/raw/y{1,1}-wfd', transfer: direct, processes: 2}\n"


def last(read: Recipe) -> tuple[int, int, str]:
    *_, report = run(read)
    return report.outcome.new, report.outcome.existing, report.outcome.note


def foreseen(read: Recipe) -> tuple[int, int]:
    *_, found = foresee(read)
    return found.forecast.new, found.forecast.existing


def test_raws_and_visits(recipe: Read, archive: Archive) -> None:
    read = recipe(RAWS)
    assert foreseen(read) == (6, 0)
    assert last(read) == (6, 0, "3 new exposures")
    assert last(read) == (0, 6, "")
    assert foreseen(read) == (0, 6)
    visits = recipe(RAWS + "- define-visits: {instrument: LSSTCam-imSim, collections: LSSTCam-imSim/raw/all}\n")
    assert foreseen(visits) == (3, 0)
    assert last(visits)[:2] == (3, 0)
    assert last(visits)[:2] == (0, 3)
    assert foreseen(visits) == (0, 3)


def test_copies_are_foreseen(recipe: Read, archive: Archive) -> None:
    *_, found = foresee(recipe(RAWS.replace("direct", "copy")))
    raws = list((archive.directory / "raw").rglob("*.fits"))
    assert found.forecast.bytes == sum(path.stat().st_size for path in raws)
    assert found.forecast.seconds > 0
    assert "6 named in index files" in found.forecast.note


def test_bad_raws_stop_the_recipe_after_the_good_ones(recipe: Read, archive: Archive, tmp_path: Path) -> None:
    shutil.copytree(archive.directory / "raw", tmp_path / "raw")
    bad = next((tmp_path / "raw").rglob("*.fits")).with_name("lsst_a_bad.fits")
    bad.write_text("nonsense")
    steps = CAMERA + f"- ingest-raws: {tmp_path}/raw\n- register-dataset-type: {{name: a, storage_class: Camera}}\n"
    with pytest.raises(IngestError, match="lsst_a_bad.fits"):
        list(run(recipe(steps)))
    bad.unlink()
    reports = list(run(recipe(steps)))
    assert (reports[2].outcome.new, reports[2].outcome.existing) == (0, 6)
    assert reports[3].outcome.new == 1


SHARDS = "- register-dataset-type: {name: cal, storage_class: SimpleCatalog, dimensions: htm7}\n"


@pytest.mark.parametrize(
    "source",
    [
        "table: $TOP/refcats/refcat.ecsv",
        "files: {directory: $TOP/refcats/cal_ref_cat, pattern: '{htm7}.fits'}",
    ],
)
def test_files_of_tables_and_folders(recipe: Read, archive: Archive, source: str) -> None:
    assert archive.references is not None
    n = len(archive.references.shards)
    read = recipe(SHARDS + f"- ingest-files: {{dataset-type: cal, run: refcats, transfer: direct, {source}}}\n")
    assert foreseen(read) == (n, 0)
    assert last(read)[:2] == (n, 0)
    assert last(read)[:2] == (0, n)
    assert foreseen(read) == (0, n)
    with Butler(read.repository.root, writeable=True) as butler:
        refs = butler.query_datasets("cal", "refcats")
        assert {ref.data_id["htm7"] for ref in refs} == set(archive.references.shards)
        first, second, *_ = list(refs)
        butler.prune_datasets([first], unstore=True, purge=True)
        butler.put(butler.get(second), "cal", htm7=131072, run="refcats")  # which is not in the table
    assert foreseen(read) == (1, n - 1)


def test_paths_of_a_table_begin_at_the_table(recipe: Read, archive: Archive, tmp_path: Path) -> None:
    shutil.copytree(archive.directory / "refcats" / "cal_ref_cat", tmp_path / "tables" / "shards")
    names = sorted(path.name for path in (tmp_path / "tables" / "shards").iterdir())
    lines = ["file,htm7", *(f"shards/{name},{name.partition('.')[0]}" for name in names)]
    (tmp_path / "tables" / "t.csv").write_text("\n".join(lines) + "\n")
    step = f"- ingest-files: {{dataset-type: cal, run: refcats, transfer: copy, table: {tmp_path}/tables/t.csv"
    assert last(recipe(f"{SHARDS}{step}}}\n"))[:2] == (len(names), 0)
    with pytest.raises(MissingFileError, match="nowhere"):
        list(run(recipe(f"{SHARDS}{step.replace('refcats', 'others')}, prefix: nowhere}}\n")))


def test_curated_calibrations(recipe: Read, archive: Archive) -> None:
    step = "- write-curated-calibrations: {instrument: LSSTCam-imSim, data: $TOP/curated, collection: 2.2i/calib}\n"
    read = recipe(CAMERA + step)
    n = 1 + len(archive.defects)
    assert foreseen(read) == (n, 0)
    assert last(read) == (n, 0, "2.2i/calib")
    assert last(read)[:2] == (0, n)
    assert foreseen(read) == (0, n)


def test_exports(recipe: Read, archive: Archive, tmp_path: Path) -> None:
    """Before the instrument is registered, as the technote has it."""
    calibration = (
        CAMERA
        + "- register-dataset-type: {name: bias, storage-class: ExposureF, dimensions: detector, is-calibration: 1}\n"
        + "- ingest-files: {dataset_type: bias, run: made, table: $TOP/calibrations/bias.ecsv, transfer: direct}\n"
        + "- certify-calibrations: {dataset_type: bias, source: made, collection: calib}\n"
    )
    source = recipe(calibration)
    root = Path(source.repository.root)
    list(run(source))
    place = {"directory": tmp_path / "exported", "format": "yaml", "transfer": "copy"}
    with Butler(root) as butler, butler.export(**place) as export:  # type: ignore[arg-type]
        export.save_datasets(butler.query_datasets("bias", "made"))
        export.save_collection("calib")
    steps = f"steps:\n  - import: {tmp_path}/exported\n  - register-instrument: LSSTCam-imSim\n"
    (tmp_path / "there.yaml").write_text(f"repository: {tmp_path}/there\n{steps}")
    read = read_recipe(tmp_path / "there.yaml")
    forecasts = [f.forecast for f in foresee(read)]
    assert (forecasts[1].new, forecasts[1].unit) == (2, "files")
    assert forecasts[1].bytes > 0
    reports = list(run(read))
    assert (reports[1].outcome.new, reports[1].outcome.note) == (2, "2 files, 2 certified")
    again = list(run(read))
    assert [report.outcome.new for report in again] == [0, 0, 0]
    with Butler(tmp_path / "there") as butler:
        assert butler.get("bias", detector=94, instrument="LSSTCam-imSim", collections="made") is not None


@pytest.mark.parametrize(
    "step, said",
    [
        ("ingest-raws: [$TOP/raw/y1-wfd, '$TOP/raw/y{7..8}-wfd']", "y7-wfd"),
        ("ingest-raws: $TOP/nothing*", r"Nothing is at"),
        ("ingest-files: {dataset-type: a, run: b, table: $TOP/none.ecsv}", "none.ecsv"),
        ("ingest-files: {dataset-type: a, run: b, files: {directory: $TOP/none, pattern: '{htm7}'}}", "none"),
        ("import: $TOP/none", "none"),
        ("import: $TOP/raw", "There is no export file"),
        ("write-curated-calibrations: {instrument: LSSTCam-imSim, data: $TOP/none}", "none"),
    ],
)
def test_missing_inputs_are_told_before_the_first_step(recipe: Read, step: str, said: str) -> None:
    read = recipe(f"- {step}")
    for use in (run, foresee):
        with pytest.raises(ButlerError, match=said):
            list(use(read))
    assert not Path(read.repository.root).exists()


def test_folders_without_raws(recipe: Read, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingFileError, match="There are no raw files"):
        list(run(recipe(CAMERA + f"- ingest-raws: {tmp_path}/empty\n")))
