"""Registering a sky map: record, tracts and patches with their regions, and the map itself.  Knows no observations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.errors import ConflictingDefinitionError, SkyMapError

if TYPE_CHECKING:
    import numpy as np

    from skybutler.butler import Butler
    from skybutler.skymap import SkyMap, SkyMapConfig

__all__ = ["RUN", "SKY_MAP", "RegisteredSkyMap", "load_sky_map_config", "register_sky_map"]

SKY_MAP = "skyMap"
"""Dataset type of sky maps."""

RUN = "skymaps"
"""Where sky maps are kept."""


@dataclass(frozen=True)
class RegisteredSkyMap:
    """What registering a sky map wrote.

    Parameters
    ----------
    name : `str`
        Name of the map.
    sky_map : `SkyMap`
        The map.
    is_new : `bool`
        Whether there was none of this name.
    tracts, patches : `int`
        Records made.
    """

    name: str
    sky_map: SkyMap
    is_new: bool
    tracts: int
    patches: int


def register_sky_map(
    butler: Butler,
    config: SkyMapConfig | SkyMap | Mapping[str, Any] | str | os.PathLike[str],
    *,
    name: str | None = None,
    tracts: Iterable[int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> RegisteredSkyMap:
    """Make the records of a sky map with its tracts and patches, and put the map into RUN ``skymaps``.

    All in one transaction, in bounded memory.  Repeating it is no change; tracts left out before are added.

    Parameters
    ----------
    butler : `Butler`
        Writeable.
    config : `SkyMapConfig`, `SkyMap`, mapping or path
        The map, its configuration, or a file as for `load_sky_map_config`.
    name : `str`, optional
        Name of the map; by default that of the configuration.
    tracts : iterable of `int`, optional
        Only these tracts and their patches.
    progress : callable, optional
        Called with tracts done and tracts in all.

    Raises
    ------
    ConflictingDefinitionError
        The name belongs to another map, or the map has another name already.
    SkyMapError
        The configuration is wrong, or there is no name.
    """
    butler.registry.database.require_writeable()
    sky_map, configured = _sky_map(config)
    name = name or configured
    if not name:
        raise SkyMapError("A sky map needs a name to be registered.", hint="Set config.name, or use -c name=NAME.")
    with butler.transaction():
        is_new = _check(butler, name, sky_map.sha1)
        if is_new:
            butler.registry.elements.insert("skymap", {k: [v] for k, v in {"name": name, **sky_map.record()}.items()})
        wanted = _missing_tracts(butler, name, sky_map, tracts, is_new)
        made = _insert_tracts(butler, name, sky_map, wanted, progress)
        butler.register_dataset_type(SKY_MAP, ("skymap",), "SkyMap")
        butler.collections.register(RUN)
        if butler.find_dataset(SKY_MAP, skymap=name, collections=RUN) is None:
            butler.put(sky_map, SKY_MAP, skymap=name, run=RUN)
    return RegisteredSkyMap(name, sky_map, is_new, *made)


def load_sky_map_config(path: str | os.PathLike[str]) -> SkyMapConfig:
    """What a file says of a sky map: a configuration file, YAML, or the pickle of a map that LSST software made.

    Nothing of the file is executed.

    Raises
    ------
    SkyMapError
        The file cannot be read, or its settings are wrong.
    UnreadableFileError
        The pickle is of something else, or damaged.
    """
    from skybutler.formatters.skymap_pickle import read_sky_map_pickle
    from skybutler.skymap import SkyMapConfig, load_config

    path = Path(path)
    if path.suffix.lower() not in (".pickle", ".pkl"):
        return load_config(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SkyMapError(f"Cannot read the sky map {path}: {error}") from None
    return SkyMapConfig.from_mapping(read_sky_map_pickle(data, str(path)).to_config())


def _sky_map(config: Any) -> tuple[SkyMap, str | None]:
    """The map and the name in its configuration."""
    from skybutler.skymap import SkyMap, SkyMapConfig

    if isinstance(config, SkyMap):
        return config, None
    if isinstance(config, str | os.PathLike):
        config = load_sky_map_config(config)
    elif isinstance(config, Mapping):
        config = SkyMapConfig.from_mapping(config)
    return SkyMap(config), config.name


def _check(butler: Butler, name: str, sha1: bytes) -> bool:
    """Whether the map is new to the repository."""
    for record in butler.query_dimension_records("skymap"):
        same = bytes(record.get("hash")) == sha1
        if same and record.get("name") == name:
            return False
        if same:
            raise ConflictingDefinitionError(
                f"This sky map (hash {sha1.hex()}) is registered already, as '{record.get('name')}', not as '{name}'.",
                hint=f"Use skymap='{record.get('name')}'.",
            )
        if record.get("name") == name:
            raise ConflictingDefinitionError(
                f"'{name}' is another sky map: its hash is {bytes(record.get('hash')).hex()}, that of the one given "
                f"{sha1.hex()}.",
                hint="Choose another name (-c name=NAME).",
            )
    return True


def _missing_tracts(
    butler: Butler, name: str, sky_map: SkyMap, tracts: Iterable[int] | None, is_new: bool
) -> np.ndarray[Any, Any]:
    """Tracts asked for that have no record yet."""
    import numpy as np

    wanted = np.arange(len(sky_map)) if tracts is None else np.unique(np.array(list(tracts), dtype=np.int64))
    if is_new or not len(wanted):
        return wanted
    there = butler.query_data_ids(["tract"], skymap=name).to_arrow()["tract"].to_numpy()
    return np.setdiff1d(wanted, there)


def _insert_tracts(
    butler: Butler,
    name: str,
    sky_map: SkyMap,
    tracts: np.ndarray[Any, Any],
    progress: Callable[[int, int], None] | None,
) -> tuple[int, int]:
    """Insert tracts with their patches; return how many of each."""
    done = patches = 0
    elements = butler.registry.elements
    for part in sky_map.record_columns(tracts) if len(tracts) else ():
        for element in ("tract", "patch"):
            columns = part[element]
            if n := len(columns["id"]):
                elements.insert(element, {"skymap": [name] * n, **columns})
        done += len(part["tract"]["id"])
        patches += len(part["patch"]["id"])
        if progress is not None:
            progress(done, len(tracts))
    return done, patches
