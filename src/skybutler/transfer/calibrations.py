"""Exporting calibrations: CALIBRATION collections with all that they hold, and chains over them.  Prints nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skybutler.datasets import CollectionType, DatasetRef
from skybutler.errors import CollectionTypeError, ConflictError, NotFoundError
from skybutler.storage.places import local_file

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.registry.collections import Collection

__all__ = ["CalibrationExport", "export_calibrations"]


@dataclass(frozen=True)
class CalibrationExport:
    """What was exported.

    Parameters
    ----------
    file : `str`
        The export file.
    collections : `tuple` [`str`]
        CALIBRATION and CHAINED collections, with all that the chains hold.
    refs : `tuple` [`DatasetRef`]
        The calibrations, by type, run and data ID.
    """

    file: str
    collections: tuple[str, ...]
    refs: tuple[DatasetRef, ...]


def export_calibrations(
    butler: Butler,
    directory: str | os.PathLike[str],
    collections: str | Iterable[str] = "*",
    *,
    dataset_types: str | Iterable[str] = "*",
    transfer: str = "auto",
    template: str | None = None,
) -> CalibrationExport:
    """Export calibrations with their validity ranges to a new directory, which `Butler.import_` reads.

    Parameters
    ----------
    butler : `Butler`
        From where.
    directory : path or URI
        Made; gets ``export.yaml`` and the files.
    collections : `str` or iterable of `str`
        Names and globs; CALIBRATION collections, and chains, whose members are looked through too.
    dataset_types : `str` or iterable of `str`
        Names and globs of calibration types.
    transfer : `str`
        How files are brought: ``auto`` (copy), ``copy``, a kind of link, or ``direct`` to leave them where they are.
    template : `str`, optional
        Names of the files, such as ``{run:/}/{datasetType}/{datasetType}_{physical_filter:?}_{detector:?}``; by default
        those that they have in the datastore.

    Raises
    ------
    ConflictError
        The directory is there already.
    CollectionTypeError
        A collection that was named is neither CALIBRATION nor CHAINED.
    NotFoundError
        There are no calibrations in them.
    """
    place = os.fspath(directory)
    local = local_file(place)
    if local is not None and os.path.lexists(local):
        raise ConflictError(f"{place} is there already; nothing was exported.", hint="Name a new directory.")
    butler.registry.refresh()
    chosen = _chosen(butler, [collections] if isinstance(collections, str) else list(collections))
    kinds = [kind for kind in butler.query_dataset_types(dataset_types) if kind.is_calibration]
    sources = [c.name for c in chosen if c.type is CollectionType.CALIBRATION]
    refs: dict[DatasetRef, None] = {}
    for kind in kinds if sources else ():
        refs |= dict.fromkeys(butler.query_datasets(kind.name, sources, find_first=False))
    if not refs:
        asked = f"'{', '.join(sources)}'" if sources else "any CALIBRATION collection"
        raise NotFoundError(
            f"There are no calibrations in {asked}.", hint="Give them validity: butler certify-calibrations --help"
        )
    listed = sorted(refs, key=lambda r: (r.dataset_type.name, r.run, tuple(r.data_id.required_values)))
    with butler.export(directory=place, filename="export.yaml", transfer=transfer, template=template) as export:
        for collection in chosen:
            export.save_collection(collection.name)
        export.save_datasets(listed)
    return CalibrationExport(f"{place.rstrip('/')}/export.yaml", tuple(c.name for c in chosen), tuple(listed))


def _chosen(butler: Butler, expressions: list[str]) -> list[Collection]:
    """The collections that are exported themselves: with a chain all that it holds, so that it can be made anew."""
    known = butler.registry.collections
    found: dict[str, Collection] = {}
    for collection in known.resolve(expressions):
        if collection.type in (CollectionType.CALIBRATION, CollectionType.CHAINED):
            waiting = [collection]
            while waiting:
                item = waiting.pop(0)
                if found.setdefault(item.name, item) is item:
                    waiting += known.children(item)
        elif collection.name in expressions:
            raise CollectionTypeError(
                f"'{collection.name}' is a {collection.type.name} collection, which has no validity ranges.",
                hint="Export it with: butler export",
            )
    return list(found.values())
