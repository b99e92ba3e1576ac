"""Datasets copied from one repository to another with their files, ids and runs.  A use of two butlers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.datasets import CollectionType, DatasetRef, DatasetType
from skybutler.datasets.file_columns import FileColumns
from skybutler.datasets.packed_ids import PackedIds
from skybutler.dimensions import DataId, DimensionGroup
from skybutler.errors import DatasetNotFoundError, MissingFileError
from skybutler.registry.attachments import attach, attached
from skybutler.registry.registry import Registry
from skybutler.registry.rows import DatasetRows, rows_of

from .dataset_types import require_types, translated
from .dimension_records import RecordGatherer, insert_new, require_same_universe
from .files import bring_files, check_mode
from .placement import Placed, Placement
from .standing import fresh_positions

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.butler.transfers import HasIds
    from skybutler.storage import Stage

__all__ = [
    "Progress",
    "Transferred",
    "insert_rows",
    "packed",
    "transfer_dimension_records_from",
    "transfer_from",
]

_log = logging.getLogger(__name__)

_LOOKED_UP = 10_000
"""Datasets compared at a time."""
_AT_ONCE = 1_000
"""Datasets per transaction: so many are done again at most after an interruption."""

Progress = Callable[[int, int | None], None]
"""Told how many datasets are done, and of how many."""


class Transferred(Iterable[DatasetRef]):
    """What a transfer has added: refs are made when they are looked at.

    Attributes
    ----------
    packed : `PackedIds`
        Ids of the datasets that were added (with ``dry_run``, that would have been).
    present : `int`
        How many of those asked for were there already.
    missing : `list` [`str`]
        Datasets that were left out because nothing is stored of them, or their file is gone: at most the first 100.
    missing_count : `int`
        How many these are.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.packed = PackedIds()
        self.present = 0
        self.missing: list[str] = []
        self.missing_count = 0

    def __len__(self) -> int:
        return len(self.packed)

    def __bool__(self) -> bool:
        return bool(len(self.packed))

    def __iter__(self) -> Iterator[DatasetRef]:
        for part in _batches(self.packed, _LOOKED_UP):
            for rows in rows_of(self._registry, part):
                yield from rows.refs()

    def __repr__(self) -> str:
        return f"<Transferred: {len(self)} datasets, {self.present} already there, {self.missing_count} missing>"

    def note_missing(self, rows: DatasetRows, positions: Sequence[int]) -> None:
        """Count datasets without a file, and keep the first ones in words."""
        self.missing_count += len(positions)
        self.missing += [rows.described(i) for i in positions[: max(0, 100 - len(self.missing))]]


def packed(refs: Iterable[DatasetRef] | HasIds | PackedIds) -> PackedIds:
    """Ids of references; of a query's answer they are taken as columns, without an object each."""
    if isinstance(refs, PackedIds):
        return refs
    if isinstance(refs, Transferred):
        return refs.packed
    ids: Callable[[], Iterator[bytes]] | None = getattr(refs, "ids", None)
    if ids is not None:
        return PackedIds(ids())
    return PackedIds(ref.id.bytes for ref in refs)  # type: ignore[union-attr]


def _batches(ids: Iterable[bytes], size: int) -> Iterator[list[bytes]]:
    left = iter(ids)
    while part := list(islice(left, size)):
        yield part


