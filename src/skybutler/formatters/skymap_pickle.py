"""Sky maps from the pickles of LSST software of both generations, through a list of names.  Runs nothing of them.

A sky map is pickled as its class and its configuration, which is text of assignments; ring maps and discrete ones add a
version.  Maps from before 2013 hold their parameters instead, angles in radians.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from skybutler.errors import SkyMapError, UnreadableFileError
from skybutler.skymap import SkyMap, SkyMapConfig, parse_config

from .safe_pickle import Allowed, load_pickle

__all__ = ["read_sky_map_pickle"]

_MODULES: Final[Mapping[str, str]] = {
    "dodeca": "dodecaSkyMap.DodecaSkyMap",
    "rings": "ringsSkyMap.RingsSkyMap",
    "equat": "equatSkyMap.EquatSkyMap",
    "healpix": "healpixSkyMap.HealpixSkyMap",
    "discrete": "discreteSkyMap.DiscreteSkyMap",
}
_MAJOR: Final = 1  # of the state that maps without a version number of their own are pickled with


class _ConfigClass:
    """What stands for the configuration class of a kind."""

    kind: ClassVar[str]


class _StoredMap:
    """What stands for a sky map class: keeps what the pickle gives it."""

    kind: ClassVar[str]
    config: SkyMapConfig | None = None

    def __init__(self, config: object = None, version: object = 1) -> None:
        if not isinstance(config, SkyMapConfig) or config.kind != self.kind:
            raise SkyMapError(f"a {self.kind} sky map with another configuration than its own")
        if not isinstance(version, int) or version not in (0, 1):
            raise SkyMapError(f"version {version!r} of a {self.kind} sky map is unknown: it is 0 or 1")
        # In maps other than of rings the number changed nothing, and ours is 1.
        self.config, self.version = config, version if self.kind == "rings" else 1

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, dict):
            raise SkyMapError(f"a {self.kind} sky map with a {type(state).__name__} for state")
        version = state.get("version")
        if not isinstance(version, tuple) or version[:1] != (_MAJOR,):
            raise SkyMapError(f"version {version!r} of the state of a {self.kind} sky map is unknown")
        config = state["config"] if "config" in state else _from_parameters(self.kind, state)
        _StoredMap.__init__(self, config)


def _from_parameters(kind: str, state: Mapping[Any, Any]) -> SkyMapConfig:
    """The configuration of a map from before there were any."""
    values = {name: value for name, value in state.items() if name != "version"}
    for name, unit in (("tractOverlap", 1.0), ("pixelScale", 3600.0)):
        if not isinstance(values.get(name), float):
            raise SkyMapError(f"a {kind} sky map without {name}")
        values[name] = math.degrees(values[name]) * unit
    config = SkyMapConfig(kind)
    for name, value in values.items():
        config.set_option(name, list(value) if isinstance(value, tuple) else value)
    return config


def _config_of_text(cls: object, text: object) -> SkyMapConfig:
    """A configuration from the text that it was saved as; parsed, not executed."""
    if not (isinstance(cls, type) and issubclass(cls, _ConfigClass)):
        raise SkyMapError("a configuration of an unknown class")
    if not isinstance(text, str | bytes):
        raise SkyMapError(f"a configuration from a {type(text).__name__}")
    return parse_config(text.decode("utf-8") if isinstance(text, bytes) else text, cls.kind)


def _allowed() -> Allowed:
    table: dict[tuple[str, str], Any] = {("lsst.pex.config.config", "unreduceConfig"): _config_of_text}
    for kind, place in _MODULES.items():
        module, name = place.split(".")
        table[f"lsst.skymap.{module}", name] = type(name, (_StoredMap,), {"kind": kind})
        table[f"lsst.skymap.{module}", f"{name}Config"] = type(f"{name}Config", (_ConfigClass,), {"kind": kind})
    return table


def read_sky_map_pickle(data: bytes, uri: str) -> SkyMap:
    """The sky map of a pickle.

    Parameters
    ----------
    data : `bytes`
        Content of ``skyMap.pickle`` (Gen2) or ``skyMap_*.pickle`` (Gen3).
    uri : `str`
        Where it comes from, for messages.

    Raises
    ------
    skybutler.errors.UnreadableFileError
        If it names anything but sky maps and their configurations, or holds no sky map.
    """
    try:
        found = load_pickle(data, _allowed(), uri)
        if not isinstance(found, _StoredMap) or found.config is None:
            raise UnreadableFileError(f"{uri} holds no sky map, but a {type(found).__name__}.")
        return SkyMap.from_config({**found.config.to_mapping(), "version": found.version})
    except SkyMapError as error:
        raise UnreadableFileError(f"{uri}: {error.message}", hint=error.hint) from error
