"""Readers and writers of file formats.  Knows neither registry nor datastore."""

from .catalog import FormatterTable, load
from .formatter import BytesFormatter, Formatter, Source

__all__ = ["BytesFormatter", "Formatter", "FormatterTable", "Source", "load"]
