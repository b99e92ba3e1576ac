"""The fields of a catalog, in order.  Knows neither values nor files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from skybutler.errors import InvalidError, MissingColumnError, ParameterError, nearest

from .aliases import Aliases
from .field import Field

__all__ = ["Schema"]


class Schema:
    """Fields by name, in order, and their aliases.

    Parameters
    ----------
    fields : iterable of `Field`
        Fields; a later one with the name of an earlier takes its place if it is equal, and is refused otherwise.
    aliases : `Aliases`, optional
        Other names for them; shared, not copied.

    Raises
    ------
    skybutler.errors.InvalidError
        Raised for two different fields of one name.
    """

    __slots__ = ("_fields", "aliases")

    def __init__(self, fields: Iterable[Field] = (), aliases: Aliases | None = None) -> None:
        self._fields: dict[str, Field] = {}
        self.aliases = aliases if aliases is not None else Aliases()
        for field in fields:
            if self._fields.setdefault(field.name, field) != field:
                raise InvalidError(f"There are two different columns {field.name!r} in one schema.")

    def add(self, name: str, type: Any = "D", doc: str = "", unit: str = "", size: int | None = None) -> Field:
        """A new field at the end; parameters are those of `Field`."""
        field = Field(name, type, doc, unit, size)
        if self._fields.setdefault(name, field) != field:
            raise InvalidError(f"There is already another column {name!r} in the schema.")
        return field

    def find(self, name: str) -> Field:
        """The field of a name or of what it is an alias for.

        Raises
        ------
        MissingColumnError
            Raised with the nearest names.
        """
        found = self._fields.get(self.aliases.resolve(name)) or self._fields.get(name)
        if found is None:
            target = self.aliases.resolve(name)
            meant = f" (an alias of {target!r})" if target != name else ""
            hint = nearest(name, [*self._fields, *self.aliases]) or self._some_names()
            raise MissingColumnError(f"The catalog has no column {name!r}{meant}.", hint=hint)
        return found

    def extract(self, *patterns: str) -> dict[str, Field]:
        """Fields whose names match a pattern with wildcards (``base_*``), by name, in order.

        Aliases that match are among them, under their names, if what they stand for is a field.

        Raises
        ------
        skybutler.errors.ParameterError
            Raised without a pattern.
        """
        if not patterns:
            raise ParameterError("Schema.extract needs a pattern.", hint="For instance 'base_*'.")
        found = {n: f for n, f in self._fields.items() if any(fnmatchcase(n, p) for p in patterns)}
        for alias in self.aliases:
            target = self._fields.get(self.aliases.resolve(alias))
            if target is not None and any(fnmatchcase(alias, p) for p in patterns):
                found.setdefault(alias, target)
        return found

    @property
    def names(self) -> list[str]:
        """Names of the fields, in order."""
        return list(self._fields)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._fields or self.aliases.resolve(name) in self._fields)

    def __getitem__(self, name: str) -> Field:
        return self.find(name)

    def __iter__(self) -> Iterator[Field]:
        return iter(self._fields.values())

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Schema) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        lines = [f"Schema of {len(self)} fields"]
        for f in self:
            size = f"[{f.size}]" if f.is_array or f.type == "String" else ""
            lines.append(f"  {f.name}: {f.type}{size}{f' [{f.unit}]' if f.unit else ''}{f'  {f.doc}' if f.doc else ''}")
        lines += [f"  {name} -> {target}" for name, target in self.aliases.items() if name not in self.aliases.derived]
        return "\n".join(lines)

    def copy(self) -> Schema:
        """A schema of its own, with aliases of its own."""
        return Schema(self, self.aliases.copy())

    def _some_names(self) -> str:
        names = self.names[:8]
        return f"It has {', '.join(names)}{', ...' if len(self) > len(names) else ''}."
