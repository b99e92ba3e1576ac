"""The rows of the comparison: what they mean, and how many times less CPU than the peer we have promised to need."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One thing that is measured on both sides.

    Parameters
    ----------
    phase : `str`
        The phase of `side.PHASES` that measures it.
    key : `str`
        Name in the files of both sides.
    what : `str`
        For readers.
    target : `float`, optional
        The peer's CPU must be at least so many times ours.
    things : `str`
        What is counted, where a rate says more than a time.
    peer_key : `str`, optional
        The peer's row, where it has only one way of doing what we do in several.
    our_key : `str`, optional
        Our row, where only the peer has several ways.
    """

    phase: str
    key: str
    what: str
    target: float | None = None
    things: str = ""
    peer_key: str | None = None
    our_key: str | None = None

    @property
    def ours(self) -> str:
        """Name in our file."""
        return self.our_key or self.key

    @property
    def peer(self) -> str:
        """Name in the files of the peer and of the floor."""
        return self.peer_key or self.key


ROWS = (
    Row("start", "start.find", "new process: import, open, find_dataset", 8),
    Row("start", "start.help", "new process: `butler --help`", 12),
    Row("start", "start.collections", "new process: `butler query-collections`", 8),
    Row("create", "create", "make a repository"),
    Row("create", "skymap", "register a sky map, regions from corners included", 5, "patches"),
    Row("headers", "headers", "read and translate raw headers (peer: astropy's getheader, all values)", 25, "files"),
    Row("dimensions", "exposures", "insert exposures, one call", None, "exposures"),
    Row("dimensions", "visits", "define visits one by one, 189 given regions each", 5, "visits"),
    Row("dimensions", "visits.bulk", "define visits, many a transaction", None, "visits"),
    Row("dimensions", "visits.full", "define visits one by one into the full repository", 5, "visits"),
    Row("ingest", "ingest.calexp", "ingest calexps, bulk, columns", 12, "files"),
    Row("ingest", "ingest.bulk", "ingest raws, bulk, `ingest(*FileDataset)`", 5, "files"),
    Row("ingest", "ingest.bulk.columns", "ingest raws, bulk, `ingest_columns`", 12, "files", "ingest.bulk"),
    Row("ingest", "ingest.one", "ingest one exposure into the full repository, `ingest(*FileDataset)`", None, "files"),
    Row(
        "ingest",
        "ingest.one.columns",
        "ingest one exposure into the full repository, `ingest_columns`",
        15,
        "files",
        "ingest.one",
    ),
    Row("exchange", "export", "export all raws to YAML, the query included", 8, "datasets"),
    Row("exchange", "import", "import all raws from YAML into an empty repository", 8, "datasets"),
    Row("exchange", "transfer", "transfer_from: all raws, by reference, into an empty repository", None, "datasets"),
    Row("putget", "put", "put a small dataset, own transaction", 6),
    Row("putget", "put.transaction", "put 1000 in one transaction", 8, "datasets"),
    Row("putget", "get.data_id", "get a small dataset by data ID", 8),
    Row("putget", "get.ref", "get a small dataset by ref", 3),
    Row("query", "find", "find_dataset by data ID", 20),
    Row("query", "raw.exposure", "refs: raws of one exposure"),
    Row("query", "calexp.patch_detector", "refs: calexps of a patch, one detector"),
    Row("query", "calexp.patch", "refs: calexps of a patch, all detectors", 10),
    Row("query", "calexp.tract_band", "refs: calexps of a tract in one band"),
    Row("query", "raw.patch_detector", "refs: raws of a patch, one detector"),
    Row("query", "patch.visit_detector", "records: patches of a visit and detector", 1),
    Row(
        "query",
        "patch.visit_detector.analyzed",
        "the same, after the peer's user has said ANALYZE",
        1,
        our_key="patch.visit_detector",
    ),
    Row("query", "patch.visit", "records: patches of a visit"),
    Row("query", "ids.detector.tract", "data IDs: visits and detectors of a tract", 8),
    Row("query", "ids.detector_patch.tract", "data IDs: visits, detectors and patches of a tract", 12),
    Row("query", "calexp.circle", "refs: calexps that meet a circle, bound region"),
    Row("query", "calexp.circle.text", "refs: calexps that meet a circle, in the text"),
    Row("query", "visits.time", "records: visits that overlap a time span"),
    Row("query", "count", "count all raws"),
    Row("query", "raw.all", "refs: all raws", 3),
    Row("query", "raw.table", "all raws as a table (peer: refs)", 6, "", "raw.all"),
)

WHOLE_MAP = {"patch.visit_detector": 200.0}
"""Targets that hold when the whole sky map is registered."""

CONSTANT = ("find", "get.data_id", "put", "visits.full", "ingest.one", "ingest.one.columns")
"""Rows that may not depend on how full the repository is."""
