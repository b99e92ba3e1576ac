"""The rows of the comparison: what they mean, and how many times less CPU than the peer we have promised to need."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One thing that is measured on both sides.

    Parameters
    ----------
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
    """

    key: str
    what: str
    target: float | None = None
    things: str = ""
    peer_key: str | None = None


ROWS = (
    Row("start.find", "new process: import, open, find_dataset", 8),
    Row("start.help", "new process: `butler --help`", 12),
    Row("start.collections", "new process: `butler query-collections`", 8),
    Row("create", "make a repository"),
    Row("skymap", "register a sky map, regions from corners included", 5, "patches"),
    Row("exposures", "insert exposures, one call", None, "exposures"),
    Row("visits", "define visits one by one, 189 given regions each", 5, "visits"),
    Row("visits.bulk", "define visits, many a transaction", None, "visits"),
    Row("visits.full", "define visits one by one into the full repository", 5, "visits"),
    Row("ingest.calexp", "ingest calexps, bulk, columns", 12, "files"),
    Row("ingest.bulk", "ingest raws, bulk, `ingest(*FileDataset)`", 5, "files"),
    Row("ingest.bulk.columns", "ingest raws, bulk, `ingest_columns`", 12, "files", "ingest.bulk"),
    Row("ingest.one", "ingest one exposure into the full repository, `ingest(*FileDataset)`", None, "files"),
    Row(
        "ingest.one.columns",
        "ingest one exposure into the full repository, `ingest_columns`",
        15,
        "files",
        "ingest.one",
    ),
    Row("put", "put a small dataset, own transaction", 6),
    Row("put.transaction", "put 1000 in one transaction", 8, "datasets"),
    Row("get.data_id", "get a small dataset by data ID", 8),
    Row("get.ref", "get a small dataset by ref", 3),
    Row("find", "find_dataset by data ID", 20),
    Row("raw.exposure", "refs: raws of one exposure"),
    Row("calexp.patch_detector", "refs: calexps of a patch, one detector"),
    Row("calexp.patch", "refs: calexps of a patch, all detectors", 10),
    Row("calexp.tract_band", "refs: calexps of a tract in one band"),
    Row("raw.patch_detector", "refs: raws of a patch, one detector"),
    Row("patch.visit_detector", "records: patches of a visit and detector", 1),
    Row("patch.visit_detector.analyzed", "the same, after the peer's user has said ANALYZE", 1, "", None),
    Row("patch.visit", "records: patches of a visit"),
    Row("ids.detector.tract", "data IDs: visits and detectors of a tract", 8),
    Row("ids.detector_patch.tract", "data IDs: visits, detectors and patches of a tract", 12),
    Row("calexp.circle", "refs: calexps that meet a circle, bound region"),
    Row("calexp.circle.text", "refs: calexps that meet a circle, in the text"),
    Row("visits.time", "records: visits that overlap a time span"),
    Row("count", "count all raws"),
    Row("raw.all", "refs: all raws", 3),
    Row("raw.table", "all raws as a table (peer: refs)", 6, "", "raw.all"),
)

OURS_KEY = {"patch.visit_detector.analyzed": "patch.visit_detector"}
"""Rows that differ only on the peer's side."""

WHOLE_MAP = {"patch.visit_detector": 200.0}
"""Targets that hold when the whole sky map is registered."""

CONSTANT = ("find", "get.data_id", "put", "visits.full", "ingest.one", "ingest.one.columns")
"""Rows that may not depend on how full the repository is."""
