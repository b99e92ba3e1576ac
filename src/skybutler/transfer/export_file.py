"""Writing an export: the blocks in their order, the files beside them.  Knows not what chose them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType, FileDataset
from skybutler.errors import DatasetNotFoundError
from skybutler.formatters.foreign import foreign_name
from skybutler.storage import Stage, open_storage

from . import yaml_writer
from .carry import Carrier
from .members import Members

if TYPE_CHECKING:
    from skybutler.datastore import FileTemplate
    from skybutler.sky.timespan import Timespan

    from .export import Export

__all__ = ["write_export"]

_log = logging.getLogger(__name__)

_AT_ONCE = 10_000


def write_export(
    export: Export,
    draft: Path,
    folder: str,
    home: str,
    name: str,
    transfer: str | None,
    template: FileTemplate | None = None,
) -> None:
    """Write everything: the export file to a draft, files to the folder, and the draft to its place at last.

    Parameters
    ----------
    export : `Export`
        What to write.
    draft : `~pathlib.Path`
        A new local file.
    folder, home : `str`
        Directories or URIs: of the files, and of the export file.
    name : `str`
        Name of the export file.
    transfer : `str` or `None`
        See `skybutler.transfer.export.open_export`.
    template : `FileTemplate`, optional
        Names of the files.
    """
    export.complete()
    storage = open_storage(folder)
    with Stage(storage) as stage:
        carrier = Carrier(export.butler, storage, stage, transfer, template)
        with open(draft, "w", encoding="utf-8", newline="\n") as file:
            for text in _blocks(export, carrier):
                file.write(text)
        if export.without_file:
            _log.warning(
                "Nothing is stored of %d of the datasets: they are exported without a file. lsst.daf.butler imports "
                "such exports with without_datastore only.", export.without_file,
            )  # fmt: skip
        stage.write(name, draft, overwrite=True, storage=open_storage(home) if home != folder else storage)


def _blocks(export: Export, carrier: Carrier) -> Iterator[str]:
    butler = export.butler
    empty = not (export.collections or any(export.records.elements()))
    yield yaml_writer.head(butler.dimensions, empty=empty)
    for element in export.records.elements():
        yield yaml_writer.dimension_head(element)
        for fields in export.records.records(element):
            yield yaml_writer.dimension_records(element, fields)
    for name in export.sorted_collections():
        yield yaml_writer.collection_block(butler.registry.collections.info(name))
    for members in export.sorted_members():
        yield yaml_writer.dataset_type_block(members.kind)
        yield yaml_writer.dataset_head(members.kind, members.run)
        for ids, columns in members.parts(_AT_ONCE):
            yield _datasets(export, carrier, members, ids, columns)
    yield from _associations(export)


# ----------------------------------------------------------------------- datasets
def _datasets(export: Export, carrier: Carrier, members: Members, ids: bytes, columns: dict[str, Any]) -> str:
    """Records of some datasets of one type and run; their files are brought along."""
    keys = [ids[i : i + 16] for i in range(0, len(ids), 16)]
    found = export.butler.registry.datasets.file_records(keys)
    if len(found) < len(keys):
        place = next(i for i, key in enumerate(keys) if key not in found)
        lost = members.refs(keys[place], {d: [c[place]] for d, c in columns.items()})[0]
        raise DatasetNotFoundError(f"Dataset {lost} is not in this repository.")
    records = [found[key][1] for key in keys]
    export.without_file += records.count(None)
    paths = carrier.bring(members, columns, records)
    instrument = _instrument_class(export, columns)
    names = {(r.formatter, r.storage_class) for r in records if r is not None}
    foreign = {name: foreign_name(*name, instrument) for name in names}
    formatters = [None if r is None else foreign[r.formatter, r.storage_class] for r in records]
    if members.rewrite is not None:
        for i, (ref, path) in enumerate(zip(members.refs(ids, columns), paths, strict=True)):
            if path is not None:
                changed = members.rewrite(FileDataset(path, ref, formatters[i]))
                paths[i], formatters[i] = str(changed.path), changed.formatter
    return yaml_writer.dataset_records(ids, columns, paths, formatters)


def _instrument_class(export: Export, columns: dict[str, Any]) -> str:
    """Class name of the instrument of some datasets."""
    if "instrument" not in columns:
        return ""
    record = export.butler.registry.elements.fetch("instrument", (columns["instrument"][0],))
    return str(record.get("class_name")) if record is not None else ""


# ------------------------------------------------------------------- associations
def _associations(export: Export) -> Iterator[str]:
    """Members of the TAGGED and CALIBRATION collections among the exported datasets."""
    registry = export.butler.registry
    chosen = [registry.collections.get(name) for name in sorted(export.collections)]
    chosen = [c for c in chosen if c.type in (CollectionType.TAGGED, CollectionType.CALIBRATION)]
    if not chosen:
        return
    exported = export.sorted_members()
    places = {
        identifier: (members.run, members.kind.name, i)
        for members in exported
        for i, identifier in enumerate(members.ids())
    }
    kinds = {members.kind.name: registry.dataset_types.get(members.kind.name) for members in exported}
    for collection in chosen:
        if collection.type is CollectionType.TAGGED:
            tagged = [i for k in kinds.values() for i in registry.datasets.tagged(collection.name, k.k) if i in places]
            if tagged:
                yield from yaml_writer.tags_block(collection.name, sorted(tagged, key=places.__getitem__))
        else:
            ranges = [
                (places[i], span, i)
                for name, kind in kinds.items()
                if kind.dataset_type.is_calibration
                for _, i, span in registry.calibrations.ranges(collection.name, name)
                if i in places
            ]
            if ranges:
                yield from yaml_writer.calibrations_block(collection.name, _by_range(ranges))


def _by_range(ranges: list[tuple[Any, Timespan, bytes]]) -> dict[Timespan, list[bytes]]:
    found: dict[Timespan, list[bytes]] = {}
    for _, span, identifier in sorted(ranges, key=lambda r: (r[0], r[1])):
        found.setdefault(span, []).append(identifier)
    return found
