"""The error tree: what went wrong, with which value, and what to do next.  Knows nothing of what raises them."""

from __future__ import annotations

from collections.abc import Iterable

from .hints import caret, nearest

__all__ = [
    "AmbiguousCalibrationError",
    "ButlerError",
    "ChecksumMismatchError",
    "CollectionCycleError",
    "CollectionError",
    "CollectionTypeError",
    "ConfigError",
    "ConflictError",
    "ConflictingDefinitionError",
    "DataIdError",
    "DataIdValueError",
    "DatasetExistsError",
    "DatasetNotFoundError",
    "DatasetTypeError",
    "DatasetTypeRejectedError",
    "DeniedError",
    "DimensionNameError",
    "DimensionValueError",
    "EmptyQueryResultError",
    "ExpressionError",
    "FileExistsInStoreError",
    "FileNotFoundInStoreError",
    "FormatError",
    "InconsistentDataIdError",
    "InconsistentUniverseError",
    "IngestError",
    "InvalidError",
    "InvalidQueryError",
    "MissingCollectionError",
    "MissingColumnError",
    "MissingDatasetTypeError",
    "MissingExtraError",
    "MissingFileError",
    "NoDefaultCollectionError",
    "NotFoundError",
    "OrphanedRecordError",
    "OutsideSkyMapError",
    "OverloadedError",
    "ParameterError",
    "ReadOnlyError",
    "RepositoryNotFoundError",
    "SchemaVersionError",
    "SkyMapError",
    "StorageClassError",
    "TemplateError",
    "TransferError",
    "UnauthorizedError",
    "UnavailableError",
    "UnknownComponentError",
    "UnknownOutcomeError",
    "UnreadableFileError",
    "caret",
    "nearest",
]


class ButlerError(Exception):
    """Root of every error skybutler raises on purpose.

    Parameters
    ----------
    message : `str`
        What happened, to which value.
    hint : `str`, optional
        What the user can do next, usually a command or the nearest valid names.
    """

    code = "error"
    """Stable short name used on the wire and in ``--json`` output."""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip() if self.hint else self.message


# ------------------------------------------------------------------ not found
class NotFoundError(ButlerError, LookupError):
    """Something that was named does not exist."""

    code = "not-found"


class RepositoryNotFoundError(NotFoundError, FileNotFoundError):
    """No repository at the given place or label."""

    code = "repository-not-found"


class DatasetNotFoundError(NotFoundError):
    """No dataset of this type and data ID in the collections searched."""

    code = "dataset-not-found"


class FileNotFoundInStoreError(NotFoundError, FileNotFoundError):
    """The registry knows the dataset, but its file is gone."""

    code = "file-not-found"


class MissingFileError(NotFoundError, FileNotFoundError):
    """A file that a user names does not exist."""

    code = "missing-file"


