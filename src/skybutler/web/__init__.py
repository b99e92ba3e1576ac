"""Services over HTTP: routes, parameters, errors, streams.  What they say is made in `skybutler.vo`."""

from .app import create_app
from .settings import ServerSettings

__all__ = ["ServerSettings", "create_app"]
