"""Property sets and property lists in the YAML that LSST software writes.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from skybutler.datasets.property_set import PropertySet
from skybutler.errors import FormatError, InvalidError, UnreadableFileError
from skybutler.images.metadata import Metadata

from .formatter import BytesFormatter, Source, no_component
from .json import load_json
from .plain_yaml import PlainDumper, PlainLoader, dump_yaml, load_yaml

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["PropertySetFormatter", "RowsDumper", "RowsLoader", "metadata_of_rows", "rows_of_metadata"]


class PropertySetFormatter(BytesFormatter):
    """Nested names and values (`PropertySet`) or ordered keys with comments (`PropertyList`, as `Metadata`).

    Files of LSST software, tagged ``!<lsst.daf.base.PropertySet>`` with rows of key, type, value and comment, are
    read and written; read are also plain mappings as YAML and JSON, and the JSON of task metadata.
    """

    extension = ".yaml"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        if source.extension.endswith(".json"):
            found = load_json(source.read_bytes(), source.uri)
        else:
            found = load_yaml(source.read_bytes(), source.uri, RowsLoader)
        try:
            if storage_class.name == "PropertyList":
                return found.metadata() if isinstance(found, _Rows) else Metadata(_mapping(found, source.uri))
            return PropertySet.from_plain(_mapping(found, source.uri))
        except (FormatError, InvalidError) as error:
            raise UnreadableFileError(f"{source.uri} holds no property set: {error}") from error

    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        rows = _ListRows(_list_rows(obj)) if isinstance(obj, Metadata) else _SetRows(_set_rows(obj))
        return dump_yaml(rows, RowsDumper)


class _Rows(list[Any]):
    """Rows of key, type, value and perhaps comment, as they stand in a file."""

    def metadata(self) -> Metadata:
        return Metadata((row[0], _plain(row[2]), row[3] if len(row) > 3 else "") for row in self)

    def mapping(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, _, value, *_ in self:
            plain = _plain(value)
            if key in found:  # a repeated key of a list stands for all its values
                before = found[key]
                plain = [*before, plain] if isinstance(before, list) else [before, plain]
            found[key] = plain
        return found


class _SetRows(list[Any]):
    """Rows to be tagged as a property set."""


class _ListRows(list[Any]):
    """Rows to be tagged as a property list."""


class RowsDumper(PlainDumper):
    """Dumper that tags property sets and lists."""


RowsDumper.add_representer(
    _SetRows, lambda dumper, rows: dumper.represent_sequence("lsst.daf.base.PropertySet", list(rows))
)
RowsDumper.add_representer(
    _ListRows, lambda dumper, rows: dumper.represent_sequence("lsst.daf.base.PropertyList", list(rows))
)


class RowsLoader(PlainLoader):
    """Loader that recognises the tags of property sets and lists."""


def _rows(loader: Any, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.ScalarNode) and node.value in ("", "null", "~"):
        return _Rows()
    if not isinstance(node, yaml.SequenceNode):
        raise yaml.YAMLError(f"rows expected {node.start_mark}")
    rows = _Rows(loader.construct_sequence(node, deep=True))
    if not all(isinstance(row, list) and len(row) in (3, 4) for row in rows):
        raise yaml.YAMLError(f"rows of key, type and value expected {node.start_mark}")
    if node.tag.endswith("PropertyList"):  # those of 2018 and before have no types, but comments
        rows[:] = [row if len(row) == 4 else [row[0], "", *row[1:]] for row in rows]
    return rows


for _tag in ("PropertySet", "PropertyList"):
    for _prefix in ("", "!", "lsst.daf.base.", "!lsst.daf.base."):
        RowsLoader.add_constructor(_prefix + _tag, _rows)


def metadata_of_rows(value: Any) -> Any:
    """What `RowsLoader` made of a tagged property list or set, as `Metadata`; other values as they are."""
    return value.metadata() if isinstance(value, _Rows) else value


def rows_of_metadata(value: Any) -> Any:
    """What `RowsDumper` writes as a property list if this is `Metadata`; other values as they are."""
    return _ListRows(_list_rows(value)) if isinstance(value, Metadata) else value


def _mapping(found: Any, where: str) -> dict[str, Any]:
    plain = _plain(found)
    if not isinstance(plain, dict):
        raise UnreadableFileError(f"{where} holds no property set, but a {type(plain).__name__}.")
    if strange := [key for key in plain if not isinstance(key, str)]:
        raise UnreadableFileError(f"{where} holds no property set: {strange[0]!r} is no name.")
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, _Rows):
        return value.mapping()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _set_rows(mapping: Mapping[str, Any]) -> Iterator[list[Any]]:
    for key, value in mapping.items():
        plain = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(plain, Mapping):
            yield [key, "PropertySet", _SetRows(_set_rows(plain))]
        else:
            yield [key, _type_name(plain), plain]


def _list_rows(metadata: Metadata) -> Iterator[list[Any]]:
    for key in metadata:
        values = metadata.all_values(key)
        value = values[0] if len(values) == 1 else values
        yield [key, _type_name(value), value, metadata.comment(key)]


def _type_name(value: Any) -> str:
    if isinstance(value, list | tuple):
        return _type_name(value[0] if value else None)
    if isinstance(value, bool):
        return "Bool"
    if isinstance(value, int):
        return "Int" if -(2**31) <= value < 2**31 else "LongLong"
    return {float: "Double", type(None): "Undef"}.get(type(value), "String")
