"""Readers and writers of file formats.  Knows neither registry nor datastore."""

from .catalog import FormatterTable, load
from .files import read_exposure, write_exposure
from .formatter import BytesFormatter, Formatter, Source

__all__ = ["BytesFormatter", "Formatter", "FormatterTable", "Source", "load", "read_exposure", "write_exposure"]
