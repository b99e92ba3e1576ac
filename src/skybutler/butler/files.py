"""Files in and out of a repository: ingest, prune, remove runs.  Works on a `Butler` from outside."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.datasets import (
    CollectionType,
    DatasetRef,
    DatasetType,
    FileDataset,
)
from skybutler.datasets.file_columns import FileColumns
from skybutler.datasets.identity import uuid7
from skybutler.datasets.packed_ids import PackedIds
from skybutler.datasets.provenance import DatasetProvenance
from skybutler.errors import (
    CollectionTypeError,
    DatasetExistsError,
    InvalidError,
    OrphanedRecordError,
    ParameterError,
)

if TYPE_CHECKING:
    import numpy as np

    from .butler import Butler

__all__ = ["bring_in", "ingest", "ingest_columns", "prune", "prune_ids", "remove_runs"]


# --------------------------------------------------------------------- ingest
def ingest(
    butler: Butler, datasets: Sequence[FileDataset], transfer: str | None, *, skip_existing: bool, track: bool
) -> None:
    """Take existing files into the repository; runs and dataset types are registered when needed.

    Parameters
    ----------
    butler : `Butler`
    datasets : sequence of `FileDataset`
        Files with the refs they hold; several refs for one file need a formatter that can tell them apart.
    transfer : `str` or `None`
        One of `skybutler.storage.transfer.MODES`.
    skip_existing : `bool`
        Leave out datasets whose run has them already.
    track : `bool`
        Record sizes.

    Raises
    ------
    DatasetExistsError
        A run has a dataset already, or two of the given ones have the same data ID.
    MissingFileError
        Files do not exist.
    """
    import numpy as np

    groups: dict[tuple[DatasetType, str, str | None], list[tuple[str, DatasetRef]]] = {}
    made: dict[bytes, DatasetProvenance] = {}
    shared = ""
    for item in datasets:
        refs = item.refs
        path = os.fspath(item.path)
        if len(refs) > 1:
            shared = path
        for ref in refs:
            groups.setdefault((ref.dataset_type, ref.run, item.formatter), []).append((path, ref))
            if item.provenance is not None:
                made[ref.id.bytes] = DatasetProvenance.of(item.provenance)
    if shared and transfer not in (None, "direct", "split"):
        raise InvalidError(
            f"{shared} holds several datasets; such files can only be ingested in place or 'direct'.",
            hint="Use transfer='direct', or one file per dataset.",
        )
    with butler.transaction():
        for (kind, run, formatter), members in groups.items():
            butler.register_dataset_type(kind)
            required = kind.dimensions.required
            columns = {d: [ref.data_id[d] for _, ref in members] for d in required}
            ids = np.frombuffer(b"".join(ref.id.bytes for _, ref in members), np.uint8).reshape(-1, 16)
            ingest_columns(
                butler,
                kind.name,
                columns,
                [path for path, _ in members],
                run=run,
                transfer=transfer,
                formatter=formatter,
                ids=ids,
                skip_existing=skip_existing,
                track=track,
                provenance=[made.get(ref.id.bytes) for _, ref in members] if made else None,
            )


def ingest_columns(
    butler: Butler,
    name: str,
    columns: Mapping[str, Any],
    paths: Sequence[str],
    *,
    run: str,
    transfer: str | None,
    formatter: str | None,
    ids: np.ndarray[Any, Any] | None,
    skip_existing: bool,
    track: bool,
    provenance: Sequence[DatasetProvenance | None] | None = None,
) -> np.ndarray[Any, Any]:
    """Take many files of one dataset type into a run, without a Python object per file.

    Parameters
    ----------
    butler : `Butler`
    name : `str`
        Registered dataset type.
    columns : mapping
        One sequence per required dimension, all of length n.
    paths : sequence of `str`
        The files, length n; relative ones are below the datastore root.
    run : `str`
        RUN, made when needed.
    transfer : `str` or `None`
        One of `skybutler.storage.transfer.MODES`.
    formatter : `str`, optional
        What reads the files; by default what is configured.
    ids : `numpy.ndarray`, optional
        16-byte ids, uint8 of shape (n, 16).
    skip_existing : `bool`
        Leave out what the run has already.
    track : `bool`
        Record sizes.
    provenance : sequence of `DatasetProvenance` or `None`, optional
        How the datasets were made, length n.

    Returns
    -------
    added : `numpy.ndarray`
        Boolean, shape (n,).

    Raises
    ------
    DatasetExistsError, MissingFileError
        See `ingest`.
    """
    import numpy as np

    butler.registry.database.require_writeable()
    butler.registry.refresh()
    kind = butler.registry.dataset_types.get(name).dataset_type
    _check_columns(kind, columns, len(paths))
    added = np.ones(len(paths), bool)
    if not len(paths):
        return added
    with butler._transactions.begin() as stage:
        butler.registry.collections.register(run, CollectionType.RUN)
        makes_files = transfer not in (None, "direct", "split")
        if makes_files:  # others would bring the same files to the same places, and take them back when they fail
            butler.registry.collections.wait_for_turn(run)
        if skip_existing or makes_files:
            existing = butler.registry.datasets.existing(name, run, columns)
            if existing.any() and not skip_existing:
                first = int(existing.argmax())
                shown = ", ".join(f"{d}: {columns[d][first]!r}" for d in kind.dimensions.required)
                raise DatasetExistsError(
                    f"Run '{run}' already holds '{name}' for {{{shown}}} "
                    f"({int(existing.sum())} of {len(paths)} in all).",
                    hint="Skip what exists (skip_existing=True, --skip-existing) or use another run.",
                )
            added = ~existing
            if not added.any():
                return added
            if existing.any():
                chosen = np.flatnonzero(added)
                columns = {d: np.asarray(c)[chosen] for d, c in columns.items()}
                paths = [paths[i] for i in chosen.tolist()]
                ids = ids[chosen] if ids is not None else None
                provenance = [provenance[i] for i in chosen.tolist()] if provenance else None
        files, in_place = bring_in(butler, kind, columns, paths, run, transfer, formatter, track, stage)
        butler.registry.datasets.claim_paths(in_place)
        ids = uuid7(len(paths)) if ids is None else ids
        butler.registry.datasets.insert(name, run, columns, ids=ids, files=files)
        if in_place:
            butler.registry.datasets.share_files(row.tobytes() for row in ids)
        if provenance:
            pairs = zip((row.tobytes() for row in ids), provenance, strict=True)
            butler.registry.lineage.record({identifier: made for identifier, made in pairs if made is not None})
    return added


def _check_columns(kind: DatasetType, columns: Mapping[str, Any], n: int) -> None:
    """Refuse columns that are not the type's dimensions, one value per file."""
    required = kind.dimensions.required
    if set(columns) != set(required):
        raise ParameterError(
            f"The columns {sorted(columns)} are not those of '{kind.name}'.", hint=f"Needed are: {', '.join(required)}."
        )
    for name, column in columns.items():
        if len(column) != n:
            raise ParameterError(f"Column '{name}' has {len(column)} values for {n} files.")


