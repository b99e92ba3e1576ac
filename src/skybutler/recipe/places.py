"""Places named in a recipe, with braces and globs; and the files of a folder as a table.

Knows no repository.
"""

from __future__ import annotations

import glob
import itertools
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skybutler.errors import ConfigError, MissingFileError
from skybutler.storage.places import is_absolute

__all__ = ["Files", "braces", "existing", "files_of", "placed"]

_MOST = 10_000
"""Names that braces may stand for."""

_FIELD = re.compile(r"\{(\w+)\}")


def placed(text: str, folder: str) -> str:
    """An absolute path or URI; relative ones begin in a folder, ``~`` is the home directory."""
    text = os.path.expanduser(text)
    return text if is_absolute(text) else os.path.normpath(os.path.join(folder, text))


def braces(text: str) -> list[str]:
    """What a shell makes of braces: ``y{1..3}`` and ``{a,b}``; numbers keep their leading zeros.

    Raises
    ------
    ConfigError
        They stand for too many names.
    """
    found = list(_braces(text, _MOST))
    if len(found) > _MOST:
        raise ConfigError(f"'{text}' stands for more than {_MOST} names.")
    return found


def _braces(text: str, most: int) -> Iterator[str]:
    begin, end, parts = _outermost(text)
    if not parts:
        yield text
        return
    made = 0
    for part in parts:
        for choice in _braces(part, most):
            for rest in _braces(text[end:], most):
                made += 1
                yield text[:begin] + choice + rest
                if made > most:
                    return


def _outermost(text: str) -> tuple[int, int, list[str]]:
    """Begin, end and choices of the first pair of braces that means something."""
    for match in re.finditer(r"\{", text):
        begin, depth, cuts = match.start(), 0, []
        for i in range(begin, len(text)):
            depth += (text[i] == "{") - (text[i] == "}")
            if text[i] == "," and depth == 1:
                cuts.append(i)
            if not depth:
                edges = [begin, *cuts, i]
                parts = [text[a + 1 : b] for a, b in itertools.pairwise(edges)]
                parts = parts if cuts else _numbers(parts[0])
                if parts:
                    return begin, i + 1, parts
                break
    return 0, 0, []


def _numbers(inner: str) -> list[str]:
    """The numbers that ``1..5`` means; none of anything else."""
    match = re.fullmatch(r"(-?\d{1,18})\.\.(-?\d{1,18})", inner)
    if match is None:
        return []
    first, last = int(match[1]), int(match[2])
    padded = any(len(t.lstrip("-")) > 1 and t.lstrip("-").startswith("0") for t in match.groups())
    width = max(map(len, match.groups())) if padded else 0
    step = 1 if first <= last else -1
    numbers = range(first, last + step, step)[: _MOST + 1]
    return [f"{n:0{width}d}" if width else str(n) for n in numbers]


def existing(locations: Sequence[str], folder: str) -> list[str]:
    """Places that braces and globs stand for, each once and in order; URIs are taken as they are.

    Raises
    ------
    MissingFileError
        One stands for nothing that exists.
    """
    found: dict[str, None] = {}
    for location in locations:
        for text in braces(location):
            place = placed(text, folder)
            if "://" in place:
                found[place] = None
                continue
            matching = [place] if os.path.exists(place) else sorted(glob.glob(place, recursive=True))
            if not matching:
                raise MissingFileError(f"Nothing is at {place}" + (f" ({location})." if place != location else "."))
            found |= dict.fromkeys(matching)
    return list(found)


@dataclass(frozen=True, slots=True)
class Files:
    """Files whose names tell their data IDs.

    Parameters
    ----------
    paths : `list` [`str`]
        Sorted.
    columns : `dict` [`str`, `list` [`str`]]
        Values by dimension, as they stand in the names.
    others : `int`
        Files with names of another form.
    """

    paths: list[str]
    columns: dict[str, list[str]]
    others: int


def files_of(folder: str, pattern: str) -> Files:
    """The files of a folder with names of a form such as ``{htm7}.fits`` or ``{band}/R{detector}.fits``.

    Raises
    ------
    ConfigError
        The form names a dimension twice.
    MissingFileError
        There is no such folder, or no such file in it.
    """
    names = _FIELD.findall(pattern)
    if len(set(names)) < len(names):
        raise ConfigError(f"The pattern '{pattern}' names a dimension twice.")
    if not os.path.isdir(folder):
        raise MissingFileError(f"There is no folder {folder}.")
    parts = _FIELD.split(pattern)
    texts = (re.escape(part).replace(r"\*", "[^/]*") for part in parts[::2])
    form = re.compile("([^/]+?)".join(texts))
    found: list[tuple[str, tuple[str, ...]]] = []
    others = 0
    for path, name in _walk(folder, pattern.count("/")):
        match = form.fullmatch(name)
        if match is None:
            others += 1
        else:
            found.append((path, match.groups()))
    if not found:
        raise MissingFileError(f"No file in {folder} has a name of the form '{pattern}'; {others} have others.")
    found.sort()
    columns = {name: [values[i] for _, values in found] for i, name in enumerate(names)}
    return Files([path for path, _ in found], columns, others)


def _walk(folder: str, depth: int, above: str = "") -> Iterator[tuple[str, str]]:
    """Paths of the files at a depth, and their names from the folder on."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if depth and entry.is_dir():
                yield from _walk(entry.path, depth - 1, f"{above}{entry.name}/")
            elif not depth and entry.is_file():
                yield entry.path, above + entry.name
