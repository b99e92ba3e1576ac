"""Configuration by dataset type, dimensions or storage class, most specific first.  Knows not what is configured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from skybutler.errors import ConfigError

if TYPE_CHECKING:
    from skybutler.datasets.dataset_type import DatasetType

__all__ = ["Lookup"]

_Value = TypeVar("_Value")
_INSTRUMENT = re.compile(r"instrument<(.+)>\Z")


class Lookup(Generic[_Value]):
    """A table whose keys are dataset type names, dimensions joined by ``+``, storage class names or ``default``.

    Keys are tried in this order, first in the block ``instrument<NAME>`` of the dataset's instrument, then outside:
    component (``calexp.wcs``), dataset type, dimensions in any order (completed by those they need), storage class,
    ``default``.

    Parameters
    ----------
    entries : mapping
        Values by key; the value of a key ``instrument<NAME>`` is such a mapping itself.

    Raises
    ------
    skybutler.errors.ConfigError
        If an instrument block is no mapping.
    """

    def __init__(self, entries: Mapping[str, _Value | Mapping[str, _Value]]) -> None:
        self._instruments: dict[str, Lookup[_Value]] = {}
        self._plain: dict[str, _Value] = {}
        self._dimensions: dict[frozenset[str], _Value] = {}
        for key, value in entries.items():
            if match := _INSTRUMENT.match(key):
                if not isinstance(value, Mapping):
                    raise ConfigError(f"{key!r} needs a mapping below it, not {value!r}.")
                self._instruments[match[1]] = Lookup(value)
            elif "+" in key:
                self._dimensions[frozenset(key.split("+"))] = value  # type: ignore[assignment]
            else:
                self._plain[key] = value  # type: ignore[assignment]

    def find(
        self,
        dataset_type: DatasetType,
        *,
        instrument: str | None = None,
        component: str | None = None,
        storage_class: str | None = None,
    ) -> _Value | None:
        """The most specific value for a dataset, or `None`.

        Parameters
        ----------
        dataset_type : `skybutler.datasets.DatasetType`
            Type of the whole dataset.
        instrument : `str`, optional
            Its instrument, when it has one.
        component : `str`, optional
            Component stored on its own.
        storage_class : `str`, optional
            Storage class to look for instead of that of the dataset type.
        """
        block = self._instruments.get(instrument) if instrument is not None else None
        if block is not None:
            inner = block.find(dataset_type, component=component, storage_class=storage_class)
            if inner is not None:
                return inner
        names = [dataset_type.name, storage_class or dataset_type.storage_class, "default"]
        if component is not None:
            names.insert(0, f"{dataset_type.name}.{component}")
        for name in names[:-2]:
            if name in self._plain:
                return self._plain[name]
        for value in self._by_dimensions(dataset_type):
            return value
        return next((self._plain[name] for name in names[-2:] if name in self._plain), None)

    def _by_dimensions(self, dataset_type: DatasetType) -> Iterator[_Value]:
        group = dataset_type.dimensions
        for names, value in self._dimensions.items():
            # Names of another universe's dimensions cannot be meant.
            if names <= set(group.names) and group.universe.conform(names) == group:
                yield value

    def values(self) -> Iterator[_Value]:
        """All values of the table, those of instrument blocks included."""
        yield from self._plain.values()
        yield from self._dimensions.values()
        for block in self._instruments.values():
            yield from block.values()
