"""The names of ``lsst.pipe.base`` that have to do with data: ``TaskMetadata``.  Knows no pipelines."""

from skybutler.compat.daf_base import TaskMetadata

__all__ = ["TaskMetadata"]
