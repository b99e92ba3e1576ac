"""Why does it not work?  Examines machine, configuration, credentials, database and files of a repository, in turn.

It needs no repository that opens: each part is looked at as far as the parts before it allow.
"""

from __future__ import annotations

from collections.abc import Iterator

from .database_health import examine_database
from .finding import Finding
from .machine import examine_machine
from .settings import examine_config, examine_credentials, examine_labels
from .store_health import examine_store

__all__ = ["examine"]


def examine(place: str | None = None, *, write: bool = False, full: bool = False) -> Iterator[Finding]:
    """All findings, as they are made; nothing is changed.

    Parameters
    ----------
    place : `str`, optional
        A repository: directory, configuration file or label.  Without one only machine and environment are examined.
    write : `bool`
        Also begin a transaction, and write a small file to the datastore and remove it again.
    full : `bool`
        Look at what takes long, too.
    """
    yield from examine_machine()
    yield from examine_labels()
    config = None
    if place is not None:
        config, found = examine_config(place)
        yield from found
    yield from examine_credentials(config)
    if config is None or place is None:
        return
    paths, found = examine_database(config, place, write=write, full=full)
    yield from found
    yield from examine_store(config, place, paths, write=write)
