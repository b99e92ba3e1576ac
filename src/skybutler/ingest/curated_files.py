"""Trees of text calibrations: which file is what, for what, and since when.  Reads no repository and writes nothing.

``defects/r22_s11/19700101T000000.ecsv``: type, detector or raft (and physical filter), and the begin of validity (UTC),
which lasts until that of the next file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from skybutler.errors import ConflictError, InvalidError, MissingFileError, UnreadableFileError, nearest
from skybutler.instruments import Detector, Instrument
from skybutler.sky.timespan import Timespan, parse_time

__all__ = ["CURATED_TYPES", "CuratedFile", "CuratedTree", "CuratedType", "find_curated"]

_DATE = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?:[tT_ ]?(\d\d)[:-]?(\d\d)(?:[:-]?(\d\d))?)?")
_FORMATTERS = {".ecsv": "calibration-text", ".yaml": "calibration-text", ".yml": "calibration-text",
               ".fits": "fits-table"}  # fmt: skip
_VARIANTS = ("per_amp", "per_detector")
"""Folders that say how finely something was measured; a detector has files in one of them."""


@dataclass(frozen=True)
class CuratedType:
    """A kind of curated calibration: its dataset type."""

    name: str
    storage_class: str
    dimensions: tuple[str, ...] = ("instrument", "detector")


_BY_FILTER = ("instrument", "physical_filter")
CURATED_TYPES: Mapping[str, CuratedType] = {
    kind.name: kind
    for kind in (
        CuratedType("bfk", "BrighterFatterKernel"),
        CuratedType("crosstalk", "CrosstalkCalib"),
        CuratedType("defects", "Defects"),
        CuratedType("linearizer", "Linearizer"),
        CuratedType("manual_defects", "Defects"),
        CuratedType("qe_curve", "QECurve"),
        CuratedType("transmission_atmosphere", "TransmissionCurve", ("instrument",)),
        CuratedType("transmission_filter", "TransmissionCurve", _BY_FILTER),
        CuratedType("transmission_filter_detector", "TransmissionCurve", (*_BY_FILTER, "detector")),
        CuratedType("transmission_optics", "TransmissionCurve", ("instrument",)),
        CuratedType("transmission_sensor", "TransmissionCurve"),
        CuratedType("transmission_system", "TransmissionCurve", (*_BY_FILTER, "detector")),
    )
}
"""What is looked for, by the name of its folder."""


@dataclass(frozen=True)
class CuratedFile:
    """One file for one data ID; the file of a raft is there for each of its detectors.

    Parameters
    ----------
    path : `~pathlib.Path`
        Where it is.
    kind : `CuratedType`
        What it is.
    data_id : mapping
        Values of the type's dimensions, in their order.
    begin_ns : `int`
        Begin of validity, TAI.
    date : `str`
        The same in UTC, as runs are named: ``19700101T000000Z``.
    timespan : `Timespan`
        Validity; until the next file's begin.
    """

    path: Path
    kind: CuratedType
    data_id: Mapping[str, Any]
    begin_ns: int
    date: str
    timespan: Timespan

    @property
    def formatter(self) -> str:
        """What reads it."""
        return _FORMATTERS[self.path.suffix.lower()]


@dataclass(frozen=True)
class CuratedTree:
    """What was found below a directory: files, and the names of what is something else."""

    root: Path
    files: tuple[CuratedFile, ...]
    passed_over: tuple[str, ...]


def find_curated(directory: str | Path, instrument: Instrument) -> CuratedTree:
    """Find the text calibrations of an instrument.

    Parameters
    ----------
    directory : path
        Parent of ``defects``, ``crosstalk``, ..., or of a folder with these that is named like the instrument or one
        of its aliases.
    instrument : `Instrument`
        Its description.

    Raises
    ------
    MissingFileError
        There is no such directory, or nothing of the kind in it.
    InvalidError
        A folder is named like no detector, raft or filter, or a file like no date; the nearest names are offered.
    ConflictError
        Two files are for the same detector and date.
    UnreadableFileError
        A file is not what its place says: columns are missing, or it says to be of another detector.
    """
    root = _root(Path(directory), instrument)
    names = _Names(instrument)
    found: list[CuratedFile] = []
    passed_over: list[str] = []
    for folder in sorted(root.iterdir()):
        kind = CURATED_TYPES.get(folder.name) if folder.is_dir() else None
        if kind is None:
            passed_over += [folder.name] if folder.is_dir() and not folder.name.startswith(".") else []
            continue
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            if path.suffix.lower() in _FORMATTERS:
                made = list(_files(path, path.relative_to(folder).parts[:-1], kind, names))
                _check_content(made)
                found += made
            elif not path.name.startswith("."):
                passed_over.append(str(path.relative_to(root)))
    if not found:
        raise MissingFileError(
            f"There are no text calibrations in {root}.",
            hint=f"They are expected as TYPE/DETECTOR/DATE.ecsv; types are: {', '.join(CURATED_TYPES)}.",
        )
    return CuratedTree(root, tuple(_ordered(found)), tuple(passed_over))


def _root(directory: Path, instrument: Instrument) -> Path:
    if not directory.is_dir():
        raise MissingFileError(f"There is no directory {directory} with text calibrations.")
    names = {name.lower() for name in (instrument.name, *instrument.aliases)}
    named = [folder for folder in sorted(directory.iterdir()) if folder.is_dir() and folder.name.lower() in names]
    return named[0] if named else directory


class _Names:
    """What folders may be named like, letter case aside."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.detectors: dict[str, list[Detector]] = {}
        for detector in instrument.detectors:
            if detector.raft is not None:
                self.detectors.setdefault(detector.raft.lower(), []).append(detector)
        self.detectors |= {d.full_name.lower(): [d] for d in instrument.detectors}
        self.filters = {name.lower(): name for name in instrument.filters}