# ------------------------------------------------------------------- datasets
def transfer_from(
    target: Butler,
    source: Butler,
    refs: Iterable[DatasetRef] | HasIds | PackedIds,
    *,
    transfer: str = "auto",
    skip_missing: bool = True,
    register_dataset_types: bool = False,
    transfer_dimensions: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Transferred:
    """Copy datasets with their ids, RUNs, files and provenance; tags, chains and validity ranges stay behind.

    Everything is compared before anything is written.  Then some hundred datasets at a time are copied in a
    transaction each; called again after an interruption, it goes on where it was.

    Parameters
    ----------
    target, source : `Butler`
        Where to, and where from.
    refs : iterable of `DatasetRef`
        Datasets of ``source``; the answer to a query is taken without an object per dataset.
    transfer : `str`
        One of `skybutler.transfer.files.MODES`.  With ``auto``, files outside the source datastore stay where they
        are; any other mode takes them in.
    skip_missing : `bool`
        Leave out datasets of which nothing is stored or whose file is gone; otherwise they come without a file.
    register_dataset_types : `bool`
        Register missing dataset types; otherwise they are an error.
    transfer_dimensions : `bool`
        Copy the dimension records that the datasets need; those that are there must be equal.
    dry_run : `bool`
        Only look.
    progress : callable, optional
        Told how many datasets are done, and of how many.

    Returns
    -------
    transferred : `Transferred`
        Refs of what was added, and what was left out.

    Raises
    ------
    InconsistentUniverseError
        The repositories' dimensions do not fit together.
    ConflictingDefinitionError
        A dataset type, an id, a place in a run or a dimension record has another meaning in the target.
    MissingDatasetTypeError
        A dataset type is not registered.
    DatasetNotFoundError
        A dataset is not in the source.
    ChecksumMismatchError
        A file is not as the source recorded it.
    ParameterError
        ``transfer`` is no such mode.
    """
    mode = check_mode(transfer)
    if not dry_run:
        target.registry.database.require_writeable()
    require_same_universe(source.dimensions, target.dimensions)
    source.registry.refresh()
    target.registry.refresh()
    work = _Transfer(target, source, mode, skip_missing, transfer_dimensions, dry_run)
    wanted = packed(refs)
    fresh, missing_types = work.compare(wanted, register_dataset_types)
    if not dry_run:
        for kind in missing_types:
            target.register_dataset_type(kind)
    done = work.done.present
    for part in _batches(fresh, _AT_ONCE):
        work.copy(part)
        done += len(part)
        if progress is not None:
            progress(done, len(wanted))
    return work.done


class _Transfer:
    """One transfer."""

    def __init__(
        self, target: Butler, source: Butler, mode: str, skip_missing: bool, dimensions: bool, dry_run: bool
    ) -> None:
        self._target, self._source, self._mode = target, source, mode
        self._skip_missing, self._dry_run = skip_missing, dry_run
        self._gatherer = RecordGatherer(source.registry) if dimensions else None
        self.done = Transferred(source.registry if dry_run else target.registry)

    def compare(self, wanted: PackedIds, register: bool) -> tuple[PackedIds, list[DatasetType]]:
        """Ids of datasets that are new, and dataset types to be made; contradictions are errors."""
        fresh, kinds = PackedIds(), {}
        for part in _batches(wanted, _LOOKED_UP):
            found = rows_of(self._source.registry, part)
            if sum(map(len, found)) < len(set(part)):
                self._refuse_unknown(part, found)
            for rows in found:
                kinds[rows.dataset_type.name] = rows.dataset_type
                positions = fresh_positions(self._target.registry, rows)
                self.done.present += len(rows) - len(positions)
                for i in positions:
                    fresh.add(rows.ids[i])
        here = [translated(kind, self._target.registry) for kind in kinds.values()]
        return fresh, require_types(self._target.registry, here, register=register)

    def _refuse_unknown(self, part: Sequence[bytes], found: Sequence[DatasetRows]) -> None:
        import uuid

        known = {identifier for rows in found for identifier in rows.ids}
        unknown = [uuid.UUID(bytes=i) for i in part if i not in known]
        raise DatasetNotFoundError(
            f"{len(unknown)} of the datasets are not in {self._source.config.root}: {unknown[0]}, ...",
            hint="Take the refs from the repository that the datasets are to come from.",
        )

    def copy(self, ids: Sequence[bytes]) -> None:
        """Copy some datasets in one transaction."""
        for rows in rows_of(self._source.registry, ids):
            stored = self._stored(rows)
            if self._skip_missing:
                rows, stored = rows.chosen(np.flatnonzero(stored).tolist()), stored[stored]
            if self._dry_run:
                self._note(rows.ids)
            elif len(rows):
                for instrument, positions in _by_instrument(rows):
                    self._note(self._copy_rows(rows.chosen(positions), stored[positions], instrument))

    def _note(self, ids: Iterable[bytes]) -> None:
        for identifier in ids:
            self.done.packed.add(identifier)

    def _stored(self, rows: DatasetRows) -> np.ndarray[Any, Any]:
        """Which of the datasets have their file, shape (n,)."""
        recorded = [i for i, path in enumerate(rows.path) if path is not None]
        stored = np.zeros(len(rows), bool)
        stored[recorded] = self._source.datastore.exist([str(rows.path[i]) for i in recorded])
        by_parts = set(attached(self._source.registry, "artifact", rows.ids)["dataset"])
        stored |= np.fromiter((identifier in by_parts for identifier in rows.ids), bool, len(rows))
        if not stored.all():
            gone = np.flatnonzero(~stored).tolist()
            self.done.note_missing(rows, gone)
            lost = [i for i in gone if rows.path[i] is not None]
            if lost:
                _log.warning("%d files are gone, the first is that of %s.", len(lost), rows.described(lost[0]))
        return stored

    def _copy_rows(self, rows: DatasetRows, stored: np.ndarray[Any, Any], instrument: str | None) -> list[bytes]:
        target = self._target
        with target._transactions.begin() as stage:
            if self._gatherer is not None:
                insert_new(target.registry, self._gatherer.gather(rows.dataset_type.dimensions, rows.columns))
            for run in sorted(set(rows.run)):
                target.registry.collections.register(run, CollectionType.RUN)
                target.registry.collections.wait_for_turn(run)
            positions = fresh_positions(target.registry, rows)  # another process may have been here
            rows, stored = rows.chosen(positions), stored[positions]
            placed = Placement(self._source, target, self._mode).placed(rows, stored)
            self._bring(placed, stage, instrument)
            insert_rows(target.registry, placed.rows)
            for table, columns in placed.attachments.items():
                attach(target.registry, table, columns)
        return rows.ids

    def _bring(self, placed: Placed, stage: Stage, instrument: str | None) -> None:
        datasets = self._target.registry.datasets
        kind = self._target.registry.dataset_types.get(placed.rows.dataset_type.name).dataset_type
        datasets.claim_paths([job.path for job in placed.jobs])
        try:
            brought = bring_files(
                self._source.datastore,
                self._target.datastore.accepting(kind, instrument),
                placed.jobs,
                self._mode,
                stage,
                in_use=datasets.path_in_use,
            )
        except MissingFileError as error:
            error.hint = "Run it again: what is missing is left out (skip_missing=True)."
            raise
        placed.measured(brought)


def _by_instrument(rows: DatasetRows) -> Iterator[tuple[str | None, list[int]]]:
    """Positions of the datasets of each instrument: it decides which stores take them."""
    if "instrument" not in rows.columns:
        yield None, list(range(len(rows)))
        return
    groups: dict[str, list[int]] = {}
    for i, instrument in enumerate(rows.columns["instrument"]):
        groups.setdefault(instrument, []).append(i)
    yield from groups.items()


def insert_rows(registry: Registry, rows: DatasetRows) -> None:
    """Insert datasets with their ids, run by run (inside a transaction); RUNs and dataset types must exist."""
    groups: dict[tuple[str, str | None, str | None], list[int]] = {}
    for i, key in enumerate(zip(rows.run, rows.formatter, rows.storage_class, strict=True)):
        groups.setdefault(key, []).append(i)
    for (run, formatter, storage_class), positions in groups.items():
        part = rows.chosen(positions)
        files = None
        if formatter is not None and storage_class is not None:
            files = FileColumns(
                [str(path) for path in part.path],
                [-1 if size is None else size for size in part.size],
                formatter,
                storage_class,
                part.checksum,
            )
        ids = np.frombuffer(b"".join(part.ids), np.uint8).reshape(-1, 16)
        registry.datasets.insert(rows.dataset_type.name, run, part.columns, ids=ids, files=files, action="transfer")


# ---------------------------------------------------------- dimension records
def transfer_dimension_records_from(target: Butler, source: Butler, items: Iterable[DatasetRef | DataId]) -> int:
    """Copy the dimension records that datasets or data IDs need: all of them, or none.

    Parameters
    ----------
    target, source : `Butler`
        Where to, and where from.
    items : iterable of `DatasetRef` or `DataId`
        What the records are for; with visits come their definitions, exposures and regions.

    Returns
    -------
    count : `int`
        Records that were new.

    Raises
    ------
    ConflictingDefinitionError
        A record is there with other values.
    InconsistentUniverseError
        The repositories' dimensions do not fit together.
    """
    target.registry.database.require_writeable()
    require_same_universe(source.dimensions, target.dimensions)
    gatherer, count = RecordGatherer(source.registry), 0
    with target.transaction():
        for group, columns in _by_group(items):
            count += insert_new(target.registry, gatherer.gather(group, columns))
    return count


def _by_group(items: Iterable[DatasetRef | DataId]) -> Iterator[tuple[DimensionGroup, dict[str, list[Any]]]]:
    """Data IDs as columns, some thousand at a time, those of each dimension group together."""
    left = iter(items)
    while part := list(islice(left, _LOOKED_UP)):
        groups: dict[DimensionGroup, list[tuple[Any, ...]]] = {}
        for item in part:
            data_id = item.data_id if isinstance(item, DatasetRef) else item
            groups.setdefault(data_id.group, []).append(tuple(data_id.required_values))
        for group, rows in groups.items():
            yield group, dict(zip(group.required, map(list, zip(*rows, strict=True)), strict=True))