class EmptyQueryResultError(NotFoundError):
    """A query found nothing, where the caller wants that to be an error.

    Parameters
    ----------
    message : `str`
        What was asked.
    reasons : iterable of `str`
        Why there is nothing.
    hint : `str`, optional
        What to do.
    """

    code = "empty-query-result"

    def __init__(self, message: str = "", reasons: Iterable[str] = (), *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reasons = list(reasons)


class UnknownComponentError(NotFoundError, KeyError):
    """A storage class has no component of this name."""

    code = "unknown-component"

    __str__ = ButlerError.__str__


class MissingColumnError(NotFoundError, KeyError):
    """A catalog has no column, slot or object of this name."""

    code = "missing-column"

    __str__ = ButlerError.__str__


# -------------------------------------------------------------------- invalid
class InvalidError(ButlerError, ValueError):
    """A value that breaks a rule."""

    code = "invalid"


class ConfigError(InvalidError):
    """A configuration file or value is wrong."""

    code = "config"


class ParameterError(InvalidError, KeyError):
    """A read or command parameter that is unknown or wrong."""

    code = "parameter"

    __str__ = ButlerError.__str__


class TransferError(InvalidError, TypeError):
    """An export, import or copy that is asked for in a way that does not make sense."""

    code = "transfer"


class TemplateError(InvalidError):
    """A file template is malformed, ambiguous or would leave the datastore root."""

    code = "template"


class SkyMapError(InvalidError):
    """A sky map configuration is wrong, or a point is outside a sky map."""

    code = "sky-map"


class OutsideSkyMapError(SkyMapError, IndexError):
    """A point, tract, patch or cell that a sky map does not have."""

    code = "outside-sky-map"


class InvalidQueryError(InvalidError):
    """A query that cannot be answered as asked."""

    code = "invalid-query"


class ExpressionError(InvalidQueryError):
    """A ``where`` or ``order_by`` text that does not parse or bind.

    Parameters
    ----------
    message : `str`
        What is wrong.
    text : `str`
        The whole expression.
    position : `int`
        0-based offset of the trouble.
    length : `int`
        How many characters are wrong.
    hint : `str`, optional
        What to write instead.
    """

    code = "expression"

    def __init__(self, message: str, text: str = "", position: int = 0, length: int = 1, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.text, self.position, self.length = text, position, length

    def __str__(self) -> str:
        where = f"\n{caret(self.text, self.position, self.length)}" if self.text else ""
        return f"{self.message}{where}" + (f"\n{self.hint}" if self.hint else "")


class DataIdError(InvalidError):
    """Something is wrong with a data ID."""

    code = "data-id"


class DimensionNameError(DataIdError, KeyError):
    """A dimension or record field name that does not exist, or one that is missing from a data ID."""

    code = "dimension-name"

    __str__ = ButlerError.__str__


class DimensionValueError(DataIdError):
    """A dimension value of the wrong type, or one that no record has."""

    code = "dimension-value"


class DataIdValueError(DimensionValueError, LookupError):
    """No dimension record with these values."""

    code = "data-id-value"


class InconsistentDataIdError(DataIdError):
    """Two values of one data ID contradict each other."""

    code = "inconsistent-data-id"


class InconsistentUniverseError(InvalidError):
    """Two dimension universes do not fit together, or a universe definition is wrong."""

    code = "universe"


class CollectionError(InvalidError):
    """Something is wrong with a collection."""

    code = "collection"


class MissingCollectionError(CollectionError, NotFoundError):
    """No collection of this name."""

    code = "missing-collection"


class CollectionTypeError(CollectionError):
    """The collection is of another kind than the operation needs."""

    code = "collection-type"


class CollectionCycleError(CollectionError):
    """A chain would contain itself."""

    code = "collection-cycle"


class NoDefaultCollectionError(CollectionError, TypeError):
    """No collection was given and the butler has no default."""

    code = "no-default-collection"


class DatasetTypeError(InvalidError):
    """Something is wrong with a dataset type."""

    code = "dataset-type"


class MissingDatasetTypeError(DatasetTypeError, NotFoundError, KeyError):
    """No dataset type of this name."""

    code = "missing-dataset-type"

    __str__ = ButlerError.__str__


class StorageClassError(InvalidError, TypeError):
    """An object or conversion that does not fit a storage class."""

    code = "storage-class"


class DatasetTypeRejectedError(StorageClassError):
    """No store of the datastore takes datasets of a type."""

    code = "dataset-type-rejected"


# ------------------------------------------------------------------- conflict
class ConflictError(ButlerError):
    """What is asked for collides with what exists."""

    code = "conflict"


class ConflictingDefinitionError(ConflictError):
    """The same thing is already defined differently."""

    code = "conflicting-definition"


class DatasetExistsError(ConflictingDefinitionError):
    """A dataset of this type and data ID is already in the run."""

    code = "dataset-exists"


class OrphanedRecordError(ConflictError):
    """Something cannot be removed because other things refer to it."""

    code = "orphaned-record"


class FileExistsInStoreError(ConflictError, FileExistsError):
    """A file to be written or ingested has the place of another."""

    code = "file-exists"


class AmbiguousCalibrationError(ConflictError, LookupError):
    """Several calibrations are valid for one data ID."""

    code = "ambiguous-calibration"


# --------------------------------------------------------------------- format
class FormatError(ButlerError):
    """Bytes that are not what they should be."""

    code = "format"


class UnreadableFileError(FormatError, OSError):
    """A file that cannot be read as the format it should have."""

    code = "unreadable-file"


class ChecksumMismatchError(FormatError):
    """Size or checksum of a file differ from what was recorded."""

    code = "checksum-mismatch"


class SchemaVersionError(FormatError):
    """A repository, registry or file of a version this skybutler cannot work with."""

    code = "schema-version"


# --------------------------------------------------------------------- denied
class DeniedError(ButlerError, PermissionError):
    """Not allowed."""

    code = "denied"


class UnauthorizedError(DeniedError):
    """A request without a token, or with one that is not good."""

    code = "unauthorized"


class ReadOnlyError(DeniedError, TypeError):
    """A write to a butler or place that is read-only."""

    code = "read-only"


# ---------------------------------------------------------------- unavailable
class UnavailableError(ButlerError, ConnectionError):
    """A database, store or service did not answer; trying again makes sense."""

    code = "unavailable"


class OverloadedError(UnavailableError):
    """A server has more to do than it takes on, or from one place; after ``seconds`` it makes sense to try again."""

    code = "overloaded"

    def __init__(self, message: str = "", *, hint: str = "", seconds: int = 5) -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds


class UnknownOutcomeError(UnavailableError):
    """The database went away during a commit: all of the transaction is there, or nothing of it."""

    code = "unknown-outcome"


class MissingExtraError(ButlerError, ImportError):
    """An optional part of skybutler is not installed."""

    code = "missing-extra"


# ---------------------------------------------------------------------- batch
class IngestError(ButlerError):
    """Some files of a batch could not be ingested; the others were."""

    code = "ingest"
