"""From configuration to the stores of a datastore, and which of them take which datasets.  Knows no files."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.errors import ConfigError, DatasetTypeRejectedError, nearest
from skybutler.storage import Storage, open_storage
from skybutler.storage.chain import Chain

from .constraints import Constraints

if TYPE_CHECKING:
    from skybutler.datasets.dataset_type import DatasetType

__all__ = ["Stores", "shared_settings", "stores_of"]

_log = logging.getLogger(__name__)

_KEYS = ("name", "root", "s3", "constraints")
_SHARED = ("templates", "formatters")
_FOREIGN = ("cls", "records", "create", "composites", "checksum", "cached", "trust_get_request", *_SHARED)


class Stores:
    """One storage, or several in a chain, with what each takes.

    Parameters
    ----------
    members : mapping
        Storages with their constraints by name, in the order in which they are asked.
    """

    def __init__(self, members: Mapping[str, tuple[Storage, Constraints]]) -> None:
        storages = {name: storage for name, (storage, _) in members.items()}
        self._constraints = {name: constraints for name, (_, constraints) in members.items()}
        self.storage: Storage = Chain(storages) if len(storages) > 1 else next(iter(storages.values()))
        self._is_open = all(constraints.is_open for constraints in self._constraints.values())
        self._found: dict[tuple[DatasetType, str | None], Storage] = {}

    @classmethod
    def open(cls, root: str | os.PathLike[str], config: Mapping[str, Any]) -> Stores:
        """The stores that a configuration describes.

        Parameters
        ----------
        root : `str` or path-like
            Where the files of a single store are.
        config : mapping
            The ``datastore`` section of ``butler.yaml``.

        Raises
        ------
        skybutler.errors.ConfigError
            If something in it is wrong.
        """
        sections = list(stores_of(config))
        if not sections:
            return cls({"": (open_storage(root, config.get("s3")), Constraints(config.get("constraints")))})
        members: dict[str, tuple[Storage, Constraints]] = {}
        for section in sections:
            name = section["name"]
            if name in members:
                raise ConfigError(f"Two stores of the datastore have the name '{name}'.", hint="Give them a 'name'.")
            storage = open_storage(section["root"], section.get("s3", config.get("s3")))
            members[name] = storage, Constraints(section.get("constraints"), f"store '{name}'")
        return cls(members)

    def accepting(self, dataset_type: DatasetType, instrument: str | None = None) -> Storage:
        """Where datasets of a type are written to.

        Parameters
        ----------
        dataset_type : `skybutler.datasets.DatasetType`
            Their type.
        instrument : `str`, optional
            Their instrument, if they have one.

        Raises
        ------
        skybutler.errors.DatasetTypeRejectedError
            If no store takes them.
        """
        if self._is_open:
            return self.storage
        found = self._found.get((dataset_type, instrument))
        if found is None:
            names = self.taking(dataset_type, instrument)
            if not names:
                raise self._refusal(dataset_type)
            found = self.storage.only(names) if isinstance(self.storage, Chain) else self.storage
            self._found[dataset_type, instrument] = found
        return found

    @property
    def is_open(self) -> bool:
        """Whether all stores take everything."""
        return self._is_open

    def taking(self, dataset_type: DatasetType, instrument: str | None = None) -> list[str]:
        """Names of the stores that take datasets of a type; see `accepting`."""
        return [name for name, held in self._constraints.items() if held.accepts(dataset_type, instrument)]

    def _refusal(self, dataset_type: DatasetType) -> DatasetTypeRejectedError:
        held = "; ".join(f"'{name}' {text}" if name else f"it {text}" for name, text in self._constraints.items())
        return DatasetTypeRejectedError(
            f"The datastore takes no '{dataset_type.name}' ({dataset_type.storage_class}, dimensions "
            f"{'+'.join(dataset_type.dimensions.required) or 'none'}): {held}.",
            hint="Change the constraints in butler.yaml.",
        )


def stores_of(config: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Sections of the stores of a chain, each with a ``name``; nothing for a single store.

    Parameters
    ----------
    config : mapping
        The ``datastore`` section, in our form or that of ``lsst.daf.butler``'s ChainedDatastore.

    Raises
    ------
    skybutler.errors.ConfigError
        If it is not of this form.
    """
    sections = config.get("datastores")
    if sections is None:
        return
    if not isinstance(sections, Sequence) or isinstance(sections, str) or not sections:
        raise ConfigError("'datastore.datastores' must be a list of stores, each with a 'root'.")
    outside = _outside_constraints(config, len(sections))
    kept = 0
    for i, section in enumerate(sections):
        inner = section.get("datastore", section) if isinstance(section, Mapping) else section
        if not isinstance(inner, Mapping):
            raise ConfigError(f"Store {i + 1} of the datastore must be a mapping, not {inner!r}.")
        if str(inner.get("cls", "")).endswith("InMemoryDatastore"):
            _log.warning("Store %d of the datastore would be in memory: it is left out.", i + 1)
            continue
        kept += 1
        yield _checked(inner, i, outside[i])
    if not kept:
        raise ConfigError("None of the stores of the datastore keeps files.")


def _outside_constraints(config: Mapping[str, Any], n: int) -> list[Any]:
    """Constraints of ``datastore_constraints``, one for each store."""
    given = config.get("datastore_constraints")
    if given is None:
        return [None] * n
    if not isinstance(given, Sequence) or len(given) != n:
        raise ConfigError(f"'datastore.datastore_constraints' must be a list of {n}, one for each store.")
    return [entry.get("constraints", entry) if isinstance(entry, Mapping) else entry for entry in given]


def _checked(section: Mapping[str, Any], i: int, outside: Any) -> dict[str, Any]:
    for key in section:
        if key not in _KEYS and key not in _FOREIGN:
            hint = nearest(str(key), _KEYS) or f"Known keys are: {', '.join(_KEYS)}."
            raise ConfigError(f"Store {i + 1} of the datastore: unknown key '{key}'.", hint=hint)
    root = section.get("root")
    if not isinstance(root, str | os.PathLike) or not os.fspath(root):
        raise ConfigError(f"Store {i + 1} of the datastore needs a 'root', not {root!r}.")
    if outside and section.get("constraints"):
        raise ConfigError(f"Store {i + 1} of the datastore has constraints twice: leave 'datastore_constraints' out.")
    checked = {key: section[key] for key in _KEYS if key in section}
    return {**checked, "name": str(section.get("name") or root), "constraints": outside or section.get("constraints")}


def shared_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """``templates`` and ``formatters``: files are the same in all stores, so these are those of the whole datastore.

    Raises
    ------
    skybutler.errors.ConfigError
        If stores have different ones.
    """
    found = {key: config[key] for key in _SHARED if config.get(key)}
    for section in config.get("datastores") or ():
        inner = section.get("datastore", section)
        for key in _SHARED:
            if inner.get(key) and found.setdefault(key, inner[key]) != inner[key]:
                raise ConfigError(
                    f"The stores of a datastore have the same files: their '{key}' cannot differ.",
                    hint=f"Write one '{key}' beside 'datastores'.",
                )
    return found
