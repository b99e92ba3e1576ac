"""The import hook: serves names beneath ``lsst`` that no installed package has.  Knows no butler.

The finder stands behind all others on `sys.meta_path`, so that whatever is really installed is found before it.  Only
packages that hold nothing but other packages (``lsst``, ``lsst.daf``, ...) are shared with real ones: a real package
never gets a submodule of ours.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["MODULES", "LsstFinder", "install", "provided", "uninstall"]

MODULES: Mapping[str, str | None] = {
    "lsst": None,
    "lsst.afw": None,
    "lsst.afw.cameraGeom": "skybutler.compat.afw.camera_geom",
    "lsst.afw.detection": "skybutler.compat.afw.detection",
    "lsst.afw.display": "skybutler.compat.afw.display",
    "lsst.afw.geom": "skybutler.compat.afw.geom",
    "lsst.afw.image": "skybutler.compat.afw.image",
    "lsst.afw.image.exposure": "skybutler.compat.afw.exposure",
    "lsst.afw.table": "skybutler.compat.afw.table",
    "lsst.daf": None,
    "lsst.daf.base": "skybutler.compat.daf_base",
    "lsst.daf.butler": "skybutler.compat.daf_butler",
    "lsst.daf.butler.registry": "skybutler.compat.daf_butler",
    "lsst.geom": "skybutler.compat.geom",
    "lsst.obs": None,
    "lsst.obs.base": "skybutler.compat.obs_base",
    "lsst.obs.base.utils": "skybutler.compat.obs_base",
    "lsst.pipe": None,
    "lsst.pipe.base": "skybutler.compat.pipe_base",
    "lsst.rsp": "skybutler.compat.rsp",
    "lsst.rsp.utils": "skybutler.compat.rsp",
    "lsst.skymap": "skybutler.compat.skymap",
}
"""What is served: foreign name → our module with its names (`None`: a package that only holds others)."""

_SHARED = frozenset({"lsst", "lsst.daf", "lsst.obs", "lsst.pipe"})
"""Packages that several distributions fill; a real one may get submodules of ours."""


class NamesLoader(Loader):
    """Makes a module out of the public names of one of ours.

    Parameters
    ----------
    source : `str` or `None`
        Dotted name of our module; `None` makes an empty package.
    """

    def __init__(self, source: str | None) -> None:
        self.source = source

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module."""
        if self.source is None:
            module.__doc__ = "Served by skybutler.compat; it only holds other packages."
            return
        ours = import_module(self.source)
        names = list(ours.__all__)
        module.__doc__ = ours.__doc__
        module.__dict__.update({name: getattr(ours, name) for name in names}, __all__=names)
        own = getattr(ours, "__getattr__", None)
        inner = [name for name in MODULES if name.startswith(f"{module.__name__}.")]

        def get(name: str) -> Any:
            # As packages that import their modules do: they are there without being imported by name.
            if f"{module.__name__}.{name}" in inner:
                return import_module(f"{module.__name__}.{name}")
            if own is not None:
                return own(name)
            raise AttributeError(f"module '{module.__name__}' has no attribute '{name}'")

        if inner or own is not None:
            module.__dict__["__getattr__"] = get


class LsstFinder(MetaPathFinder):
    """Finds the modules of `MODULES`."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """How to load a module, or `None` when it is not one of ours or its package is a real one."""
        if fullname not in MODULES:
            return None
        parent = fullname.rpartition(".")[0]
        if parent and parent not in _SHARED and not _is_ours(sys.modules.get(parent)):
            return None
        is_package = any(name.startswith(f"{fullname}.") for name in MODULES)
        return ModuleSpec(fullname, NamesLoader(MODULES[fullname]), origin="skybutler.compat", is_package=is_package)


_FINDER = LsstFinder()


def install() -> None:
    """Make the names importable; doing so again changes nothing."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.append(_FINDER)


def uninstall() -> None:
    """Take the hook and all modules it made back; objects that scripts hold keep working."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
    for name in provided():
        module = sys.modules.pop(name)
        parent, _, own = name.rpartition(".")
        holder = sys.modules.get(parent)
        if holder is not None and getattr(holder, own, None) is module:
            delattr(holder, own)


def provided() -> list[str]:
    """Names of the imported modules that come from here, not from an installed package."""
    return [name for name in MODULES if _is_ours(sys.modules.get(name))]


def _is_ours(module: ModuleType | None) -> bool:
    spec = getattr(module, "__spec__", None)
    return spec is not None and isinstance(spec.loader, NamesLoader)
