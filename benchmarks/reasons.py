"""Why rows miss their targets: what a profile showed, to be printed below the case, as long as the row is not met."""

from __future__ import annotations

__all__ = ["reason"]

_FIXED = "what does not grow with the survey (parsing, planning, pixel ranges) is most of it with so few results"
_SERVER = "most of it is the server's: index entries and write-ahead log of each row, which the peer has too"

_REASONS: dict[str, dict[str, str]] = {
    "sqlite": {
        "visits": "each visit is a transaction: its commit and the random writes into the clustered footprints are "
        "half of it; the peer's cost grows with the repository, ours hardly",
        "ids.detector.tract": _FIXED,
        "calexp.patch": _FIXED,
    },
    "postgresql": {
        "start.find": "importing the driver (psycopg, which imports asyncio) takes more than all the rest",
        "start.collections": "importing the driver (psycopg, which imports asyncio) takes more than all the rest",
        "ingest.calexp": _SERVER,
        "ingest.bulk.columns": _SERVER,
        "ingest.one.columns": _SERVER,
        "put": "two thirds of it is the client's, most of that the driver's work for each statement",
        "calexp.patch": "the server joins the pairs found in the sky with the datasets, half of it where there "
        "are many; where there are few, planning is most of it",
        "ids.detector.tract": _FIXED,
        "raw.table": "the driver makes Python values of every field before they become columns, a third of it; another "
        "third is the server's join of datasets with their data IDs",
    },
}


def reason(backend: str, key: str) -> str:
    """Why a row is not met; empty if nobody has found out."""
    return _REASONS[backend].get(key, "")
