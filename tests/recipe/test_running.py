"""A whole recipe: made once, gone on with after a kill, and the example that is shipped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.errors import ConfigError
from skybutler.recipe import Recipe, StepReport, foresee, read_recipe, run
from skybutler.sim import Archive
from skybutler.upkeep.verify import verify
from support.s3 import S3Server
from support.source import ROOT

Read = Callable[[str], Recipe]

TECHNOTE = """
- register-instrument: lsst.obs.lsst.LsstCamImSim
- write-curated-calibrations: {instrument: LSSTCam-imSim, data: $TOP/curated, collection: 2.2i/calib}
- register-skymap:
    config: {kind: discrete, raList: [55.0], decList: [-30.0], radiusList: [0.3], pixelScale: 2.0}
    name: Small
- register-dataset-type: {name: cal_ref_cat_2_2, storage_class: SimpleCatalog, dimensions: htm7}
- ingest-files:
    dataset_type: cal_ref_cat_2_2
    run: refcats
    files: {directory: $TOP/refcats/cal_ref_cat, pattern: '{htm7}.fits'}
    transfer: direct
- ingest-raws: {locations: $TOP/raw/y*-wfd, transfer: direct}
- define-visits: {instrument: LSSTCam-imSim, collections: LSSTCam-imSim/raw/all}
- collection-chain: {name: 2.2i/defaults, children: [LSSTCam-imSim/raw/all, 2.2i/calib, skymaps, refcats]}
"""


def content(root: str) -> dict[str, Any]:
    """What is in a repository, without the ids that differ each time."""
    with Butler(root) as butler:
        refs = butler.query_datasets("*", "*", find_first=False)
        ranges = butler.calibrations.validity("2.2i/calib") if "2.2i/calib" in butler.collections.query() else []
        return {
            "collections": [(i.name, i.type, i.children, i.dataset_types) for i in butler.collections.query_info()],
            "datasets": sorted((ref.dataset_type.name, ref.run, str(ref.data_id)) for ref in refs),
            "visits": sorted(r.name for r in butler.query_dimension_records("visit")),
            "patches": butler.query_data_ids(["patch"]).count(),
            "validity": sorted((str(r.ref.data_id), str(r.timespan)) for r in ranges),
        }


def test_the_technote_on_both_databases(recipe: Read, archive: Archive) -> None:
    read = recipe(TECHNOTE)
    started: list[tuple[int, str]] = []

    def begin(number: int, kind: str, subject: str) -> Callable[[int, int | None], None]:
        started.append((number, kind))
        return lambda done, total: None

    reports = list(run(read, begin=begin))
    assert started == [(r.number, r.kind) for r in reports]
    assert all(r.is_change for r in reports)
    made = content(read.repository.root)
    assert len(made["visits"]) == 3
    assert ("2.2i/defaults", 3, ("LSSTCam-imSim/raw/all", "2.2i/calib", "skymaps", "refcats")) in [
        c[:3] for c in made["collections"]
    ]
    again: list[StepReport] = list(run(read))
    assert not any(r.is_change for r in again)
    assert [r.outcome.existing for r in again] == [r.outcome.new for r in reports]
    assert content(read.repository.root) == made


@pytest.mark.s3
def test_the_technote_with_its_files_in_a_bucket(archive: Archive, tmp_path: Path, s3_environment: S3Server) -> None:
    root, place = tmp_path / "repo", s3_environment.new_root()
    (tmp_path / "seed.yaml").write_text(f"datastore: {{root: '{place}'}}\n")
    steps = TECHNOTE.replace("transfer: direct", "transfer: copy")
    text = f"repository: {{root: {root}, seed: {tmp_path}/seed.yaml}}\nsteps:\n{steps}"
    (tmp_path / "recipe.yaml").write_text(text)
    read = read_recipe(tmp_path / "recipe.yaml", {"TOP": str(archive.directory)})
    reports = list(run(read))
    assert all(r.is_change for r in reports)
    assert not any(r.is_change for r in run(read))
    assert [p.name for p in root.iterdir() if p.is_dir()] == []
    with Butler(root) as butler:
        raw = next(iter(butler.query_datasets("raw", "LSSTCam-imSim/raw/all")))
        assert butler.get_uri(raw).startswith(place)
        assert butler.get(raw).image.array.size > 0
        assert list(verify(butler)) == []


def test_nothing_is_done_by_foreseeing(recipe: Read) -> None:
    read = recipe(TECHNOTE)
    found = list(foresee(read))
    assert [f.kind for f in found] == ["create", *(step.kind for step in read.steps)]
    assert not Path(read.repository.root).exists()
    assert [f.forecast.new > 0 for f in found] == [True] * 7 + [False, True]  # visits: nobody knows yet


KILLED = "import sys\nfrom skybutler.cli.main import main\nmain(sys.argv[1:])"


@pytest.mark.parametrize("after", ["create", "register-skymap", "ingest-files"])
def test_a_killed_recipe_goes_on(recipe: Read, archive: Archive, tmp_path: Path, after: str) -> None:
    """Killed as soon as a step has been reported, that is, while the next one begins."""
    without_camera = "\n".join(line for line in TECHNOTE.splitlines() if "curated" not in line)
    read = recipe(without_camera.replace("2.2i/calib, ", ""))
    command = [sys.executable, "-c", KILLED, "init-from", read.source, "--set", f"TOP={archive.directory}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if f" {after} " in line:
                time.sleep(0.02)
                process.send_signal(signal.SIGKILL)
                break
        assert process.wait(60) in (0, -signal.SIGKILL)
    reports = {r.kind: r for r in run(read)}
    assert not reports[after].is_change
    made = content(read.repository.root)
    assert len(made["visits"]) == 3
    assert [kind for kind, *_ in made["datasets"]].count("raw") == 6
    assert not any(r.is_change for r in run(read))


def test_a_registry_that_a_killed_creation_left_is_taken(recipe: Read) -> None:
    read = recipe("[]")
    list(run(read))
    config = Path(read.repository.root) / "butler.yaml"
    kept = config.read_text()
    config.unlink()
    assert [r.outcome.new for r in run(read)] == [1]
    assert config.read_text() == kept


def test_a_registry_that_was_used_is_not_taken(recipe: Read) -> None:
    read = recipe("- register-dataset-type: {name: a, storage_class: Camera}\n")
    list(run(read))
    (Path(read.repository.root) / "butler.yaml").unlink()
    with pytest.raises(ConfigError, match="is not empty"):
        list(run(read))


def test_a_repository_that_is_another_one_is_refused(recipe: Read, tmp_path: Path) -> None:
    read = recipe("[]")
    Butler.create(read.repository.root)
    for use in (run, foresee):
        with pytest.raises(ConfigError, match="exists with another registry than"):
            list(use(read))


def test_configuration_in_a_file_and_in_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text(
        "datastore:\n  cls: lsst.daf.butler.datastores.fileDatastore.FileDatastore\n  checksum: true\n"
        "registry:\n  db: sqlite:///<butlerRoot>/a.sqlite3\n"
    )
    (tmp_path / "r.yaml").write_text(
        "repository:\n  root: $RECIPE_FOLDER/repo\n  seed: $RECIPE_FOLDER/seed.yaml\n  dimensions: '7'\n"
        "  registry: {db: 'sqlite:///<butlerRoot>/b.sqlite3'}\n  journal: delete\n"
    )
    list(run(read_recipe(tmp_path / "r.yaml")))
    with Butler(tmp_path / "repo") as butler:
        assert butler.config.registry.endswith("b.sqlite3")
        assert butler.config.datastore["checksum"] is True
        assert butler.dimensions.version == 7


@pytest.mark.slow
def test_the_example_makes_its_repository(archive: Archive, tmp_path: Path) -> None:
    variables = {"DP02_TOP": str(archive.directory), "REPO": str(tmp_path / "dp02")}
    reports = list(run(read_recipe(ROOT / "examples" / "dp02.yaml", variables, {})))
    assert all(r.is_change for r in reports)
    with Butler(tmp_path / "dp02", collections="2.2i/defaults", instrument="LSSTCam-imSim") as butler:
        raw = butler.query_datasets("raw", limit=1)[0]
        assert butler.get("bias", raw.data_id) is not None
        assert butler.query_datasets("cal_ref_cat_2_2").any()
        assert butler.query_data_ids(["visit"]).count() == 3