def bring_in(
    butler: Butler,
    kind: DatasetType,
    columns: Mapping[str, Any],
    paths: Sequence[str],
    run: str,
    transfer: str | None,
    formatter: str | None,
    track: bool,
    stage: Any,
) -> tuple[FileColumns, list[str]]:
    """Bring the files of new datasets in place, or see that they are there (inside a transaction).

    Parameters are those of `ingest_columns`.

    Returns
    -------
    files : `FileColumns`
        What is to be recorded.
    in_place : `list` [`str`]
        The paths inside the root that were there before.
    """
    instrument = str(columns["instrument"][0]) if "instrument" in columns else None
    chosen = formatter or butler.datastore.formatters.choose(kind, instrument=instrument).name

    made: list[str] = []

    def stems() -> list[str]:
        made[:] = butler.datastore.stems(kind, template_columns(butler, kind, columns, run), len(paths))
        butler.registry.datasets.claim_paths(made)
        return made

    files = butler.datastore.ingest(
        list(paths),
        transfer,
        formatter=chosen,
        storage_class=kind.storage_class,
        stage=stage,
        stems=stems,
        track=track,
        checksum=bool(butler.config.datastore.get("checksum")),
        in_use=butler.registry.datasets.path_in_use,
        dataset_type=kind,
        instrument=instrument,
    )
    return files, [] if made else [path for path in files.path if "://" not in path]


