"""Changing the index of repository labels: one writer at a time, whole or not at all, comments kept.  Opens none."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from skybutler.errors import ConfigError, ConflictError, InvalidError, NotFoundError, ReadOnlyError, nearest

from .config import load_yaml
from .labels import INDEX, TEXT, label_file

__all__ = ["add_label", "index_to_change", "remove_label"]

_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_PLAIN_PLACE = re.compile(r"[A-Za-z/][A-Za-z0-9/._:%+-]*[A-Za-z0-9/._%+-]")
"""Places that need no quotes in YAML."""


def index_to_change(given: str | None) -> str:
    """Path of the index that labels are written to: ``given``, else the one of the environment.

    Raises
    ------
    ConfigError
        None is named, or one that cannot be changed here.
    """
    if given is None and os.environ.get(TEXT):
        raise ConfigError(
            f"Labels come from the text in {TEXT}, which no command can change.",
            hint=f"Unset it, and keep labels in a file that {INDEX} names.",
        )
    index = given or os.environ.get(INDEX)
    if not index:
        raise ConfigError(
            f"There is no repository index: {INDEX} is not set.",
            hint="Name a file with --index FILE, which is made if need be, and set the variable to it.",
        )
    path = label_file(index)
    if path is None:
        raise ConfigError(f"The index {index} is not a local file.", hint="Change it where it is made.")
    return os.path.abspath(path)


def add_label(index: str, label: str, place: str, *, replace: bool = False) -> bool:
    """Enter a label.

    Parameters
    ----------
    index : `str`
        Path of the index; it is made if it does not exist.
    label, place : `str`
        Name, and where the repository is.
    replace : `bool`
        Whether a known label may get another place.

    Returns
    -------
    changed : `bool`
        Whether it was not there before with this place.

    Raises
    ------
    InvalidError
        The label cannot be one.
    ConflictError
        The label has another place.
    ConfigError, ReadOnlyError
        The index is malformed, or cannot be written.
    """
    if not _LABEL.fullmatch(label) or label.endswith((".yaml", ".yml")):
        raise InvalidError(f"'{label}' cannot be a label.", hint="Use letters, digits and _ . + -")
    with _locked(index):
        content = _read(index)
        if content.get(label) == place:
            return False
        if label in content and not replace:
            raise ConflictError(
                f"Label '{label}' already stands for {content[label]}.",
                hint="Choose another label, or add --replace to give it the new place.",
            )
        line = f"{label}: {_quoted(place)}"
        _change(index, {**content, label: place}, lambda text: _with_line(text, label, line))
    return True


def remove_label(index: str, label: str) -> str:
    """Take a label out of the index; return the place it had.

    Raises
    ------
    NotFoundError
        It is not in the index.
    ConfigError, ReadOnlyError
        The index is malformed, or cannot be written.
    """
    with _locked(index):
        content = _read(index)
        if label not in content:
            raise NotFoundError(f"'{label}' is not in {index}.", hint=nearest(label, content))
        left = {k: v for k, v in content.items() if k != label}
        _change(index, left, lambda text: _line_of(label).sub("", text, count=1))
    return str(content[label])


@contextmanager
def _locked(index: str) -> Iterator[None]:
    """Keep other processes from changing the index."""
    try:
        os.makedirs(os.path.dirname(index), exist_ok=True)
        # the folder: the file itself is replaced, so that a lock on it would be one on yesterday's
        descriptor = os.open(os.path.dirname(index), os.O_RDONLY)
    except OSError as error:
        raise ReadOnlyError(f"{index} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(index: str) -> dict[str, object]:
    return {str(k): v for k, v in load_yaml(index).items()} if os.path.exists(index) else {}


def _change(index: str, content: dict[str, object], edit: Callable[[str], str]) -> None:
    """Write an index with this content: by an edit of its text if that gives it, else anew without comments."""
    text = ""
    if os.path.exists(index):
        with open(index, encoding="utf-8") as stream:
            text = stream.read()
    if text.lstrip().startswith("{") or index.endswith(".json"):
        new = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    else:
        new = edit(text)
        if _content(new) != content:
            import yaml

            new = yaml.safe_dump(content, sort_keys=False)
    if _content(new) != content:
        raise InvalidError("The place has characters that no index can hold.")
    _write(index, new)


def _content(text: str) -> object:
    import yaml

    from skybutler.safe_yaml import parse_yaml

    try:
        found = parse_yaml(text)
    except yaml.YAMLError:
        return None
    return {str(k): v for k, v in found.items()} if isinstance(found, dict) else found or {}


def _write(index: str, text: str) -> None:
    target = os.path.realpath(index)  # a link stays one
    scratch = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{os.getpid()}")
    try:
        with open(scratch, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            if os.path.exists(target):
                os.fchmod(stream.fileno(), os.stat(target).st_mode & 0o7777)
            os.fsync(stream.fileno())
        os.rename(scratch, target)
    except OSError as error:
        if os.path.exists(scratch):
            os.unlink(scratch)
        raise ReadOnlyError(f"{index} cannot be written: {error.strerror}.") from error


def _line_of(label: str) -> re.Pattern[str]:
    """The line of a label in a block of YAML."""
    return re.compile(rf"^(['\"]?){re.escape(label)}\1[ \t]*:(?:[ \t].*)?(?:\n|\Z)", re.MULTILINE)


def _with_line(text: str, label: str, line: str) -> str:
    """The text with a label's line replaced (what stands behind it as a comment goes), or with one more line."""
    found = _line_of(label).search(text)
    if found:
        return f"{text[: found.start()]}{line}\n{text[found.end() :]}"
    return text + ("\n" if text and not text.endswith("\n") else "") + f"{line}\n"


def _quoted(place: str) -> str:
    return place if _PLAIN_PLACE.fullmatch(place) else json.dumps(place, ensure_ascii=False)
