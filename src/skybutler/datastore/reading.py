"""Reading datasets from their files, from whichever store can serve them.  Knows no registry, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.datasets.file_record import FileRecord
from skybutler.datasets.storage_class import StorageClass, StorageClasses
from skybutler.errors import (
    ChecksumMismatchError,
    FileNotFoundInStoreError,
    ParameterError,
    UnknownComponentError,
    nearest,
)
from skybutler.formatters.catalog import load, short_name
from skybutler.formatters.converters import convert
from skybutler.formatters.formatter import Formatter, Source
from skybutler.storage import Storage, StoredFile, located
from skybutler.storage.chain import Chain
from skybutler.storage.checksum import of_stream

from .ingest import sizes_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from skybutler.datasets.provenance import DatasetProvenance
    from skybutler.datasets.ref import DatasetRef

    from .caching import Caching

__all__ = ["Reading"]


class Reading:
    """The part of a datastore that reads; it is given the rest by `Datastore`."""

    storage: Storage
    storage_classes: StorageClasses
    caching: Caching | None

    def get(
        self,
        ref: DatasetRef,
        record: FileRecord,
        *,
        component: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        storage_class: str | None = None,
    ) -> Any:
        """Read a dataset or one of its components.

        Parameters
        ----------
        ref : `skybutler.datasets.DatasetRef`
            The dataset.
        record : `skybutler.datasets.FileRecord`
            Where and how it is stored.
        component : `str`, optional
            Name of a component; by default that of a component's ``ref``.
        parameters : mapping, optional
            Read parameters of the storage class, such as ``bbox`` or ``columns``.
        storage_class : `str`, optional
            Storage class of the result (of the component, if there is one) instead of that of the dataset type.

        Raises
        ------
        skybutler.errors.FileNotFoundInStoreError
            If the file is gone.
        skybutler.errors.ChecksumMismatchError
            If it has not the recorded size.
        skybutler.errors.ParameterError
            If a parameter is unknown to the storage class.
        skybutler.errors.UnknownComponentError
            If the storage class has no such component.
        skybutler.errors.StorageClassError
            If the result cannot be converted to ``storage_class``.
        """
        held = stored = self.storage_classes[record.storage_class]
        of_ref = ref.dataset_type.component
        component = component or of_ref
        if component is not None:
            held = _component_class(stored, component, self.storage_classes)
        if parameters:
            _check_parameters(parameters, held, stored)
        obj = self._read(ref, record, stored, component, parameters or {})
        if storage_class is None:
            storage_class = ref.dataset_type.storage_class if component == of_ref else held.name
        # An exposure without some component has None for it.
        return convert(obj, self.storage_classes[storage_class]) if obj is not None else None

    def _read(
        self,
        ref: DatasetRef,
        record: FileRecord,
        stored: StorageClass,
        component: str | None,
        parameters: Mapping[str, Any],
    ) -> object:
        formatter = _formatter_of(record)
        storage, path = self._locate(record)
        keeps = self.caching is not None and storage.local_root is None and self.caching.keeps(ref)

        def read(storage: Storage) -> object:
            if not keeps or storage.local_root is not None:  # a member of a chain may be a directory
                return formatter.read(Source(storage, path, record.size, ref.data_id), stored, component, parameters)
            assert self.caching is not None
            whole = component is None and not parameters  # of a part only the bytes that are needed are fetched
            with self.caching.nearest(storage, path, record, fetch=whole) as (near, name):
                origin = Source(storage, path, record.size, ref.data_id)
                copy = Source(near, name, record.size, ref.data_id, origin)
                return formatter.read(copy, stored, component, parameters)

        return storage.serve(path, read) if isinstance(storage, Chain) else read(storage)

    def source(self, record: FileRecord, ref: DatasetRef | None = None) -> Source:
        """The file of a record, to be read by a formatter or served as it is."""
        storage, path = self._locate(record)
        return Source(storage, path, record.size, ref.data_id if ref is not None else None)

    def file_provenance(
        self, paths: Iterable[str], formatter: str, storage_class: str
    ) -> Iterator[DatasetProvenance | None]:
        """How the datasets in files were made, as the files themselves tell; `None` where they say nothing.

        Only headers and footers are read.
        """
        from skybutler.datasets.provenance import DatasetProvenance

        reader = load(short_name(formatter, storage_class))
        for path in paths:
            storage, inner = located(self.storage, path)
            flat = reader.read_provenance(Source(storage, inner))
            yield DatasetProvenance.of(flat) if flat else None

    def exists(self, record: FileRecord) -> bool:
        """Whether the file is there."""
        storage, path = self._locate(record)
        return storage.exists(path)

    def exist(self, paths: Sequence[str]) -> NDArray[np.bool_]:
        """Whether the files of many recorded paths are there, shape (n,)."""
        import numpy as np

        return np.asarray(sizes_of(self.storage, paths) >= 0)

    def copies(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """Sizes in bytes of the files of n recorded paths in each of m stores, shape (m, n); -1 for missing ones."""
        import numpy as np

        members = list(self.storage.members.values()) if isinstance(self.storage, Chain) else [self.storage]
        return np.stack([sizes_of(member, paths) for member in members])

    def content(self, record: FileRecord) -> StoredFile:
        """Size and checksum of the file of a record as it is; all of it is read."""
        storage, path = self._locate(record)
        with storage.open(path) as stream:
            return of_stream(stream)

    def verify(self, record: FileRecord, *, store: str | None = None) -> StoredFile:
        """Read a whole file and compare it with its record.

        Parameters
        ----------
        record : `skybutler.datasets.FileRecord`
            What is recorded of it.
        store : `str`, optional
            Name of the store whose copy is read; by default all that there are.

        Returns
        -------
        stored : `skybutler.storage.StoredFile`
            Size and checksum of the file as it is.

        Raises
        ------
        skybutler.errors.ChecksumMismatchError
            If size or checksum differ from recorded ones.
        skybutler.errors.FileNotFoundInStoreError
            If the file is gone.
        """
        home = self.storage
        if store is not None and isinstance(home, Chain):
            home = home.members[store]
        storage, path = located(home, record.path)
        if not isinstance(storage, Chain):
            return _verified(storage, path, record)
        found = [_verified(member, path, record) for member in storage.members.values() if member.exists(path)]
        if not found:
            names = ", ".join(storage.members)
            raise FileNotFoundInStoreError(f"There is no file {path} in any of the stores {names}.")
        return found[0]

    def uris(self, record: FileRecord) -> list[str]:
        """Absolute URIs of all copies of the file of a record that there are, in the order of the stores."""
        storage, path = self._locate(record)
        members = storage.members.values() if isinstance(storage, Chain) else [storage]
        return [member.url(path) for member in members if member.exists(path)]

    def uri(self, record: FileRecord) -> str:
        """Absolute URI of the file of a record."""
        if "://" in record.path:
            return record.path
        storage, path = self._locate(record)
        return storage.url(path)

    def signed_url(self, record: FileRecord, seconds: int = 3600) -> str:
        """URL through which anyone can read the file for some time (``file:`` for a local one)."""
        storage, path = self._locate(record)
        return storage.signed_url(path, seconds)

    def _locate(self, record: FileRecord) -> tuple[Storage, str]:
        return located(self.storage, record.path)


def _verified(storage: Storage, path: str, record: FileRecord) -> StoredFile:
    with storage.open(path) as stream:
        found = of_stream(stream)
    if record.size not in (-1, found.size):
        raise ChecksumMismatchError(
            f"{storage.url(path)} has {found.size} bytes, but {record.size} were recorded when it was stored."
        )
    if record.checksum is not None and record.checksum != found.checksum:
        raise ChecksumMismatchError(
            f"The content of {storage.url(path)} has changed: its checksum is {found.checksum.hex()}, "
            f"recorded was {record.checksum.hex()}."
        )
    return found


def _formatter_of(record: FileRecord) -> Formatter:
    """The formatter that reads a file."""
    return load(short_name(record.formatter, record.storage_class))


def _component_class(stored: StorageClass, component: str, known: StorageClasses) -> StorageClass:
    names = stored.all_components
    if component not in names:
        raise UnknownComponentError(
            f"Storage class {stored.name!r} has no component {component!r}.",
            hint=nearest(component, names) or (f"It has {', '.join(names)}." if names else "It has none."),
        )
    return known[names[component]]


def _check_parameters(parameters: Mapping[str, Any], held: StorageClass, stored: StorageClass) -> None:
    # The parameters of the whole hold for its components: the box of an image component, say.
    known = held.parameters | stored.parameters
    for name in parameters:
        if name not in known:
            raise ParameterError(
                f"Storage class {held.name!r} has no read parameter {name!r}.",
                hint=nearest(name, known) or (f"It has {', '.join(sorted(known))}." if known else "It has none."),
            )
