"""Export files, version 1.0.2: blocks as text, column by column.  Knows no repository; what is written is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from skybutler.datasets import CollectionInfo, CollectionType, DatasetType
from skybutler.dimensions import DimensionElement, DimensionUniverse
from skybutler.sky.timespan import Timespan

from .yaml_text import column_texts, field_texts, hash_text, optional_lines, region_text, text_of, time_text, uuid_texts

__all__ = [
    "DESCRIPTION",
    "VERSION",
    "calibrations_block",
    "collection_block",
    "dataset_head",
    "dataset_records",
    "dataset_type_block",
    "dimension_head",
    "dimension_records",
    "head",
    "tags_block",
]

DESCRIPTION = "Butler Data Repository Export"
VERSION = "1.0.2"


def head(universe: DimensionUniverse, *, empty: bool) -> str:
    """What stands before the blocks."""
    return (
        f"description: {DESCRIPTION}\nversion: {VERSION}\nuniverse_version: {universe.version}\n"
        f"universe_namespace: {text_of(universe.namespace)}\ndata:{' []' if empty else ''}\n"
    )


# --------------------------------------------------------------------- dimensions
def dimension_head(element: DimensionElement) -> str:
    """Begin of a block of dimension records."""
    return f"- type: dimension\n  element: {element.name}\n  records:\n"


def dimension_records(element: DimensionElement, columns: Mapping[str, Sequence[Any]]) -> str:
    """Records given as columns by field: regions encoded, timespans as `Timespan`, both possibly `None`."""
    lines: list[list[str]] = []
    for name in element.fields:
        values = columns[name]
        if name == "region":
            lines.append(field_texts(name, values, region_text))
        elif name == "timespan":
            lines.append([_timespan_lines(v) for v in values])
        elif name in element.columns and element.columns[name].type == "hash":
            lines.append(field_texts(name, values, hash_text))
        else:
            lines.append(field_texts(name, values))
    lines[0] = ["  - " + text[4:] for text in lines[0]]
    return "".join(map("".join, zip(*lines, strict=True)))


def _timespan_lines(span: Timespan | None) -> str:
    if span is None:
        return ""
    return f"    datetime_begin: {time_text(span.begin_ns)}\n    datetime_end: {time_text(span.end_ns)}\n"


# -------------------------------------------------------------------- collections
def collection_block(info: CollectionInfo) -> str:
    """A collection; a chain must come after its children."""
    text = f"- type: collection\n  collection_type: {info.type.name}\n  name: {text_of(info.name)}\n"
    if info.doc:
        text += f"  doc: {text_of(info.doc)}\n"
    if info.type is CollectionType.RUN:
        text += "  host: null\n  timespan_begin: null\n  timespan_end: null\n"
    elif info.type is CollectionType.CHAINED:
        text += _listed("children", info.children)
    return text


def _listed(name: str, values: Iterable[str], indent: str = "  ") -> str:
    items = "".join(f"{indent}- {text_of(value)}\n" for value in values)
    return f"{indent}{name}:\n{items}" if items else f"{indent}{name}: []\n"


# ----------------------------------------------------------------------- datasets
def dataset_type_block(kind: DatasetType) -> str:
    """A dataset type."""
    return (
        f"- type: dataset_type\n  name: {text_of(kind.name)}\n{_listed('dimensions', kind.dimensions.names)}"
        f"  storage_class: {text_of(kind.storage_class)}\n  is_calibration: {text_of(kind.is_calibration)}\n"
    )


def dataset_head(kind: DatasetType, run: str) -> str:
    """Begin of a block of datasets."""
    return f"- type: dataset\n  dataset_type: {text_of(kind.name)}\n  run: {text_of(run)}\n  records:\n"


def dataset_records(
    ids: bytes | bytearray,
    columns: Mapping[str, Sequence[Any]],
    paths: Sequence[str | None],
    formatters: Sequence[str | None],
) -> str:
    """Datasets, each in a file of its own or (path `None`) without one.

    Parameters
    ----------
    ids : `bytes`
        16 bytes for each.
    columns : mapping
        Values of the required dimensions.
    paths, formatters : sequence of `str` or `None`
        Where each is, and what reads it.
    """
    parts = [[f"  - dataset_id:\n    - {text}\n    data_id:\n" for text in uuid_texts(ids)]]
    lead = "    - "
    for name, values in columns.items():
        parts.append([f"{lead}{name}: {text}\n" for text in column_texts(values)])
        lead = "      "
    if not columns:
        parts.append(["    - {}\n"] * len(paths))
    parts += [optional_lines("path", paths), optional_lines("formatter", formatters)]
    return "".join(map("".join, zip(*parts, strict=True)))


# ------------------------------------------------------------------- associations
def tags_block(collection: str, ids: Sequence[bytes]) -> Iterator[str]:
    """Members of a TAGGED collection."""
    yield f"- type: associations\n  collection: {text_of(collection)}\n  collection_type: TAGGED\n"
    yield from _id_lines(ids, "  ")


def calibrations_block(collection: str, ranges: Mapping[Timespan, Sequence[bytes]]) -> Iterator[str]:
    """Members of a CALIBRATION collection by validity range."""
    yield f"- type: associations\n  collection: {text_of(collection)}\n  collection_type: CALIBRATION\n"
    yield "  validity_ranges:\n" if ranges else "  validity_ranges: []\n"
    for span, ids in ranges.items():
        if span.is_empty:
            yield "  - timespan: !lsst.daf.butler.Timespan 'EMPTY'\n"
        else:
            begin, end = time_text(span.begin_ns), time_text(span.end_ns)
            yield f"  - timespan: !lsst.daf.butler.Timespan\n      begin: {begin}\n      end: {end}\n"
        yield from _id_lines(ids, "    ")


def _id_lines(ids: Sequence[bytes], indent: str) -> Iterator[str]:
    yield f"{indent}dataset_ids:\n" if ids else f"{indent}dataset_ids: []\n"
    for start in range(0, len(ids), 10_000):
        texts = uuid_texts(b"".join(ids[start : start + 10_000]))
        yield "".join(f"{indent}- {text}\n" for text in texts)
