"""Datasets as files below one root.  Knows no registry: it hands out and takes file records."""

from .datastore import Datastore
from .template import FileTemplate
from .templates import Templates

__all__ = ["Datastore", "FileTemplate", "Templates"]
