"""Bytes by relative path below a root: local directories and S3.  Knows nothing of datasets."""

from .local import LocalStorage
from .places import MARK, container, is_absolute, locate, located, member_path, open_storage
from .stage import Stage
from .storage import FileState, Storage, StoredFile

__all__ = [
    "MARK",
    "FileState",
    "LocalStorage",
    "Stage",
    "Storage",
    "StoredFile",
    "container",
    "is_absolute",
    "locate",
    "located",
    "member_path",
    "open_storage",
]
