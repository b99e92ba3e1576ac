"""What a request is about: the server's settings, the repository, the address under which users know us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from .served import Served, ServedRepository
    from .settings import ServerSettings
    from .streams import Threads

__all__ = ["Here", "of"]


@dataclass(frozen=True, slots=True)
class Here:
    """Where a request is answered.

    Parameters
    ----------
    settings : `ServerSettings`
    served : `Served`
        All repositories.
    repository : `ServedRepository`
        The one of the path.
    threads : `Threads`
    root_url : `str`
        Address of the server, with the label of the repository if the path has it, without a slash at the end.
    """

    settings: ServerSettings
    served: Served
    repository: ServedRepository
    threads: Threads
    root_url: str


def of(request: Request) -> Here:
    """Where a request is answered.

    Raises
    ------
    NotFoundError
        The path names a repository that is not served.
    """
    state = request.app.state
    label = request.path_params.get("label")
    root_url = state.settings.root_url or str(request.base_url).rstrip("/")
    if label is None:
        return Here(state.settings, state.served, state.served.first, state.threads, root_url)
    return Here(state.settings, state.served, state.served[label], state.threads, f"{root_url}/repo/{label}")
