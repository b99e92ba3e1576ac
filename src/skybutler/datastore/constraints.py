"""Which datasets a store takes: accepted and rejected types, dimensions, storage classes.  Knows no files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from skybutler.errors import ConfigError, nearest

if TYPE_CHECKING:
    from skybutler.datasets.dataset_type import DatasetType

__all__ = ["Constraints"]

_ALL = "all"
_KEYS = ("accept", "reject")


class Constraints:
    """What a store takes.

    Entries are dataset types (or patterns such as ``calexp*``), dimensions joined by ``+``, storage classes, or
    ``all``; ``instrument<NAME>: [...]`` holds entries for one instrument.  An entry that is met by accepting comes
    before one of rejecting, and both before ``all``.  With some accepted entries nothing else is taken.

    Parameters
    ----------
    config : mapping, optional
        ``accept`` and ``reject``, each a list of entries.
    where : `str`
        For messages.

    Raises
    ------
    skybutler.errors.ConfigError
        If it is not of this form, or accepts and rejects all.
    """

    def __init__(self, config: Mapping[str, Any] | None = None, where: str = "datastore") -> None:
        config = config if config is not None else {}
        if not isinstance(config, Mapping):
            raise ConfigError(f"{where}: 'constraints' must be a mapping, not {config!r}.")
        for key in config:
            if key not in _KEYS:
                raise ConfigError(
                    f"{where}: unknown key 'constraints.{key}'.",
                    hint=nearest(str(key), _KEYS) or "Known: accept, reject.",
                )
        self._accept, self._reject = (list(_entries(config.get(key) or [], f"{where}: '{key}'")) for key in _KEYS)
        if ("", _ALL) in self._accept and ("", _ALL) in self._reject:
            raise ConfigError(f"{where}: 'all' cannot be both accepted and rejected.")

    @property
    def is_open(self) -> bool:
        """Whether everything is taken."""
        return not self._accept and not self._reject

    def accepts(self, dataset_type: DatasetType, instrument: str | None = None) -> bool:
        """Whether datasets of a type are taken.

        Parameters
        ----------
        dataset_type : `skybutler.datasets.DatasetType`
            Their type.
        instrument : `str`, optional
            Their instrument, if they have one.
        """
        if self._names(self._accept, dataset_type, instrument):
            return True
        if self._names(self._reject, dataset_type, instrument) or _all(self._reject, instrument):
            return False
        return not self._accept or _all(self._accept, instrument)

    @staticmethod
    def _names(entries: Sequence[tuple[str, str]], dataset_type: DatasetType, instrument: str | None) -> bool:
        return any(_meets(entry, dataset_type) for of, entry in entries if of in ("", instrument) and entry != _ALL)

    def __str__(self) -> str:
        parts = []
        for what, entries in (("accepts", self._accept), ("rejects", self._reject)):
            if entries:
                parts.append(f"{what} " + ", ".join(f"{entry} of {of}" if of else entry for of, entry in entries))
        return "; ".join(parts) or "accepts all"


def _all(entries: Sequence[tuple[str, str]], instrument: str | None) -> bool:
    return any(entry == _ALL and of in ("", instrument) for of, entry in entries)


def _meets(entry: str, dataset_type: DatasetType) -> bool:
    if "+" in entry:
        group, names = dataset_type.dimensions, frozenset(entry.split("+"))
        return names <= set(group.names) and group.universe.conform(names) == group
    return fnmatchcase(dataset_type.name, entry) or fnmatchcase(dataset_type.storage_class, entry)


def _entries(config: Any, where: str, instrument: str = "") -> Iterator[tuple[str, str]]:
    """Instrument (or empty) and entry."""
    if isinstance(config, str) or not isinstance(config, Sequence):
        raise ConfigError(f"{where} must be a list, not {config!r}.")
    for entry in config:
        if isinstance(entry, str):
            yield instrument, entry
        elif isinstance(entry, Mapping) and not instrument:
            for key, inner in entry.items():
                if not (str(key).startswith("instrument<") and str(key).endswith(">")):
                    raise ConfigError(f"{where}: {key!r} is not of the form instrument<NAME>.")
                yield from _entries(inner, f"{where}: '{key}'", str(key)[len("instrument<") : -1])
        else:
            raise ConfigError(f"{where}: {entry!r} is no dataset type, dimensions or storage class.")
