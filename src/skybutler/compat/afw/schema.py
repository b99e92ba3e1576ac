"""Schemas, fields and keys with the spellings of lsst.afw.table.  Knows no files and no values."""

# ruff: noqa: N802, N803 - the names are those of lsst.afw

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from skybutler.compat.wrapping import Wrapped
from skybutler.errors import InvalidError, MissingColumnError
from skybutler.tables import Aliases
from skybutler.tables import Field as PlainField
from skybutler.tables import Schema as PlainSchema

__all__ = ["AliasMap", "Field", "Key", "Schema", "SchemaItem", "name_of"]


@dataclass(frozen=True, slots=True)
class Key:
    """What finds the values of a field in records and catalogs.

    Parameters
    ----------
    name : `str`
        Name of the column.
    """

    name: str

    def isValid(self) -> bool:
        """Whether it is of a field."""
        return bool(self.name)


def name_of(key: Any) -> Any:
    """Name of the column that a key, a field, or a name is for; anything else as it is."""
    if isinstance(key, Key):
        return key.name
    if isinstance(key, Field):
        return key.getName()
    return key


class Field(Wrapped):
    """Name, type, documentation and unit of a column."""

    __slots__ = ()

    def __init__(self, name: str, type: Any, doc: str = "", units: str = "", size: int | None = None) -> None:
        self.plain = PlainField(name, type, doc, units, size)

    def getName(self) -> str:
        """Name."""
        return str(self.plain.name)

    def getDoc(self) -> str:
        """What it means."""
        return str(self.plain.doc)

    def getUnits(self) -> str:
        """Unit."""
        return str(self.plain.unit)

    def getTypeString(self) -> str:
        """Type, such as ``D`` or ``Flag``."""
        return str(self.plain.type)

    def getSize(self) -> int:
        """Elements of a value."""
        return int(self.plain.size)


@dataclass(frozen=True, slots=True)
class SchemaItem:
    """A field and its key; can be taken apart as a pair.

    Parameters
    ----------
    key : `Key`
        Finds values.
    field : `Field`
        What they are.
    """

    key: Key
    field: Field

    def getKey(self) -> Key:
        """The key."""
        return self.key

    def getField(self) -> Field:
        """The field."""
        return self.field

    def __iter__(self) -> Iterator[Any]:
        return iter((self.key, self.field))


class AliasMap(Wrapped):
    """Other names for columns."""

    __slots__ = ()

    def get(self, name: str) -> str:
        """What a name is an alias for, or the name itself."""
        return str(self.plain.get(name, name))

    def set(self, alias: str, target: str) -> None:
        """Let a name stand for another."""
        self.plain.set(alias, target)

    def apply(self, name: str) -> str:
        """What a name stands for in the end."""
        return str(self.plain.resolve(name))

    def erase(self, alias: str) -> bool:
        """Take an alias away."""
        known = alias in self.plain
        self.plain.remove(alias)
        return known

    def items(self) -> list[tuple[str, str]]:
        """Aliases and what they stand for."""
        return list(self.plain.items())

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items())

    def __len__(self) -> int:
        return len(self.plain)

    def __contains__(self, name: object) -> bool:
        return name in self.plain

    def __getitem__(self, name: str) -> str:
        return str(self.plain[name])


class Schema(Wrapped):
    """The fields of a table, in order."""

    __slots__ = ()

    def __init__(self, other: Schema | None = None) -> None:
        self.plain = PlainSchema() if other is None else other.plain.copy()

    def addField(
        self,
        field: Any,
        type: Any = None,
        doc: str = "",
        units: str = "",
        size: int | None = None,
        doReplace: bool = False,
        parse_strict: str = "raise",
    ) -> Key:
        """Add a field, and give its key; tables made before do not get it."""
        if isinstance(field, Field):
            plain = field.plain
            found = self.plain.add(plain.name, plain.type, plain.doc, plain.unit, plain.size)
        else:
            if type is None:
                raise InvalidError(f"Field {field!r} needs a type.", hint="For instance type='D', or type=float.")
            found = self.plain.add(str(field), "D" if type is float else type, doc, units, size or None)
        return Key(found.name)

    def find(self, name: Any) -> SchemaItem:
        """The field of a name, with its key.

        Raises
        ------
        KeyError
            There is none; the nearest names are offered.
        """
        return self._item(self.plain.find(name_of(name)))

    def _item(self, field: PlainField) -> SchemaItem:
        return SchemaItem(Key(field.name), Field.of(field))

    def extract(self, *patterns: str, **_: Any) -> dict[str, SchemaItem]:
        """Fields whose names match patterns with wildcards (``base_*``), by name."""
        return {name: self._item(field) for name, field in self.plain.extract(*patterns).items()}

    def getNames(self, topOnly: bool = False) -> set[str]:
        """Names of the fields; with ``topOnly`` what they begin with."""
        return {name.partition("_")[0] if topOnly else name for name in self.plain.names}

    def getOrderedNames(self) -> list[str]:
        """Names of the fields, in order."""
        return list(self.plain.names)

    def asList(self) -> list[SchemaItem]:
        """Fields with their keys, in order."""
        return list(self)

    def getFieldCount(self) -> int:
        """How many fields there are."""
        return len(self.plain)

    def getAliasMap(self) -> AliasMap:
        """Other names for the fields."""
        return AliasMap.of(self.plain.aliases)

    def setAliasMap(self, aliases: AliasMap) -> None:
        """Replace the other names."""
        self.plain.aliases = Aliases(dict(aliases.plain))

    def join(self, *parts: str) -> str:
        """Parts of a name, put together."""
        return "_".join(parts)

    def __getitem__(self, name: str) -> SchemaItem:
        return self.find(name)

    def __contains__(self, item: object) -> bool:
        name = name_of(item)
        return name in self.plain

    def __iter__(self) -> Iterator[SchemaItem]:
        return (self._item(field) for field in self.plain)

    def __len__(self) -> int:
        return len(self.plain)

    def get(self, name: str, default: Any = None) -> Any:
        """The field of a name, or the default."""
        try:
            return self.find(name)
        except MissingColumnError:
            return default

    __hash__ = None  # type: ignore[assignment]
