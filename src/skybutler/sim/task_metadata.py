"""What tasks of a pipeline note about themselves: metadata, configuration, packages.  Knows no repository and no files.

Times and resources are drawn from the name of the task and a number, so that they are the same each time.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from skybutler.version import __version__

__all__ = ["SUBTASKS", "packages", "task_configuration", "task_metadata"]

SUBTASKS: Mapping[str, tuple[str, ...]] = {
    "isr": ("assembleCcd", "masking", "overscan"),
    "characterizeImage": (
        "background", "installSimplePsf", "repair", "detection", "deblend", "measurement", "measurePsf",
        "measureApCorr", "catalogCalculation",
    ),
    "calibrate": ("detection", "deblend", "measurement", "astrometry", "photoCal", "catalogCalculation"),
    "assembleCoadd": ("scaleZeroPoint", "interpImage"),
    "detection": ("detection",),
    "measure": ("deblend", "measurement", "propagateFlags"),
    "forcedPhotCoadd": ("measurement", "applyApCorr", "catalogCalculation"),
}  # fmt: skip
"""Tasks with tasks inside them."""

_RESOURCES: tuple[tuple[str, int], ...] = (
    ("MaxResidentSetSize", 3_084_460),
    ("MinorPageFaults", 99_345_461),
    ("MajorPageFaults", 8),
    ("BlockInputs", 63_352),
    ("BlockOutputs", 78_524_216),
    ("VoluntaryContextSwitches", 2_236_644),
    ("InvoluntaryContextSwitches", 8_650_056),
)


def task_metadata(task: str, number: int, begin_ns: int, notes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Metadata of one run of a task.

    Parameters
    ----------
    task : `str`
        Its name, such as ``characterizeImage``.
    number : `int`
        Tells runs apart.
    begin_ns : `int`
        When it began: nanoseconds since 1970.
    notes : mapping, optional
        What the task found.

    Returns
    -------
    metadata : `dict`
        One set for the task and one for each task inside it, of which the first are empty, and ``quantum``.
    """
    random = np.random.default_rng(np.random.SeedSequence((zlib.crc32(task.encode()), number)))
    seconds = float(random.uniform(2.0, 60.0))
    inner = SUBTASKS.get(task, ())
    metadata: dict[str, Any] = {}
    for name in inner:
        metadata[f"{task}:{name}"] = {}
    for i, name in enumerate(inner[-2:]):
        begin = begin_ns + round(seconds * 1e9 * (i + 1) / 4)
        metadata[f"{task}:{name}"] = _resources(random, begin, seconds / 8)
    metadata[task] = {**_resources(random, begin_ns, seconds), **(notes or {})}
    metadata["quantum"] = {
        "prepUtc": _utc(begin_ns - 800_000_000),
        "initUtc": _utc(begin_ns - 300_000_000),
        "startUtc": _utc(begin_ns),
        "endUtc": _utc(begin_ns + round(seconds * 1e9)),
    }
    return metadata


def _resources(random: np.random.Generator, begin_ns: int, seconds: float) -> dict[str, Any]:
    """Counters at the begin and the end."""
    found: dict[str, Any] = {}
    user, system = float(random.uniform(1.0, 1e4)), float(random.uniform(1.0, 400.0))
    counts = {name: int(random.integers(top // 2, top + 1)) for name, top in _RESOURCES}
    for when, later in (("Start", 0.0), ("End", seconds)):
        found[f"run{when}Utc"] = _utc(begin_ns + round(later * 1e9))
        found[f"run{when}CpuTime"] = round(user + system + 0.95 * later, 9)
        found[f"run{when}UserTime"] = round(user + 0.9 * later, 6)
        found[f"run{when}SystemTime"] = round(system + 0.05 * later, 6)
        found |= {f"run{when}{name}": value for name, value in counts.items()}
    return found


def _utc(ns: int) -> str:
    return str(np.datetime_as_string(np.datetime64(ns, "ns"), unit="us"))


def task_configuration(task: str, settings: Mapping[str, Any]) -> str:
    """Configuration of a task as text: assignments, each with a comment that says what of."""
    lines = [f"# Configuration of {task}, as simulated.", ""]
    for name, value in settings.items():
        lines += [f"# {name} of {task}", f"config.{name}={value!r}", ""]
    return "\n".join(lines)


def packages() -> dict[str, str]:
    """Names and versions of what simulated this; only those that do not change with the machine."""
    return {"skybutler": __version__, "simulated_pipeline": "v23_0_1"}
