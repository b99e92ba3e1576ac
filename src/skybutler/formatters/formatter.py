"""What a formatter is: the reader and writer of one file format.  Knows neither registry nor datastore."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from skybutler.errors import ChecksumMismatchError, UnknownComponentError, nearest

if TYPE_CHECKING:
    from skybutler.datasets.provenance import DatasetProvenance
    from skybutler.datasets.ref import DatasetRef
    from skybutler.datasets.storage_class import StorageClass
    from skybutler.storage import FileState, Storage

__all__ = [
    "FITS_PROVENANCE",
    "TABLE_PROVENANCE",
    "BytesFormatter",
    "Formatter",
    "ProvenancePlace",
    "Source",
    "no_component",
    "old_provenance",
    "with_provenance",
]


class Source:
    """One file to be read, wherever it is.

    Parameters
    ----------
    storage : `skybutler.storage.Storage`
        Where the file is.
    path : `str`
        Its path there.
    size : `int`
        Recorded size in bytes, -1 if none; a file of another size is refused.
    data_id : mapping, optional
        Data ID of the dataset, for formatters that need more than the file (raws).
    origin : `Source`, optional
        The file that this one is a passing copy of.
    """

    __slots__ = ("_origin", "_path", "_size", "_state", "_storage", "data_id")

    def __init__(
        self,
        storage: Storage,
        path: str,
        size: int = -1,
        data_id: Mapping[str, Any] | None = None,
        origin: Source | None = None,
    ) -> None:
        self._storage, self._path, self._size, self._origin = storage, path, size, origin
        self._state: FileState | None = None
        self.data_id: Mapping[str, Any] = data_id if data_id is not None else {}

    @property
    def uri(self) -> str:
        """Absolute URI of the file."""
        return self._storage.url(self._path)

    @property
    def lasting(self) -> Source:
        """The file to read from later: the original of a copy that may be gone by then, else this one."""
        return self._origin or self

    @property
    def extension(self) -> str:
        """Extension in lower case from the first point of the name on, such as ``.fits.gz``; empty if none."""
        name = self._path.rsplit("/", 1)[-1].lower()
        return name[name.find(".") :] if "." in name else ""

    def read_bytes(self) -> bytes:
        """Whole content.

        Raises
        ------
        skybutler.errors.ChecksumMismatchError
            If the size is not the recorded one.
        skybutler.errors.FileNotFoundInStoreError
            If the file is gone.
        """
        data = self._storage.read(self._path)
        if self._size >= 0 and len(data) != self._size:
            self._refuse(len(data))
        return data

    @property
    def is_local(self) -> bool:
        """Whether the file is on a mounted file system, where a range costs microseconds, not a round trip."""
        return self._storage.local_root is not None

    @property
    def size(self) -> int:
        """Size in bytes: the recorded one if there is one."""
        return self._size if self._size >= 0 else self.state().size

    def state(self) -> FileState:
        """Size and version of the file, asked for once.

        Raises
        ------
        skybutler.errors.ChecksumMismatchError
            If the size is not the recorded one.
        """
        if self._state is None:
            found = self._storage.state(self._path)
            if self._size not in (-1, found.size):
                self._refuse(found.size)
            self._state = found
        return self._state

    def read_ranges(self, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
        """Several half-open byte ranges ``(start, stop)``; they end where the file does.

        The state of the file, if it is not known, is asked for at the same time.
        """
        if self.is_local or self._state is not None or self._size < 0:
            size = self.state().size
            return self._ranges(ranges, size)
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as pool:
            state = pool.submit(self.state)
            try:
                return self._ranges(ranges, self._size)
            finally:
                state.result()  # a file of another size is to be reported as that

    def _ranges(self, ranges: Sequence[tuple[int, int]], size: int) -> list[bytes]:
        if all(start < stop <= size for start, stop in ranges):
            return self._storage.read_ranges(self._path, ranges)
        clipped = [(min(start, size), min(stop, size)) for start, stop in ranges]
        found = iter(self._storage.read_ranges(self._path, [piece for piece in clipped if piece[0] < piece[1]]))
        return [next(found) if start < stop else b"" for start, stop in clipped]

    def open(self) -> BinaryIO:
        """Seekable stream over the file, to be closed by the caller."""
        stream = self._storage.open(self._path)
        if self._size >= 0:
            found = stream.seek(0, 2)
            stream.seek(0)
            if found != self._size:
                stream.close()
                self._refuse(found)
        return stream

    @contextmanager
    def local_path(self) -> Iterator[Path]:
        """A local file with the content, for the duration of a ``with`` block; not to be modified."""
        with self._storage.local_path(self._path) as path:
            if self._size >= 0 and (found := path.stat().st_size) != self._size:
                self._refuse(found)
            yield path

    def _refuse(self, found: int) -> None:
        raise ChecksumMismatchError(f"{self.uri} has {found} bytes, but {self._size} were recorded when it was stored.")


@dataclass(frozen=True, slots=True)
class ProvenancePlace:
    """How a format keeps the provenance of a dataset: the prefix of the names and what separates their parts.

    Parameters
    ----------
    prefix, separator : `str`
    most_inputs : `int`
        More inputs than these are only counted, so that a header does not outgrow the data.
    """

    prefix: str
    separator: str
    most_inputs: int

    def flat(self, provenance: DatasetProvenance, ref: DatasetRef) -> dict[str, Any]:
        """Names and values to be kept in the file of a dataset."""
        return provenance.to_flat_dict(
            ref, prefix=self.prefix, sep=self.separator, simple_types=True, max_inputs=self.most_inputs
        )


FITS_PROVENANCE = ProvenancePlace("LSST BUTLER", " ", 3_000)
TABLE_PROVENANCE = ProvenancePlace("LSST.BUTLER", ".", 2_000)
"""Names, separators and limits are those of the files that the field exchanges."""

_STARTS = tuple(place.prefix + place.separator for place in (FITS_PROVENANCE, TABLE_PROVENANCE))


def old_provenance(metadata: Iterable[Any]) -> list[Any]:
    """Keys of metadata that tell of the file from which they were read; they go when it is written again."""
    return [key for key in metadata if isinstance(key, str) and key.startswith(_STARTS)]


def with_provenance(table: Any, provenance: Mapping[str, Any] | None) -> Any:
    """An astropy table with this provenance in its metadata, and no older one; columns are shared."""
    old = old_provenance(table.meta)
    if not (provenance or old):
        return table
    made = table.copy(copy_data=False)
    for key in old:
        del made.meta[key]
    made.meta.update(provenance or {})
    return made


class Formatter(ABC):
    """Reads and writes one file format.

    Instances hold their write parameters and nothing else, so one serves all datasets and threads.

    Parameters
    ----------
    **parameters
        Write parameters, from the configuration of the datastore; each formatter names its own.
    """

    extension: ClassVar[str]
    """Extension of the files written, with its point; what is read may have another."""

    provenance: ClassVar[ProvenancePlace | None] = None
    """Where the files keep how a dataset was made; `None` if they have no place for it."""

    @abstractmethod
    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        """Read a dataset, or one component of it.

        Parameters
        ----------
        source : `Source`
            The file.
        storage_class : `skybutler.datasets.StorageClass`
            Storage class of the whole dataset as it was stored.
        component : `str`, optional
            Name of one of its components; `None` for all of it.
        parameters : mapping
            Read parameters, already checked against the storage class.

        Returns
        -------
        dataset
            Object of the Python type of the storage class, or of the component's.

        Raises
        ------
        skybutler.errors.UnreadableFileError
            If the file is not of this format.
        skybutler.errors.UnknownComponentError
            If this format cannot give the component.
        """

    @abstractmethod
    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        """Write a dataset to a new local file.

        Parameters
        ----------
        obj
            Object of the Python type of the storage class.
        path : `~pathlib.Path`
            File to make.
        storage_class : `skybutler.datasets.StorageClass`
            Storage class of the dataset.
        provenance : mapping, optional
            Flat names and values to be kept in the file if its format has a place for them.

        Raises
        ------
        skybutler.errors.FormatError
            If the object cannot be written in this format.
        """

    def read_provenance(self, source: Source) -> Mapping[str, Any]:
        """Flat names and values of provenance that a file carries, of whoever wrote it; empty if there are none."""
        return {}


class BytesFormatter(Formatter):
    """A formatter of small files, which makes their content in memory."""

    @abstractmethod
    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        """The content of a file that holds the object."""

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        path.write_bytes(self.to_bytes(obj, storage_class, provenance))


def no_component(component: str | None, storage_class: StorageClass, known: Sequence[str] = ()) -> None:
    """Refuse a component that a format cannot give.

    Raises
    ------
    skybutler.errors.UnknownComponentError
        If ``component`` is not `None`.
    """
    if component is not None:
        raise UnknownComponentError(
            f"The file of a {storage_class.name} has no component {component!r}.", hint=nearest(component, known)
        )
