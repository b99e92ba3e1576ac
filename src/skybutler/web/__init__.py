"""Services over HTTP: routes, parameters, errors, streams.  What they say is made in `skybutler.vo`.

The application is loaded when it is used, for processes that make cut-outs do without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .settings import ServerSettings

if TYPE_CHECKING:
    from .app import create_app

__all__ = ["ServerSettings", "create_app"]


def __getattr__(name: str) -> Any:
    """Load the application when it is first used."""
    if name != "create_app":
        raise AttributeError(f"module 'skybutler.web' has no attribute '{name}'")
    from .app import create_app

    return create_app
