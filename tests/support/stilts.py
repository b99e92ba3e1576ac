"""STILTS, validators of the Virtual Observatory that are none of ours, with its XSDs; without it, tests fail."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

__all__ = ["lint", "lint_votable", "validate"]

_JARS = Path("/usr/share/java")
_SCHEMAS = {
    "http://www.ivoa.net/xml/UWS/v1.0": ("starlink-ttools.jar", "uk/ac/starlink/ttools/taplint/UWS-v1.1.xsd"),
    "http://www.ivoa.net/xml/VOTable/v1.3": ("starlink-util.jar", "uk/ac/starlink/util/text/VOTable1.4.xsd"),
}
"""Those that STILTS has but does not find by itself."""
IGNORED = frozenset(["F-LOC-NOTP"])
"""There are no planned observations (ObsLocTAP) to be told of."""


def _run(task: str, *arguments: str) -> str:
    if shutil.which("stilts") is None:
        pytest.fail("STILTS is missing: apt-get install stilts")
    done = subprocess.run(["stilts", task, *arguments], capture_output=True, text=True, timeout=300)
    return done.stdout if done.stdout.strip() else done.stderr


def lint(task: str, *arguments: str) -> tuple[list[str], list[str]]:
    """Complaints of ``taplint`` or ``datalinklint``, and the stages that were run.

    Parameters
    ----------
    task : `str`
        Name of the task.
    *arguments : `str`
        Of the task, such as ``tapurl=http://...``.

    Returns
    -------
    complaints : `list` [`str`]
        Errors, warnings and failures.
    stages : `list` [`str`]
        Codes of the stages.
    """
    said = _run(task, *arguments, "format=json", "report=EWSF", "maxrepeat=100000")
    try:
        found = json.loads(said)["sections"]
    except ValueError:
        pytest.fail(f"{task} has no report: {said[-2000:]}")
    if found and "reports" not in found[0]:  # of datalinklint
        found = [{"code": "DLK", "reports": found}]
    complaints, stages = [], []
    for section in found:
        stages.append(section["code"])
        for report in section["reports"]:
            code = f"{report['level'][0]}-{section['code']}-{report['code']}"
            if code[0] in "EWF" and code not in IGNORED:
                complaints.append(f"{code}: {report.get('text', '')[:300]}")
    return complaints, stages


def lint_votable(place: str | Path) -> list[str]:
    """Complaints of ``votlint`` about a file or URL."""
    said = _run("votlint", f"votable={place}")
    return [line for line in said.splitlines() if re.match(r"(ERROR|WARNING|INFO)", line)]


def validate(document: bytes, folder: Path) -> list[str]:
    """Complaints about a document by the XSDs that STILTS has.

    Parameters
    ----------
    document : `bytes`
        UWS, VOSI or VOTable.
    folder : path
        For files that are needed on the way.
    """
    file = folder / "document.xml"
    file.write_bytes(document)
    own = []
    for namespace, (jar, name) in _SCHEMAS.items():
        if namespace.encode() in document:
            schema = folder / Path(name).name
            with zipfile.ZipFile(_JARS / jar) as archive:
                schema.write_bytes(archive.read(name))
            own.append(f"schemaloc={namespace}={schema}")
    said = _run("xsdvalidate", *own, "uselocals=true", str(file))
    return [line for line in said.splitlines() if line.startswith(("ERROR", "WARNING", "Error"))]
