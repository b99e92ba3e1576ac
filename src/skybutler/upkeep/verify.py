"""Whether a repository is whole: its database, rows, files and what lies about; and mending it.  Knows no terminal."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.registry.checks import RowCheck, collection_checks, dataset_checks, reference_checks
from skybutler.registry.checks_dimensions import dimension_checks
from skybutler.registry.checks_sky import sky_checks

from .files import FileCheck
from .problem import Problem, Progress, Remedies, quiet
from .strays import StrayCheck, trash_problems

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["repair", "verify"]


def verify(
    butler: Butler,
    *,
    dataset_types: Sequence[str] = (),
    collections: Sequence[str] = (),
    files: bool = True,
    checksums: bool = True,
    remedies: Remedies | None = None,
    most: int | None = 5,
    progress: Progress = quiet,
) -> Iterator[Problem]:
    """Look for everything that can be wrong with a repository, in bounded memory.

    Nothing is changed.  Each problem can be mended by `repair`, once all have been found, if the butler is writeable.

    Parameters
    ----------
    butler : `Butler`
    dataset_types, collections : sequence of `str`
        Names and globs: only the files of these datasets are looked at, and nothing else.
    files : `bool`
        Look at files, not only at rows.
    checksums : `bool`
        Read all files whose checksum was recorded.
    remedies : `Remedies`, optional
        What a repair may do.
    most : `int` or `None`
        Examples given of each kind; `None` for all, which takes memory when there are many.
    progress : callable, optional
        Shows how far it is.

    Yields
    ------
    problem : `Problem`
        Of one kind each.

    Raises
    ------
    MissingDatasetTypeError, MissingCollectionError
        A plain name is unknown.
    """
    remedies = remedies or Remedies()
    butler.registry.refresh()
    chosen = bool(dataset_types or collections)
    if not chosen:
        if faults := butler.registry.database.faults():
            yield _damage(faults, most)
            return
        yield from _row_problems(butler, most, progress)
    if files:
        check = FileCheck(butler, dataset_types, collections, checksums=checksums, remedies=remedies, most=most)
        yield from check.problems(progress)
        if not chosen:
            yield from StrayCheck(butler, remedies=remedies, most=most).problems(progress)
            yield from trash_problems(butler, most)


def repair(butler: Butler, problems: Sequence[Problem]) -> Iterator[tuple[Problem, int]]:
    """Mend what can be mended, in transactions that are entered in the journal; tell how many of each.

    Parameters
    ----------
    butler : `Butler`
        The one that was verified, writeable.
    problems : sequence of `Problem`
        As `verify` gave them.
    """
    butler.registry.database.require_writeable()
    for problem in problems:
        if problem.repair is not None:
            yield problem, problem.repair()


# ------------------------------------------------------------------------ rows
def _damage(faults: Sequence[str], most: int | None) -> Problem:
    what = "faults in the database file, for which nothing else was looked at"
    return Problem("damaged-database", what, len(faults), list(faults[:most]), "bring back a backup of the database")


def _row_problems(butler: Butler, most: int | None, progress: Progress) -> Iterator[Problem]:
    with progress("Checking the database", "rules") as advance:
        checks = list(_row_checks(butler))
        for done, check in enumerate(checks, 1):
            if (problem := _problem(butler, check, most)) is not None:
                yield problem
            advance(done, len(checks))


def _row_checks(butler: Butler) -> Iterator[RowCheck]:
    registry = butler.registry
    database, universe, types = registry.database, registry.universe, registry.dataset_types.all()
    yield from reference_checks(database)
    yield from dataset_checks(database, types)
    yield from collection_checks(database, types)
    yield from dimension_checks(database, universe, registry.keys)
    yield from sky_checks(database, universe)


def _problem(butler: Butler, check: RowCheck, most: int | None) -> Problem | None:
    count, examples = 0, list[str]()
    for rows in check.find():
        count += len(rows)
        wanted = rows if most is None else rows[: most - len(examples)]
        examples += [_shown(check.names, row) for row in wanted]
    if not count:
        return None

    def mend() -> int:
        assert check.repair is not None
        with butler.transaction():
            check.repair()
            done = count - sum(map(len, check.find()))  # which counts what another repair has mended before
            butler.registry.journal.note("repair", check.kind, done, what=check.what)
            butler.registry.revision.bump()
        return done

    return Problem(check.kind, check.what, count, examples, check.remedy, mend if check.repair is not None else None)


def _shown(names: Sequence[str], row: Sequence[Any]) -> str:
    return ", ".join(f"{name} {_cell(value)}" for name, value in zip(names, row, strict=True))


def _cell(value: Any) -> str:
    if isinstance(value, bytes) and len(value) == 16:
        return str(uuid.UUID(bytes=bytes(value)))
    return "nothing" if value is None else str(value)
