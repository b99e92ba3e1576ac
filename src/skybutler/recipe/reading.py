"""From a recipe file to checked steps: every mistake is told with its line before anything is done."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from skybutler.errors import ConfigError, nearest

from .document import Document, Path, parse_document
from .settings import STEPS, Repository, Settings
from .variables import expand, known_variables

__all__ = ["Recipe", "StepSettings", "read_recipe"]

VERSION = 1
_SECTIONS = ("recipe", "variables", "repository", "steps")
_MOST_SHOWN = 10


@dataclass(frozen=True)
class StepSettings:
    """One step: its kind, what it is to do, and where that stands."""

    kind: str
    settings: Settings
    place: str


@dataclass(frozen=True)
class Recipe:
    """A recipe that was read and checked.

    Parameters
    ----------
    source : `str`
        Its file.
    folder : `str`
        Where relative places begin: the working directory.
    repository : `Repository`
        What is made.
    steps : `tuple` [`StepSettings`]
        What is done with it, in order.
    """

    source: str
    folder: str
    repository: Repository
    steps: tuple[StepSettings, ...]


def read_recipe(
    path: str | os.PathLike[str],
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    path : path
        The file.
    variables : mapping, optional
        Values of variables that win over all others.
    environment : mapping, optional
        Further variables; by default those of the process.  ``RECIPE_FOLDER`` is the folder of the file.

    Raises
    ------
    ConfigError
        It cannot be read, or something in it is wrong: all mistakes are told, each with file, line and column.
    """
    name = os.fspath(path)
    try:
        with open(name, encoding="utf-8") as stream:
            text = stream.read()
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is no text in UTF-8: {error}.") from error
    document = parse_document(text, name)
    if not isinstance(document.content, Mapping):
        raise ConfigError(f"{name} is no recipe: there must be {', '.join(_SECTIONS)}.")
    around = os.environ if environment is None else environment
    own = {"RECIPE_FOLDER": os.path.dirname(os.path.abspath(name))}
    known = known_variables(document, variables or {}, {**around, **own})
    return _Reading(document, expand(document, known)).recipe(name, os.getcwd())


@dataclass
class _Reading:
    """One reading under way, and the mistakes that were found so far."""

    document: Document
    content: Mapping[str, Any]
    mistakes: list[tuple[Path, str]] = field(default_factory=list)

    def recipe(self, source: str, folder: str) -> Recipe:
        for key in self.content:
            if key not in _SECTIONS:
                self._unknown((str(key),), str(key), _SECTIONS)
        version = self.content.get("recipe", VERSION)
        if version != VERSION:
            self.mistakes.append((("recipe",), f"version {version!r} of recipes is not known; this is {VERSION}"))
        repository = self._settings(Repository, self.content.get("repository"), ("repository",), "root")
        steps = self.content.get("steps") or []
        if not isinstance(steps, list):
            self.mistakes.append((("steps",), f"'steps' must be a list, not {steps!r}"))
            steps = []
        found = [self._step(step, ("steps", i)) for i, step in enumerate(steps)]
        self._raise()
        assert isinstance(repository, Repository)
        return Recipe(source, folder, repository, tuple(step for step in found if step is not None))

    def _step(self, step: Any, path: Path) -> StepSettings | None:
        """A step is a mapping with one key, its kind."""
        if not isinstance(step, Mapping) or len(step) != 1:
            said = f"has {len(step)} keys" if isinstance(step, Mapping) else f"is {step!r}"
            self.mistakes.append((path, f"a step is one name with its settings below it; this one {said}"))
            return None
        (kind, content), *_ = step.items()
        below = (*path, str(kind))
        if kind not in STEPS:
            self._unknown(below, str(kind), tuple(STEPS), "step")
            return None
        model, short = STEPS[kind]
        settings = self._settings(model, content, below, short)
        return StepSettings(kind, settings, self.document.place(below)) if settings is not None else None

    def _settings(self, model: type[Settings], content: Any, path: Path, short: str | None) -> Settings | None:
        if short is not None and content is not None and not isinstance(content, Mapping):
            content = {short: content}
        if content is None:
            self.mistakes.append((path, f"'{path[-1]}' needs {_required(model)}"))
            return None
        try:
            return model.model_validate(content)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                self._note(model, path, one)
        return None

    def _note(self, model: type[BaseModel], path: Path, error: Any) -> None:
        below = self._located((*path, *error["loc"]))
        if error["type"] == "extra_forbidden":
            holder = _model_at(model, error["loc"][:-1])
            self._unknown(below, str(below[-1]), [*holder.model_fields] if holder else [])
        elif error["type"] == "missing":
            self.mistakes.append((below[:-1], f"'{below[-1]}' is missing"))
        else:
            named = ".".join(map(str, below[len(path) :]))
            said = str(error["msg"]).removeprefix("Value error, ")
            given = "" if isinstance(error.get("input"), Mapping) else f" (it is {error.get('input')!r})"
            self.mistakes.append((below, f"{f'{named}: ' if named else ''}{said[:1].lower()}{said[1:]}{given}"))

    def _located(self, path: Path) -> Path:
        """A path as the document has it: with its spelling of keys, without the parts that only the models know."""
        found: Path = ()
        for part in path:
            dashed = part.replace("_", "-") if isinstance(part, str) else part
            if (*found, part) in self.document.marks or (*found, dashed) not in self.document.marks:
                found = (*found, part) if (*found, part) in self.document.marks or part == path[-1] else found
            else:
                found = (*found, dashed)
        return found

    def _unknown(self, path: Path, name: str, known: Sequence[str], what: str = "key") -> None:
        hint = nearest(name.replace("-", "_") if what == "key" else name, known) or f"There are: {', '.join(known)}."
        self.mistakes.append((path, f"unknown {what} '{name}'. {hint}"))

    def _raise(self) -> None:
        if not self.mistakes:
            return
        lines = [f"{self.document.place(path)}: {said}" for path, said in self.mistakes[:_MOST_SHOWN]]
        if more := len(self.mistakes) - _MOST_SHOWN:
            lines += [f"and {more} more"] * (more > 0)
        raise ConfigError("\n".join(lines))


def _required(model: type[BaseModel]) -> str:
    needed = [name for name, info in model.model_fields.items() if info.is_required()]
    return ", ".join(map(repr, needed))


def _model_at(model: type[BaseModel] | None, path: Sequence[str | int]) -> type[BaseModel] | None:
    """The settings that stand at a path below some settings."""
    for part in path:
        info = model.model_fields.get(str(part)) if model is not None else None
        choices = [info.annotation, *getattr(info.annotation, "__args__", ())] if info is not None else []
        model = next((c for c in choices if isinstance(c, type) and issubclass(c, BaseModel)), model)
    return model
