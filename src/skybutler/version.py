"""The version of skybutler, where every layer may read it.  Imports nothing."""

__version__ = "0.1.0"
