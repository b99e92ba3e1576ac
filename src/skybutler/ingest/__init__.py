"""Bringing instruments, sky maps, raws, visits and listed files into a repository.  Works on a Butler from outside."""

from .files import ingest_files
from .instruments import register_instrument
from .raws import ingest_raws
from .report import RawIngestReport
from .skymaps import register_sky_map
from .visits import define_visits

__all__ = [
    "RawIngestReport",
    "define_visits",
    "ingest_files",
    "ingest_raws",
    "register_instrument",
    "register_sky_map",
]
