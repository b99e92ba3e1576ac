"""Repositories that a server serves: opened when first asked for, kept open.  Knows no protocol."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from skybutler.errors import NotFoundError, ParameterError, nearest
from skybutler.vo.adql import TapTables
from skybutler.vo.dimension_tables import dimension_tables
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_addresses, obscore_table
from skybutler.vo.obscore.files import read_settings

if TYPE_CHECKING:
    from skybutler.butler import Butler

    from .settings import ServerSettings

__all__ = ["Served", "ServedRepository"]


class ServedRepository:
    """One repository.

    Parameters
    ----------
    label : `str`
        How identifiers and URLs name it.
    place : `str`
        Directory, configuration file or URL.
    """

    def __init__(self, label: str, place: str) -> None:
        self.label, self.place = label, place
        self._lock = threading.Lock()
        self._butler: Butler | None = None
        self._obscore = lru_cache(maxsize=8)(self._make_obscore)
        self._tables: TapTables | None = None

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
    def tables(self) -> TapTables:
        """What can be asked for."""
        if self._tables is None:
            self._tables = TapTables([obscore_table(), *dimension_tables(self.butler.registry)])
        return self._tables

    def obscore(self, root_url: str) -> ObsCoreRelation:
        """ObsCore with links to a server."""
        registry = self.butler.registry
        registry.refresh()
        return self._obscore(root_url, tuple(found.k for found in registry.dataset_types.all()))

    def _make_obscore(self, root_url: str, _types: tuple[int, ...]) -> ObsCoreRelation:
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
    """

    def __init__(self, settings: ServerSettings) -> None:
        self._repositories = {label: ServedRepository(label, place) for label, place in settings.repositories.items()}

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
