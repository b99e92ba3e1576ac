"""Aperture corrections: by which factor fluxes of an algorithm are multiplied, by position.  Knows nothing of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from skybutler.errors import NotFoundError, nearest
from skybutler.images.by_value import same
from skybutler.images.fields import BoundedField

__all__ = ["ApertureCorrections"]


class ApertureCorrections(Mapping[str, BoundedField]):
    """Fields by the name of the flux that they correct, like ``base_PsfFlux_instFlux``; their errors are ``...Err``.

    Parameters
    ----------
    fields : mapping of `str` to `BoundedField`
        The order is kept.
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, BoundedField] | None = None) -> None:
        self._fields: Mapping[str, BoundedField] = MappingProxyType(dict(fields or {}))

    def __getitem__(self, name: str) -> BoundedField:
        """The correction of a flux.

        Raises
        ------
        NotFoundError
            Raised if there is none.
        """
        try:
            return self._fields[name]
        except KeyError:
            hint = nearest(name, self._fields) or f"There are {len(self)} corrections."
            raise NotFoundError(f"There is no aperture correction of '{name}'.", hint=hint) from None

    def get(self, name: str, default: Any = None) -> Any:
        """The correction of a flux, or ``default`` if there is none."""
        return self._fields.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def scaled(self, factor: float) -> ApertureCorrections:
        """All corrections times a number."""
        return ApertureCorrections({name: field.scaled(factor) for name, field in self.items()})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ApertureCorrections):
            return NotImplemented
        return same(self._fields, other._fields)

    def __hash__(self) -> int:
        return hash(frozenset(self._fields))

    def __repr__(self) -> str:
        names = list(self)
        shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
        return f"ApertureCorrections({len(names)}: {shown})" if names else "ApertureCorrections(none)"
