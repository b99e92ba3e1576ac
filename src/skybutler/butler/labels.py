"""Repository labels: names for repositories, from the index file or the environment.  Knows nothing of repositories."""

from __future__ import annotations

import os

from skybutler.errors import ConfigError, NotFoundError, nearest

from .config import load_yaml

__all__ = ["known_repositories", "resolve_label"]


def known_repositories() -> dict[str, str]:
    """Label → place of all repositories named by ``DAF_BUTLER_REPOSITORIES`` or ``DAF_BUTLER_REPOSITORY_INDEX``.

    Raises
    ------
    ConfigError
        Both variables are set, or the index is malformed.
    """
    text, index = os.environ.get("DAF_BUTLER_REPOSITORIES"), os.environ.get("DAF_BUTLER_REPOSITORY_INDEX")
    if text and index:
        raise ConfigError(
            "DAF_BUTLER_REPOSITORIES and DAF_BUTLER_REPOSITORY_INDEX are both set.", hint="Unset one of them."
        )
    if text:
        import yaml

        from skybutler.safe_yaml import parse_yaml

        try:
            content = parse_yaml(text)
        except yaml.YAMLError as error:
            raise ConfigError(f"DAF_BUTLER_REPOSITORIES is not valid YAML: {' '.join(str(error).split())}") from error
    elif index:
        from urllib.parse import unquote, urlsplit

        parts = urlsplit(index)
        path = unquote(parts.path) if parts.scheme == "file" else index
        if not os.path.isfile(path):
            raise ConfigError(f"DAF_BUTLER_REPOSITORY_INDEX names {index}, which does not exist.")
        content = load_yaml(path)
    else:
        return {}
    if not isinstance(content, dict):
        raise ConfigError("A repository index maps labels to places.")
    return {str(label): str(place) for label, place in content.items()}


def resolve_label(place: str | os.PathLike[str]) -> str:
    """The place a label stands for; what is no label is returned as it is.

    Raises
    ------
    NotFoundError
        It looks like a label, there is an index, and it is not in it.
    """
    text = os.fspath(place)
    if "/" in text or "." in text or os.path.exists(text):
        return text.removeprefix("file://") if text.startswith("file://") else text
    known = known_repositories()
    if text in known:
        return known[text].removeprefix("file://")
    if known:
        raise NotFoundError(
            f"'{text}' is neither a directory nor a repository label.",
            hint=nearest(text, known) or f"Known labels: {', '.join(sorted(known))}.",
        )
    return text
