"""Making a new repository: directory, configuration, registry tables.  Leaves nothing behind when it fails."""

from __future__ import annotations

import dataclasses
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from skybutler.dimensions import DimensionUniverse
from skybutler.errors import ButlerError, ConfigError, ConflictError
from skybutler.registry.credentials import without_password
from skybutler.registry.registry import Registry

from .config import CONFIG_NAME, ROOT_TAG, RepositoryConfig, load_yaml

__all__ = ["create_repository"]

_log = logging.getLogger(__name__)

_JOURNALS = ("wal", "delete")


def create_repository(
    root: str | os.PathLike[str],
    *,
    seed: str | os.PathLike[str] | Mapping[str, Any] | None = None,
    dimensions: str | os.PathLike[str] | Mapping[str, Any] | int | None = None,
    override: bool = False,
    standalone: bool = False,
    outfile: str | os.PathLike[str] | None = None,
    journal: str = "wal",
    resume: bool = False,
) -> RepositoryConfig:
    """Make a repository.

    Parameters
    ----------
    root : path
        Directory to make.
    seed : path or mapping, optional
        Configuration to start from, ours or of lsst.daf.butler.
    dimensions : path, mapping or `int`, optional
        Definition of the dimension universe, or the version of a standard one.
    override : `bool`
        Keep places named in the seed; otherwise files and an SQLite registry go below ``root``.
    standalone : `bool`
        Write the root into the configuration.
    outfile : path, optional
        Where to write the configuration instead of ``root``.
    journal : {"wal", "delete"}
        SQLite journal mode; ``delete`` for network file systems.
    resume : `bool`
        Take a registry that a killed process made there before, if it has these dimensions and nobody has used it yet.

    Raises
    ------
    ConflictError
        There is a repository already.
    ConfigError
        The seed is wrong, or its database is not empty.
    """
    directory = Path(root).absolute()
    config = _seeded(seed, str(directory), override)
    file = Path(outfile) if outfile is not None else directory / CONFIG_NAME
    if file.exists():
        raise ConflictError(f"{file} exists: there is a repository already.", hint="Choose another directory.")
    if journal not in _JOURNALS:
        raise ConfigError(f"There is no journal mode '{journal}'.", hint=f"Known are: {', '.join(_JOURNALS)}.")
    universe = _universe(dimensions)
    config.open_datastore()  # what is wrong in its configuration is said before anything is made
    made = not directory.exists()
    directory.mkdir(parents=True, exist_ok=True)
    url = config.resolved(config.registry)
    sqlite = Path(url.partition(":///")[2]) if url.startswith("sqlite") else None
    existed = sqlite is not None and sqlite.exists()
    try:
        if not (resume and _is_unused(url, config.namespace, universe)):
            Registry.create(url, universe, namespace=config.namespace, journal=journal).close()
        _write(file, config.to_mapping(standalone=standalone or outfile is not None))
    except BaseException:
        if sqlite is not None and not existed:
            for leftover in (sqlite, Path(f"{sqlite}-wal"), Path(f"{sqlite}-shm")):
                leftover.unlink(missing_ok=True)
        if made and not any(directory.iterdir()):
            directory.rmdir()
        raise
    if config.registry != without_password(config.registry):
        _log.warning(
            "%s holds the password of the database, for everybody who may read it. Keep it in ~/.lsst/db-auth.yaml.",
            file,
        )
    return config


def _is_unused(url: str, namespace: str | None, universe: DimensionUniverse) -> bool:
    """Whether a registry of this universe is there in which nothing was ever recorded."""
    try:
        registry = Registry.open(url, writeable=False, namespace=namespace)
    except ButlerError:  # there is none, or none that can be used: making one says what is wrong
        return False
    try:
        used = (
            registry.database.query_one("SELECT 1 FROM journal WHERE action <> 'create' LIMIT 1")
            or registry.collections.names()
        )
        return not used and registry.universe == universe
    finally:
        registry.close()


def _seeded(seed: Any, root: str, override: bool) -> RepositoryConfig:
    content = seed if isinstance(seed, Mapping) else load_yaml(seed) if seed is not None else {}
    content = {k: v for k, v in content.items() if k != "root"}
    config = RepositoryConfig.from_mapping(content, root, str(seed) if not isinstance(seed, Mapping) else "seed")
    if override:
        return config
    local = not config.registry.startswith("sqlite")
    default = RepositoryConfig.from_mapping({}, root)
    return dataclasses.replace(
        config,
        registry=config.registry if local else default.registry,
        datastore_root=config.datastore_root if "://" in config.datastore_root else ROOT_TAG,
        datastore=_stores_below_root(config.datastore),
    )


def _stores_below_root(datastore: Mapping[str, Any]) -> Mapping[str, Any]:
    """The directories of a chain's stores moved below the root of the repository."""
    if not isinstance(datastore.get("datastores"), list):
        return datastore

    def moved(i: int, section: Any) -> Any:
        if isinstance(section, Mapping) and isinstance(section.get("datastore"), Mapping):
            return {**section, "datastore": moved(i, section["datastore"])}
        root = section.get("root") if isinstance(section, Mapping) else None
        if not isinstance(root, str) or "://" in root or root.startswith(ROOT_TAG + "/"):
            return section
        folder = re.sub(r"[^\w.-]", "_", str(section.get("name") or f"store_{i}")).lstrip(".")
        return {**section, "root": f"{ROOT_TAG}/{folder}"}

    return {**datastore, "datastores": [moved(i, section) for i, section in enumerate(datastore["datastores"], 1)]}


def _universe(dimensions: Any) -> DimensionUniverse:
    if dimensions is None or isinstance(dimensions, int):
        return DimensionUniverse.load(dimensions)
    content = dimensions if isinstance(dimensions, Mapping) else load_yaml(dimensions)
    try:
        return DimensionUniverse.from_definition(content)
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"The dimension configuration is malformed near {error}.") from error


def _write(file: Path, content: Mapping[str, Any]) -> None:
    import yaml

    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_name(f".{file.name}.{os.getpid()}")
    text = (
        "# Repository configuration of skybutler; paths may use "
        + ROOT_TAG
        + ".\n"
        + yaml.safe_dump(content, sort_keys=False)
    )
    with scratch.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    scratch.rename(file)