def _files(path: Path, folders: Sequence[str], kind: CuratedType, names: _Names) -> Iterator[CuratedFile]:
    """A file for each data ID that the folders name."""
    detectors: list[Detector] = []
    filters: list[str] = []
    for folder in folders:
        key = folder.lower()
        if "detector" in kind.dimensions and key in names.detectors:
            detectors = names.detectors[key]
        elif "physical_filter" in kind.dimensions and key in names.filters:
            filters = [names.filters[key]]
        elif key not in _VARIANTS:
            _refuse(path, folder, kind, names)
    for dimension, named in (("detector", bool(detectors)), ("physical_filter", bool(filters))):
        if dimension in kind.dimensions and not named:
            raise InvalidError(f"{path} is in no folder that names its {dimension.replace('_', ' ')}.")
    begin_ns, date = _date(path)
    ids: list[int | None] = [detector.id for detector in detectors] or [None]
    names_of_filters: list[str | None] = [*filters] or [None]
    for number, physical_filter in product(ids, names_of_filters):
        values = {"instrument": names.instrument.name, "physical_filter": physical_filter, "detector": number}
        data_id = {name: values[name] for name in kind.dimensions}
        yield CuratedFile(path, kind, data_id, begin_ns, date, Timespan.from_ns(begin_ns, None))


def _refuse(path: Path, folder: str, kind: CuratedType, names: _Names) -> None:
    known = [*(names.detectors if "detector" in kind.dimensions else ())]
    known += names.filters if "physical_filter" in kind.dimensions else ()
    what = " or ".join(d.replace("_", " ") for d in kind.dimensions[1:]) or "folder"
    raise InvalidError(
        f"'{folder}' is no {what} of {names.instrument.name}: {path}.", hint=nearest(folder.lower(), known)
    )


def _date(path: Path) -> tuple[int, str]:
    """Begin of validity in TAI nanoseconds, and as runs are named."""
    match = _DATE.fullmatch(path.stem)
    if match is None:
        raise InvalidError(
            f"'{path.stem}' is no date: {path}.", hint="Files are named like 19700101T000000.ecsv, in UTC."
        )
    year, month, day, hour, minute, second = (part or "00" for part in match.groups())
    begin = parse_time(f"{year}-{month}-{day}T{hour}:{minute}:{second}", scale="utc")
    return begin, f"{year}{month}{day}T{hour}{minute}{second}Z"


def _ordered(files: Iterable[CuratedFile]) -> Iterator[CuratedFile]:
    """Files by type, data ID and date, each valid until the next one of its kind begins."""
    groups: dict[tuple[str, tuple[Any, ...]], list[CuratedFile]] = {}
    for file in files:
        groups.setdefault((file.kind.name, tuple(file.data_id.values())), []).append(file)
    for key in sorted(groups):
        ordered = sorted(groups[key], key=lambda file: file.begin_ns)
        for file, following in pairwise(ordered):
            if file.begin_ns == following.begin_ns:
                raise ConflictError(
                    f"Two files are for the same {key[0]} since {file.date}: {file.path} and {following.path}.",
                    hint="Keep one of them.",
                )
            yield replace(file, timespan=Timespan.from_ns(file.begin_ns, following.begin_ns))
        yield ordered[-1]


def _check_content(files: Sequence[CuratedFile]) -> None:
    """Read a file, given for all its data IDs; what it says of itself must fit its place."""
    from skybutler.datasets.storage_class import StorageClasses
    from skybutler.formatters import Source, load
    from skybutler.storage import LocalStorage

    file = files[0]
    source = Source(LocalStorage(file.path.parent), file.path.name)
    content: Any = load(file.formatter).read(source, StorageClasses.default()[file.kind.storage_class], None, {})
    metadata = content.meta if hasattr(content, "meta") else content.get("metadata")
    said = metadata.get("DETECTOR") if isinstance(metadata, Mapping) else None
    detectors = [f.data_id.get("detector") for f in files]
    if isinstance(said, int) and len(set(detectors)) == 1 and detectors[0] not in (None, said):
        raise UnreadableFileError(
            f"{file.path} says that it is of detector {said}, but its folder is that of detector {detectors[0]}."
        )