def template_columns(butler: Butler, kind: DatasetType, columns: Mapping[str, Any], run: str) -> dict[str, Any]:
    """Columns of everything a file template may name: dimensions, their record fields, and the run.

    Records are fetched once per distinct value.
    """
    elements, universe = butler.registry.elements, butler.registry.universe
    found: dict[str, Any] = {"run": run}
    plain = {d: list(c.tolist()) if hasattr(c, "tolist") else list(c) for d, c in columns.items()}
    if len(kind.dimensions.skypix) == 1:
        found["skypix"] = plain[kind.dimensions.skypix[0]]
    waiting = [*kind.dimensions.required, *kind.dimensions.implied]
    while waiting:
        ready = [d for d in waiting if all(r in plain for r in universe[d].required)]
        for dimension in ready:
            waiting.remove(dimension)
            element = universe[dimension]
            keys = list(zip(*(plain[r] for r in element.required), strict=True))
            records = elements.fetch_by_key(dimension, set(keys))
            found[dimension] = plain[dimension]
            for field in (*element.implied, *element.columns):
                values = {key: None if r is None else r.get(field) for key, r in records.items()}
                column = [values[key] for key in keys]
                found[f"{dimension}.{field}"] = column
                if field in element.implied:
                    plain.setdefault(field, column)
        if not ready:
            break
    return found


# --------------------------------------------------------------------- remove
def prune(
    butler: Butler, refs: Iterable[DatasetRef], *, disassociate: bool, unstore: bool, tags: Iterable[str], purge: bool
) -> int:
    """Take datasets out of TAGGED collections, delete their files, or remove them altogether.

    Parameters
    ----------
    butler : `Butler`
    refs : iterable of `DatasetRef`
    disassociate : `bool`
        Take them out of ``tags``.
    unstore : `bool`
        Delete their files; shared files go with their last dataset, ``direct`` ones stay.
    tags : iterable of `str`
        TAGGED collections.
    purge : `bool`
        Remove the datasets themselves; needs ``disassociate`` and ``unstore``.

    Returns
    -------
    count : `int`
        How many datasets were concerned.

    Raises
    ------
    ParameterError
        The options contradict each other.
    """
    ids = PackedIds(_whole(ref).id.bytes for ref in refs)
    return prune_ids(butler, ids, disassociate=disassociate, unstore=unstore, tags=tags, purge=purge)


def _whole(ref: DatasetRef) -> DatasetRef:
    if ref.is_component:
        raise InvalidError(f"A component cannot be pruned by itself: {ref}.", hint="Prune the whole dataset.")
    return ref


def prune_ids(
    butler: Butler, ids: PackedIds, *, disassociate: bool, unstore: bool, tags: Iterable[str], purge: bool
) -> int:
    """Prune datasets by id; see `prune`."""
    tags = [tags] if isinstance(tags, str) else list(tags)
    if purge and not (disassociate and unstore):
        raise ParameterError("purge=True removes files and memberships: it needs disassociate=True and unstore=True.")
    if disassociate and not purge and not tags and not unstore:
        raise ParameterError("disassociate=True needs tags=..., the TAGGED collections to take the datasets out of.")
    with butler._transactions.begin():
        if disassociate:
            for tag in tags:
                butler.registry.datasets.disassociate(tag, ids)
        if unstore:
            butler.registry.datasets.remove(ids, unstore_only=not purge)
            butler._transactions.note_trash()
    return len(ids)


def remove_runs(butler: Butler, names: Sequence[str], *, unlink_from_chains: bool) -> int:
    """Remove RUNs with their datasets and files; all is checked before anything is touched.

    Returns
    -------
    count : `int`
        How many datasets were removed.

    Raises
    ------
    OrphanedRecordError
        A chain holds a run and ``unlink_from_chains`` is false; the chains are named.
    CollectionTypeError
        A collection is no RUN.
    """
    butler.registry.refresh()
    collections, datasets = butler.registry.collections, butler.registry.datasets
    runs = [collections.get(name) for name in dict.fromkeys(names)]
    for run in runs:
        if run.type is not CollectionType.RUN:
            raise CollectionTypeError(f"'{run.name}' is a {run.type.name} collection, not a RUN.")
    count = 0
    with butler._transactions.begin():
        collections.seize(runs)  # nobody puts one into a chain from here on
        held = {run.name: parents for run in runs if (parents := collections.parents(run.name))}
        if held and not unlink_from_chains:
            shown = "; ".join(f"RUN '{n}' is a child of {', '.join(map(repr, p))}" for n, p in list(held.items())[:5])
            more = f" (and {len(held) - 5} more RUNs of chains)" if len(held) > 5 else ""
            raise OrphanedRecordError(
                f"{shown}{more}; nothing was removed.",
                hint="Pass unlink_from_chains=True (--force), or take them out of the chains first.",
            )
        for run in runs:
            for parent in collections.parents(run.name):
                butler.collections.remove_from_chain(parent, run.name)
            count += datasets.remove_run(run.k)
            collections.remove(run.name)
        butler._transactions.note_trash()
    return count
