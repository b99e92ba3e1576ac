"""Older and foreign names for our things: importing this makes ``lsst.daf.butler`` and others importable.

Names are added only beneath ``lsst`` and only where no real package has them, so an installed Science Pipelines
stack is used as it is.  ``python -m skybutler.compat script.py`` runs an unchanged script, ``%load_ext
skybutler.compat`` does the same for a notebook, and `uninstall` takes everything back.
"""

from __future__ import annotations

from typing import Any

from .hook import install, provided, uninstall

__all__ = ["install", "load_ipython_extension", "provided", "uninstall", "unload_ipython_extension"]


def load_ipython_extension(ipython: Any) -> None:
    """Called by ``%load_ext skybutler.compat``."""
    install()


def unload_ipython_extension(ipython: Any) -> None:
    """Called by ``%unload_ext skybutler.compat``."""
    uninstall()


install()
