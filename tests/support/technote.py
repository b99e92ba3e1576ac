"""The technote on creating a repository for Data Preview 0.2, run as printed on a simulated survey."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from skybutler.cli.main import main as command_line
from skybutler.sim import Archive
from skybutler.sim.calibrations import Product
from support.seeds import Step

SHOW = ("cat", "tree")
"""Programs by which the technote only shows what is there."""

_TOP = "/sps/lsst/datasets/rubin/previews/dp0.2"
_SOURCE = "/repo/dc2"
_DATABASE = "postgresql://user@host:1234/databasename"
_EXPORTED = "gen3-repo-calibs"

PREFIX, COLLECTION, LABEL = "2.2i", "2.2i/calib", "DM-30694"


@dataclass
class Site:
    """A place where commands of the technote are run: a working directory and what its variables and paths stand for.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Working directory, which exists.
    top : `~pathlib.Path`
        Stands for the technote's directory of input data.
    variables : mapping
        Of the shell.
    """

    folder: Path
    top: Path
    variables: Mapping[str, str]
    paths: Mapping[str, str] = field(default_factory=dict)
    exports: list[str] = field(default_factory=list)
    """The ``export`` lines so far."""

    def run(self, step: Step) -> str:
        """Run a command in a shell after the ``export`` lines so far, or a script under `skybutler.compat`."""
        if step.text.startswith("export "):
            self.exports.append(self.placed(step.text))
            return ""
        if step.language == "python":
            script = self.folder / "script.py"
            script.write_text(self.placed(step.text))
            return self._bash(f"{sys.executable} -m skybutler.compat {script} $REPO")
        return self._bash(self.placed(step.text))

    def placed(self, text: str) -> str:
        """Text of the technote with the places of this site."""
        for printed, here in {_TOP: str(self.top), **self.paths}.items():
            text = text.replace(printed, here)
        return text

    def _bash(self, command: str) -> str:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join([*self.exports, command])],
            cwd=self.folder,
            env=os.environ | {"PATH": path, "COLUMNS": "120", "NO_COLOR": "1", **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        return done.stdout


def _butler(*arguments: object) -> None:
    """Run ``butler ARGUMENTS`` in this process."""
    done = CliRunner().invoke(command_line, [str(a) for a in arguments])
    assert done.exit_code == 0, f"butler {arguments}\n{done.output}"


def make_source(root: Path, archive: Archive) -> None:
    """Make the repository that the technote exports calibrations from, by our commands, of an archive's."""
    _butler("create", root)
    _butler("register-instrument", root, "lsst.obs.lsst.LsstCamImSim")
    for made in archive.calibrations:
        product: Product = made.product
        _butler("register-dataset-type", root, product.name, "ExposureF", *product.dimensions, "--is-calibration")
        _butler("ingest-files", "--transfer", "direct", root, product.name, product.run, made.table)
        _butler(
            "certify-calibrations", root, product.run, COLLECTION, product.name,
            "--begin-date", product.begin, "--end-date", product.end,
        )  # fmt: skip
    _butler(
        "write-curated-calibrations", root, "LSSTCam-imSim", LABEL,
        "--prefix", PREFIX, "--collection", COLLECTION, "--data", archive.directory / "curated",
    )  # fmt: skip


def prepare(steps: Sequence[Step], archive: Archive, source: Path) -> None:
    """Run what the technote did before there was a repository: index files and the export of calibrations."""
    folder = source.parent
    site = Site(folder, archive.directory, {}, {_SOURCE: str(source)})
    for step in steps:
        if step.text.startswith(("astrometadata ", "butler export-calibs ")):
            site.run(step)
    shutil.move(folder / _EXPORTED, archive.directory / "calib")


def creation_site(folder: Path, archive: Archive, steps: Sequence[Step], database: str) -> Site:
    """The site of the technote's second part, with its configuration file for a database."""
    (shown,) = (step.shown for step in steps if step.text.startswith("cat butler-dp02.yaml"))
    (folder / "butler-dp02.yaml").write_text(re.sub(r" \Z", "", shown).replace(_DATABASE, database))
    # One command of the technote has a variable that it never sets.
    variables = {"REPO": str(folder / "repo"), "DP0_RAW": str(archive.directory / "raw")}
    return Site(folder, archive.directory, variables)


def creation_steps(steps: Sequence[Step]) -> list[Step]:
    """What the technote runs to create a repository: from its exports on, in order, without what only shows."""
    first = next(i for i, step in enumerate(steps) if step.text.startswith("export "))
    return [step for step in steps[first:] if step.text.split()[0] not in SHOW]
