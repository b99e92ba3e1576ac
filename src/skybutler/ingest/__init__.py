"""Bringing instruments, sky maps, raws, visits and tables of files into a repository.  Works on a Butler from outside."""

from .instruments import register_instrument
from .raws import ingest_raws
from .report import RawIngestReport


__all__ = [
    "RawIngestReport",
    "define_visits",
    "ingest_files",
    "ingest_raws",
    "register_instrument",
    "register_sky_map",
]
