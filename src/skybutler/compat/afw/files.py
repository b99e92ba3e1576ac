"""Files by path and URL for the classes of lsst.afw, which know no formats.  Knows no spellings."""

from __future__ import annotations

from skybutler.formatters.files import read_file, write_file

__all__ = ["read_file", "write_file"]
