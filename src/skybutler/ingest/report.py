"""What an ingest of raws did, file by file where it failed.  Knows no Butler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from skybutler.errors import IngestError

__all__ = ["RawFailure", "RawIngestReport"]


@dataclass(frozen=True)
class RawFailure:
    """A file that was not ingested, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return self.reason if self.path in self.reason else f"{self.path}: {self.reason}"


@dataclass
class RawIngestReport:
    """What an ingest of raws has done so far.

    Parameters
    ----------
    files : `int`
        Files found, broken ones included.
    ingested : `int`
        Datasets made.
    skipped : `int`
        Files whose dataset the run has already.
    failures : `list` [`RawFailure`]
        Files (or folders and index files) that could not be used; every good file was ingested all the same.
    exposures : `int`
        Exposures whose record was made.
    updated_exposures : `dict`
        Exposures (instrument, id) whose record was overwritten: field to (old, new).
    runs : `dict` [`str`, `int`]
        Datasets made by run.
    seconds : `float`
        Wall time.
    """

    files: int = 0
    ingested: int = 0
    skipped: int = 0
    failures: list[RawFailure] = field(default_factory=list)
    exposures: int = 0
    updated_exposures: dict[tuple[str, int], Mapping[str, tuple[Any, Any]]] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def is_complete(self) -> bool:
        """Whether there were no failures."""
        return not self.failures

    def raise_for_failures(self) -> None:
        """Raise `IngestError`, naming the first failures, if there are any."""
        if not self.failures:
            return
        listed = "\n".join(f"  {failure}" for failure in self.failures[:10])
        more = f"\n  and {len(self.failures) - 10} more" if len(self.failures) > 10 else ""
        raise IngestError(f"Some failures encountered during ingestion ({self}):\n{listed}{more}")

    def __str__(self) -> str:
        if not self.files and not self.failures:
            return "No files found."
        parts = [f"{self.ingested} of {self.files} files ingested"]
        if not self.ingested and self.skipped and not self.failures:
            parts = [f"Nothing to do: all {self.files} files are in the run already"]
        elif self.skipped:
            parts.append(f"{self.skipped} skipped as they are in the run already")
        if self.failures:
            parts.append(f"{len(self.failures)} failed")
        parts.append(f"{self.exposures} new exposures")
        if self.updated_exposures:
            parts.append(f"{len(self.updated_exposures)} exposures updated")
        return ", ".join(parts) + f" in {self.seconds:.1f} s"
