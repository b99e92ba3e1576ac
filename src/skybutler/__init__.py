"""skybutler: a data butler for astronomical images.  Loads nothing heavy before it is used."""

__version__ = "0.1.0"
