"""What a bundle holds: its tables with counts and checksums, in a JSON file.  Knows no repository and no Parquet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from skybutler.errors import ChecksumMismatchError, FormatError, MissingFileError, SchemaVersionError
from skybutler.storage import Storage
from skybutler.storage.checksum import of_stream
from skybutler.version import __version__

__all__ = ["FORMAT", "MANIFEST", "VERSION", "Manifest", "TableEntry", "check_tables", "read_manifest"]

MANIFEST = "manifest.json"
FORMAT = "skybutler bundle"
VERSION = 1
"""Raised when a reader of today could not understand what is written."""


@dataclass(frozen=True)
class TableEntry:
    """One table: its file, what it holds (a kind, and the name of an element or dataset type), and how much."""

    path: str
    kind: str
    name: str
    rows: int
    bytes: int
    checksum: str


@dataclass
class Manifest:
    """What a bundle holds.

    Parameters
    ----------
    namespace, universe_version
        Dimensions of the repository that it is from.
    tables : `list` [`TableEntry`]
        In the order in which they are imported.
    files, file_bytes : `int`
        Data files below ``files``; -1 when the bundle has none.
    """

    namespace: str
    universe_version: int
    tables: list[TableEntry] = field(default_factory=list)
    files: int = -1
    file_bytes: int = 0

    def of_kind(self, kind: str) -> list[TableEntry]:
        """The tables of a kind."""
        return [table for table in self.tables if table.kind == kind]

    def rows(self, kind: str) -> int:
        """How many rows the tables of a kind have together."""
        return sum(table.rows for table in self.of_kind(kind))

    def text(self) -> str:
        """The manifest as JSON."""
        content = {
            "format": FORMAT,
            "version": VERSION,
            "created_by": f"skybutler {__version__}",
            "universe": {"namespace": self.namespace, "version": self.universe_version},
            "datasets": self.rows("datasets"),
            "files": {"count": self.files, "bytes": self.file_bytes} if self.files >= 0 else None,
            "tables": [asdict(table) for table in self.tables],
        }
        return json.dumps(content, indent=1) + "\n"


def read_manifest(storage: Storage) -> Manifest:
    """The manifest of a bundle.

    Raises
    ------
    MissingFileError
        There is none.
    FormatError
        It is not one of a bundle.
    SchemaVersionError
        The bundle was written by a newer skybutler.
    """
    where = storage.root.removesuffix("/")
    if not storage.exists(MANIFEST):
        raise MissingFileError(f"{where} is no bundle: it has no {MANIFEST}.")
    try:
        content = json.loads(storage.read(MANIFEST))
        if content["format"] != FORMAT:
            raise FormatError(f"{where} is no bundle: its format is {content['format']!r}.")
        if int(content["version"]) > VERSION:
            raise SchemaVersionError(
                f"The bundle {where} is of version {content['version']}; this skybutler ({__version__}) knows up to "
                f"{VERSION}.",
                hint=f"It was written by {content.get('created_by', 'a newer one')}: pip install --upgrade skybutler",
            )
        universe, files = content["universe"], content["files"] or {"count": -1, "bytes": 0}
        return Manifest(
            str(universe["namespace"]),
            int(universe["version"]),
            [TableEntry(**table) for table in content["tables"]],
            int(files["count"]),
            int(files["bytes"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, FormatError | SchemaVersionError):
            raise
        raise FormatError(f"{MANIFEST} of {where} is damaged: {type(error).__name__} {error}.") from error


def check_tables(storage: Storage, tables: Sequence[TableEntry]) -> None:
    """Compare all tables with the sizes and checksums in the manifest.

    Raises
    ------
    ChecksumMismatchError
        One is not as it was written; it is named.
    MissingFileError
        One is gone.
    """
    for table in tables:
        if not storage.exists(table.path):
            raise MissingFileError(f"The bundle has no {table.path}, which its manifest names.")
        with storage.open(table.path) as stream:
            found = of_stream(stream)
        if (found.size, found.checksum.hex()) != (table.bytes, table.checksum):
            raise ChecksumMismatchError(
                f"{storage.url(table.path)} has changed since it was written: {found.size} bytes with checksum "
                f"{found.checksum.hex()}, written were {table.bytes} with {table.checksum}.",
                hint="Copy the bundle again.",
            )
