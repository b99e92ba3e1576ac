"""Repository labels: names for repositories, from an index or the environment.  Opens no repository."""

from __future__ import annotations

import os
from typing import Any

from skybutler.errors import ButlerError, ConfigError, NotFoundError, ParameterError, nearest

from .config import CONFIG_NAME, RepositoryConfig, load_yaml

__all__ = ["INDEX", "TEXT", "Labels", "known_repositories", "label_file", "place_of", "resolve_label"]

TEXT, INDEX = "DAF_BUTLER_REPOSITORIES", "DAF_BUTLER_REPOSITORY_INDEX"
"""Variables: the mapping itself as text, and where it is."""

_SECONDS = 60
"""A remote index is read again after so long."""


def known_repositories() -> dict[str, str]:
    """Label → place of all repositories named by ``DAF_BUTLER_REPOSITORIES`` or ``DAF_BUTLER_REPOSITORY_INDEX``.

    The index is YAML or JSON, a local file or at a ``file:``, ``s3:``, ``http:`` or ``https:`` URI.

    Raises
    ------
    ConfigError
        Both variables are set, or the index is malformed or cannot be read.
    """
    text, index = os.environ.get(TEXT), os.environ.get(INDEX)
    if text and index:
        raise ConfigError(f"{TEXT} and {INDEX} are both set.", hint="Unset one of them.")
    if text:
        return _labels(_parsed(text, TEXT), TEXT)
    if not index:
        return {}
    path = label_file(index)
    if path is None:
        import time

        from .remote_index import read_remote

        return _labels(_parsed(read_remote(index, int(time.monotonic() / _SECONDS)), index), index)
    if not os.path.isfile(path):
        raise ConfigError(f"{INDEX} names {index}, which does not exist.", hint="Make it with: butler repos add")
    return _labels(load_yaml(path), index)


def label_file(index: str) -> str | None:
    """Local path of an index given as path or ``file:`` URI; `None` for other URIs."""
    if "://" not in index:
        return os.path.expanduser(index)
    return place_of(index) if index.startswith("file://") else None


def place_of(text: str) -> str:
    """A place as an index has it, with ``file:`` URIs made local paths."""
    if not text.startswith("file://"):
        return text
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(text).path)


def _parsed(text: str, source: str) -> Any:
    import yaml

    from skybutler.safe_yaml import parse_yaml

    try:
        return parse_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{source} is not valid YAML: {' '.join(str(error).split())}") from error


def _labels(content: Any, source: str) -> dict[str, str]:
    if content is None:
        return {}
    if not isinstance(content, dict) or any(isinstance(place, dict | list) for place in content.values()):
        raise ConfigError(f"{source} is no repository index: one maps labels to places.")
    return {str(label): str(place) for label, place in content.items() if place is not None}


def resolve_label(place: str | os.PathLike[str]) -> str:
    """The place a label stands for; what is no label is returned as it is.

    What exists as a file or directory is taken for that.

    Raises
    ------
    NotFoundError
        It looks like a label, there is an index, and it is not in it.
    ConfigError
        It is not there, and the index cannot be read.
    """
    text = os.fspath(place)
    if os.path.exists(text):
        return text
    is_path = "/" in text or text.endswith((".yaml", ".yml"))
    try:
        known = known_repositories()
    except ButlerError:
        if is_path:  # then what is wrong with the index is no matter
            return place_of(text)
        raise
    if text in known:
        return place_of(known[text])
    if known and not is_path:
        raise NotFoundError(
            f"'{text}' is neither a repository label nor a directory here ({os.path.join(os.getcwd(), text)}).",
            hint=nearest(text, known) or f"Known labels: {', '.join(sorted(known))}.",
        )
    return place_of(text)


class Labels:
    """The part of `Butler` that knows repositories by their labels; needs none to be open."""

    @staticmethod
    def get_known_repos() -> set[str]:
        """Labels of all repositories that the environment names."""
        return set(known_repositories())

    @staticmethod
    def get_repo_uri(label: str, return_label: bool = False) -> str:
        """Where the repository of a label is, as the index has it.

        Parameters
        ----------
        label : `str`
            Label.
        return_label : `bool`
            Return what is no label as it is.

        Raises
        ------
        KeyError
            There is no such label (a `ParameterError`).
        """
        known = known_repositories()
        if label in known:
            return known[label]
        if return_label:
            return label
        hint = nearest(label, known) or (f"Known labels: {', '.join(sorted(known))}." if known else f"Set {INDEX}.")
        raise ParameterError(f"'{label}' is no repository label.", hint=hint)

    @staticmethod
    def has_repo_config(root: str | os.PathLike[str] | RepositoryConfig) -> bool:
        """Whether there is a configuration of a repository at a place (a directory, a file or a ``file:`` URI)."""
        place = root.root if isinstance(root, RepositoryConfig) else place_of(os.fspath(root))
        return os.path.isfile(os.path.join(place, CONFIG_NAME)) or (
            place.endswith((".yaml", ".yml")) and os.path.isfile(place)
        )
