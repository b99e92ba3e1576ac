"""Summary statistics as a text of YAML, and their names in files.  Knows no files."""

from __future__ import annotations

import re

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.images.summary_stats import SUMMARY_STATISTICS, SummaryStats
from skybutler.safe_yaml import parse_yaml

from .archive import Archive, ArchiveWriter, Column

__all__ = ["read_summary_stats", "write_summary_stats"]

_COLUMNS = (Column("bytes", "QB", "", "an opaque bytestring representation of a Storable"),)
_IN_FILES = {name: re.sub(r"_(\w)", lambda match: match[1].upper(), name) for name in SUMMARY_STATISTICS}
_OURS = {theirs: ours for ours, theirs in _IN_FILES.items()}


def read_summary_stats(archive: Archive, number: int) -> SummaryStats:
    """Summary statistics; those whose names are not known are kept."""
    import yaml

    (rows,) = archive.pieces(number, 1)
    try:
        found = parse_yaml(rows.one("bytes"))
    except yaml.YAMLError as error:
        raise UnreadableFileError(f"{archive.uri}: the summary statistics are no YAML.") from error
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise UnreadableFileError(f"{archive.uri}: the summary statistics have no names.")
    if "decl" in found:  # as it was called at first
        found.setdefault("dec", found["decl"])
        del found["decl"]
    return SummaryStats({_OURS.get(str(name), str(name)): value for name, value in found.items()})


def write_summary_stats(writer: ArchiveWriter, number: int, stats: SummaryStats) -> None:
    """Summary statistics.

    Raises
    ------
    FormatError
        One is not a number, text, or sequence of them.
    """
    import yaml

    values = {_IN_FILES.get(name, name): list(v) if isinstance(v, tuple) else v for name, v in stats.items()}
    try:
        text = yaml.safe_dump(values)
    except yaml.YAMLError as error:
        raise FormatError("Summary statistics that are no plain numbers cannot be written.") from error
    module = "lsst.afw.image._exposureSummaryStats"
    writer.add(number, writer.table(_COLUMNS), "ExposureSummaryStats", module, [{"bytes": text.encode()}])
