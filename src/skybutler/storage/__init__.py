"""Bytes by relative path below a root: local directories and S3.  Knows nothing of datasets."""

from .local import LocalStorage
from .places import is_absolute, locate, open_storage
from .stage import Stage
from .storage import Storage, StoredFile

__all__ = ["LocalStorage", "Stage", "Storage", "StoredFile", "is_absolute", "locate", "open_storage"]
