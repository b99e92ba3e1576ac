"""Pickles of sky maps as LSST software writes them: classes of its modules, made for the moment, pickled for real."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

CLASSES = {
    "dodeca": ("dodecaSkyMap", "DodecaSkyMap"),
    "rings": ("ringsSkyMap", "RingsSkyMap"),
    "equat": ("equatSkyMap", "EquatSkyMap"),
    "healpix": ("healpixSkyMap", "HealpixSkyMap"),
    "discrete": ("discreteSkyMap", "DiscreteSkyMap"),
}
WITH_VERSION = ("rings", "healpix", "discrete")
"""Kinds whose pickles call the class with configuration and version; the others give it a state."""


def saved_text(kind: str, options: dict[str, Any], root: str = "config", old: bool = False) -> str:
    """The text of a configuration as pex_config saves it: today's, or that of before tract builders."""
    module, name = CLASSES[kind]
    full = f"lsst.skymap.{module}.{name}Config"
    names = f"(type({root}).__module__, type({root}).__name__)"
    lines = [
        f"import lsst.skymap.{module}",
        f"assert type({root})=={full}, 'config is of type %s.%s instead of {full}' % {names}",
    ]
    if not old:
        lines += ["import lsst.skymap.tractBuilder", f"{root}.tractBuilder.name='legacy'"]
    for option, value in options.items():
        in_builder = option.startswith("patch") and not old
        path = f"tractBuilder['legacy'].{option}" if in_builder else option
        lines += [f"# documentation of {option}", f"{root}.{path}={value!r}", ""]
    return "\n".join(lines)


class _Config:
    """Stands for a `Config`: reduces to a function, its class and its text."""

    def __init__(self, text: str, as_bytes: bool) -> None:
        self.text, self.as_bytes = text, as_bytes

    def __reduce__(self) -> Any:
        unreduce = sys.modules["lsst.pex.config.config"].unreduceConfig
        return unreduce, (type(self), self.text.encode("latin1") if self.as_bytes else self.text)


class _MapWithVersion:
    def __init__(self, config: object, version: object) -> None:
        self.arguments = config, version

    def __reduce__(self) -> Any:
        return type(self), self.arguments


class _MapWithState:
    def __init__(self, state: object) -> None:
        self.state = state

    def __getstate__(self) -> object:
        return self.state


@contextmanager
def stack_modules() -> Iterator[None]:
    """The modules whose names stand in the pickles, for as long as it takes to write one."""
    made = {"lsst.skymap": ModuleType("lsst.skymap"), "lsst.pex": ModuleType("lsst.pex")}
    made["lsst.pex.config"] = ModuleType("lsst.pex.config")
    config = made["lsst.pex.config.config"] = ModuleType("lsst.pex.config.config")

    def unreduceConfig(cls: type, stream: object) -> None:  # noqa: N802
        raise AssertionError("only pickled, never called")

    unreduceConfig.__module__, unreduceConfig.__qualname__ = "lsst.pex.config.config", "unreduceConfig"
    config.unreduceConfig = unreduceConfig  # type: ignore[attr-defined]
    for kind, (module, name) in CLASSES.items():
        place = made[f"lsst.skymap.{module}"] = ModuleType(f"lsst.skymap.{module}")
        base = _MapWithVersion if kind in WITH_VERSION else _MapWithState
        for attribute, parent in ((name, base), (f"{name}Config", _Config)):
            setattr(place, attribute, type(attribute, (parent,), {"__module__": place.__name__}))
    before = {name: sys.modules.get(name) for name in made}
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, original in before.items():
            del sys.modules[name]
            if original is not None:
                sys.modules[name] = original


def sky_map_pickle(
    kind: str,
    options: dict[str, Any],
    *,
    protocol: int = pickle.DEFAULT_PROTOCOL,
    version: object = 1,
    text: str | None = None,
    as_bytes: bool = True,
    old: bool = False,
) -> bytes:
    """What the stack writes for a sky map of a kind and its options."""
    with stack_modules():
        place, name = sys.modules[f"lsst.skymap.{CLASSES[kind][0]}"], CLASSES[kind][1]
        config = getattr(place, f"{name}Config")(saved_text(kind, options, old=old) if text is None else text, as_bytes)
        arguments = (config, version) if kind in WITH_VERSION else ({"version": (1, 0), "config": config},)
        return pickle.dumps(getattr(place, name)(*arguments), protocol)


def state_pickle(kind: str, state: object) -> bytes:
    """A map with a state of one's choice."""
    with stack_modules():
        place, name = sys.modules[f"lsst.skymap.{CLASSES[kind][0]}"], CLASSES[kind][1]
        made = getattr(place, name).__new__(getattr(place, name))
        made.state = state
        return pickle.dumps(made, 2)
