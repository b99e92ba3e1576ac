"""Repositories that a server serves: opened when first asked for, kept open.  Knows no protocol."""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from skybutler.errors import NotFoundError, ParameterError, nearest
from skybutler.vo.adql import TapTables
from skybutler.vo.dimension_tables import dimension_tables
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_addresses, obscore_table
from skybutler.vo.obscore.files import read_settings, settings_stamp
from skybutler.vo.reference_tables import ReferenceCatalog, ShardCache, reference_catalogs, reference_types
from skybutler.vo.snapshot import FOLDER, SnapshotFolder
from skybutler.vo.snapshot.answers import Snapshots

if TYPE_CHECKING:
    from skybutler.butler import Butler

    from .settings import ServerSettings

__all__ = ["Served", "ServedRepository"]

_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class _Told:
    """Tables of a repository as long as nothing changes."""

    types: tuple[int, ...]
    tables: TapTables
    catalogs: Mapping[str, ReferenceCatalog]
    until: float


class ServedRepository:
    """One repository.

    Parameters
    ----------
    label : `str`
        How identifiers and URLs name it.
    place : `str`
        Directory, configuration file or URL.
    snapshot_folder : path, optional
        Where the server keeps snapshots of its ObsCore, beside those that are in the repository.
    """

    def __init__(self, label: str, place: str, snapshot_folder: Path | None = None) -> None:
        self.label, self.place = label, place
        self._snapshot_folder = snapshot_folder
        self._lock = threading.Lock()
        self._butler: Butler | None = None
        self._obscore = lru_cache(maxsize=8)(self._make_obscore)
        self._shards = ShardCache()
        self._told: _Told | None = None
        self._types: tuple[str | None, tuple[int, ...]] = None, ()

    @property
    def butler(self) -> Butler:
        """The butler, which cannot write; each thread has a connection of its own."""
        with self._lock:
            if self._butler is None:
                from skybutler.butler import Butler

                self._butler = Butler(self.place)
            return self._butler

    @property
    def settings(self) -> ObsCoreSettings:
        """What is told of its images."""
        return read_settings(self.butler.config.root)

    @property
    def own_snapshots(self) -> SnapshotFolder:
        """Where the server makes snapshots of its ObsCore; in the repository if nothing else was said."""
        return SnapshotFolder(self._snapshot_folder or Path(self.butler.config.root) / FOLDER)

    @cached_property
    def snapshots(self) -> Snapshots:
        """Copies of ObsCore for questions that read much of it."""
        return Snapshots((self.own_snapshots, SnapshotFolder(Path(self.butler.config.root) / FOLDER)))

    @property
    def tables(self) -> TapTables:
        """What can be asked for."""
        return self._tables().tables

    @property
    def catalogs(self) -> Mapping[str, ReferenceCatalog]:
        """Reference catalogs by the name of their table."""
        return self._tables().catalogs

    def _tables(self) -> _Told:
        """Made again if there are new dataset types, and each minute while a catalog has no shards yet."""
        registry, told, types = self.butler.registry, self._told, self._known_types()
        if told is None or told.types != types or time.monotonic() > told.until:
            catalogs = {found.table.name: found for found in reference_catalogs(self.butler, self._shards)}
            lacking = len(catalogs) < len(reference_types(registry))
            tables = [obscore_table(), *dimension_tables(registry), *(found.table for found in catalogs.values())]
            until = time.monotonic() + _AGAIN_S if lacking else math.inf
            told = self._told = _Told(types, TapTables(tables), catalogs, until)
        return told

    def obscore(self, root_url: str) -> ObsCoreRelation:
        """ObsCore with links to a server."""
        return self._obscore(root_url, self._known_types(), settings_stamp(self.butler.config.root))

    def _known_types(self) -> tuple[int, ...]:
        """Rows of the dataset types in the registry."""
        registry = self.butler.registry
        registry.refresh()
        number, types = self._types
        if (now := registry.revision.number) is None or number != now:
            types = tuple(found.k for found in registry.dataset_types.all())
            self._types = now, types
        return types

    def _make_obscore(self, root_url: str, *_state: object) -> ObsCoreRelation:
        return ObsCoreRelation(self.butler.registry, self.settings, *obscore_addresses(root_url, self.label))

    def close(self) -> None:
        """Close this thread's connection."""
        if self._butler is not None:
            self._butler.close()


class Served:
    """All repositories of a server.

    Parameters
    ----------
    settings : `ServerSettings`
        With their places.
    snapshots : path, optional
        Folder in which the server keeps snapshots of their ObsCore.
    """

    def __init__(self, settings: ServerSettings, snapshots: Path | None = None) -> None:
        self._repositories = {
            label: ServedRepository(label, place, snapshots and snapshots / label)
            for label, place in settings.repositories.items()
        }

    def __iter__(self) -> Iterator[ServedRepository]:
        return iter(self._repositories.values())

    @property
    def first(self) -> ServedRepository:
        """The repository that paths without a label mean."""
        return next(iter(self._repositories.values()))

    def __getitem__(self, label: str) -> ServedRepository:
        """The repository of a label.

        Raises
        ------
        NotFoundError
            There is none.
        """
        found = self._repositories.get(label)
        if found is None:
            raise NotFoundError(f"There is no repository '{label[:60]}'.", hint=nearest(label[:60], self._repositories))
        return found

    def identify(self, identifier: str) -> tuple[ServedRepository, uuid.UUID]:
        """Repository and dataset of an identifier.

        Parameters
        ----------
        identifier : `str`
            ``butler://LABEL/UUID``, ``ivo://...?repo=LABEL&id=UUID``, or the UUID alone.

        Raises
        ------
        ParameterError
            It is malformed.
        NotFoundError
            There is no such repository.
        """
        text = identifier.strip()
        label, _, end = text.rpartition("/")
        if text.startswith("ivo://"):
            pairs = dict(pair.partition("=")[::2] for pair in text.partition("?")[2].split("&"))
            label, end = f"butler://{pairs.get('repo', '')}", pairs.get("id", "")
        elif text.startswith("butler%3A"):
            return self.identify(unquote(text))
        try:
            dataset = uuid.UUID(end)
        except ValueError as error:
            raise ParameterError(
                f"'{identifier[:100]}' does not name a dataset.", hint="Such as butler://LABEL/UUID."
            ) from error
        if not label:
            return self.first, dataset
        scheme, _, name = label.partition("://")
        if scheme != "butler" or not name or "/" in name:
            raise ParameterError(
                f"'{identifier[:100]}' does not name a repository.", hint="Such as butler://LABEL/UUID."
            )
        return self[name], dataset
