"""Carrying out a recipe, or foreseeing what it would do.  Prints nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.butler.config import CONFIG_NAME, RepositoryConfig, load_yaml
from skybutler.errors import ButlerError, ConfigError, RepositoryNotFoundError

from .data_steps import CuratedStep, FilesStep, ImportStep, RawsStep
from .definition_steps import (
    AssociateStep,
    CertifyStep,
    ChainStep,
    DatasetTypeStep,
    InstrumentStep,
    SkyMapStep,
    VisitsStep,
)
from .places import placed
from .reading import Recipe, StepSettings
from .steps import Forecast, Outcome, Progress, Step

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["CREATE", "KINDS", "Foreseen", "StepReport", "foresee", "run"]

CREATE = "create"
"""Name of the step before all others."""

KINDS: Mapping[str, type[Step[Any]]] = {
    "import": ImportStep,
    "register-instrument": InstrumentStep,
    "write-curated-calibrations": CuratedStep,
    "register-skymap": SkyMapStep,
    "register-dataset-type": DatasetTypeStep,
    "ingest-files": FilesStep,
    "ingest-raws": RawsStep,
    "define-visits": VisitsStep,
    "collection-chain": ChainStep,
    "associate": AssociateStep,
    "certify-calibrations": CertifyStep,
}


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step did.

    Parameters
    ----------
    number : `int`
        0 for the making of the repository.
    kind, subject : `str`
    outcome : `Outcome`
    seconds : `float`
        Wall time.
    """

    number: int
    kind: str
    subject: str
    outcome: Outcome
    seconds: float

    @property
    def is_change(self) -> bool:
        """Whether anything was new."""
        return self.outcome.new > 0


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What one step would do."""

    number: int
    kind: str
    subject: str
    forecast: Forecast


def foresee(recipe: Recipe) -> Iterator[Foreseen]:
    """What each step would do, in order, without doing anything.

    Raises
    ------
    ButlerError
        Inputs of a step are missing or wrong; its place in the recipe is told.
    """
    steps = _checked(recipe)
    root = _root(recipe)
    butler = _opened(recipe)
    there = butler is not None
    yield Foreseen(0, CREATE, root, Forecast(int(not there), int(there), "repository"))
    try:
        for number, (settings, step) in enumerate(steps, 1):
            with_place = _Placed(settings)
            yield Foreseen(number, settings.kind, step.subject, with_place(lambda: step.foresee(butler)))  # noqa: B023
    finally:
        if butler is not None:
            butler.close()


def run(
    recipe: Recipe,
    *,
    begin: Callable[[int, str, str], Progress] | None = None,
) -> Iterator[StepReport]:
    """Carry out a recipe, step by step; inputs of all steps are looked at before the first.

    What is done already is left alone, so that the same recipe goes on after an error, or after the process was killed.

    Parameters
    ----------
    recipe : `Recipe`
    begin : callable, optional
        Called with number, kind and subject of each step before it; gives what is told of its progress.

    Yields
    ------
    report : `StepReport`
        After each step.

    Raises
    ------
    ButlerError
        A step failed; its place in the recipe is told.  What the steps before it did stays.
    """
    steps = _checked(recipe)
    begin = begin or (lambda _number, _kind, _subject: lambda _done, _total: None)
    start = time.perf_counter()
    root = _root(recipe)
    begin(0, CREATE, root)
    made = _create(recipe)
    yield StepReport(0, CREATE, root, Outcome(int(made), int(not made), "repository"), time.perf_counter() - start)
    from skybutler.butler import Butler

    with Butler(root, writeable=True) as butler:
        for number, (settings, step) in enumerate(steps, 1):
            start = time.perf_counter()
            progress = begin(number, settings.kind, step.subject)
            outcome = _Placed(settings)(lambda: step.run(butler, progress))  # noqa: B023
            yield StepReport(number, settings.kind, step.subject, outcome, time.perf_counter() - start)


class _Placed:
    """Runs something, and adds the step's place in the recipe to what goes wrong."""

    def __init__(self, settings: StepSettings) -> None:
        self._settings = settings

    def __call__(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except ButlerError as error:
            error.add_note(f"In {self._settings.place}, step {self._settings.kind}.")
            raise


def _checked(recipe: Recipe) -> list[tuple[StepSettings, Step[Any]]]:
    """The steps, whose inputs are there."""
    steps = [(settings, KINDS[settings.kind](settings.settings, recipe.folder)) for settings in recipe.steps]
    for settings, step in steps:
        _Placed(settings)(step.check)
    return steps


# ------------------------------------------------------------------------------------------------------- repository
def _root(recipe: Recipe) -> str:
    return placed(recipe.repository.root, recipe.folder)


def _seed(recipe: Recipe) -> dict[str, Any]:
    """Configuration to start from: that of the file, and over it that of the recipe."""
    wanted = recipe.repository
    content = load_yaml(placed(wanted.seed, recipe.folder)) if wanted.seed is not None else {}
    for section, over in (
        ("registry", wanted.registry),
        ("datastore", wanted.datastore),
        ("storage_classes", wanted.storage_classes),
    ):
        if over:
            content[section] = {**(content.get(section) or {}), **over}
    return content


def _opened(recipe: Recipe) -> Butler | None:
    """The repository, if it is there already and is the one that is meant."""
    from skybutler.butler import Butler

    root = _root(recipe)
    wanted = RepositoryConfig.from_mapping(_seed(recipe), root, recipe.source)
    try:
        butler = Butler(root)
    except RepositoryNotFoundError:
        return None
    config = butler.config
    for what, here, there in (
        ("registry", wanted.resolved(wanted.registry), config.resolved(config.registry)),
        ("datastore", wanted.resolved(wanted.datastore_root), config.resolved(config.datastore_root)),
        ("namespace", wanted.namespace, config.namespace),
    ):
        if here != there:
            butler.close()
            raise ConfigError(
                f"The repository {root} exists with another {what} than {recipe.source} says.",
                hint=f"Compare 'repository' there with {root}/{CONFIG_NAME}, or choose another root.",
            )
    return butler


def _create(recipe: Recipe) -> bool:
    """Make the repository unless it is there; tell whether it was made."""
    from skybutler.butler.create import create_repository

    butler = _opened(recipe)
    if butler is not None:
        butler.close()
        return False
    wanted, dimensions = recipe.repository, recipe.repository.dimensions
    if isinstance(dimensions, str):
        dimensions = int(dimensions) if dimensions.isdecimal() else placed(dimensions, recipe.folder)
    create_repository(
        Path(_root(recipe)),
        seed=_seed(recipe),
        dimensions=dimensions,
        override=True,
        journal=wanted.journal,
        resume=True,
    )
    return True
