"""A copy of ObsCore in columns, for questions that read much of it; good as long as the registry stays as it was."""

from .folder import FOLDER, SnapshotFolder
from .making import make_snapshot

__all__ = ["FOLDER", "SnapshotFolder", "make_snapshot"]
