"""Bringing instruments, calibrations, sky maps, raws and listed files into a repository.  Uses a Butler only."""

from .cameras import load_camera
from .curated import write_curated_calibrations
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
    "load_camera",
    "register_instrument",
    "register_sky_map",
    "write_curated_calibrations",
]
