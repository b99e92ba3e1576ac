"""The subcommand that tells whether a repository is whole, and mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from .command import command, refuse
from .options import as_json, collections_option, dataset_type_option, examples_option, repository, seconds_of
from .output import cell, counted, show, table_of_rows
from .progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skybutler.butler import Butler
    from skybutler.upkeep.problem import Problem

__all__ = ["verify"]


@command("verify")
@repository
@collections_option("Only the files of datasets in these collections; globs.")
@dataset_type_option("Only the files of these dataset types; globs.")
@click.option("--files/--no-files", default=True, help="Look at files too (the default), or at the database only.")
@click.option("--checksums/--no-checksums", default=True, help="Read all files with a checksum (the default), or none.")
@click.option(
    "--older-than",
    default="1h",
    show_default=True,
    metavar="TIME",
    callback=seconds_of,
    help="Files without a dataset may belong to a process at work while they are younger.",
)
@click.option("--repair", is_flag=True, help="Show what a repair would do; with --apply, do it.")
@click.option("--apply", is_flag=True, help="With --repair: do it, and enter it in the journal.")
@click.option("--delete-orphans", is_flag=True, help="A repair deletes files that no dataset has.")
@click.option("--remove-missing", is_flag=True, help="A repair removes datasets whose file is gone altogether.")
@click.option("--accept-changed", is_flag=True, help="A repair records changed files as they are now.")
@examples_option("trouble")
@as_json
@click.pass_context
def verify(
    context: click.Context,
    repo: str,
    collections: tuple[str, ...],
    dataset_types: tuple[str, ...],
    files: bool,
    checksums: bool,
    older_than: float,
    repair: bool,
    apply: bool,
    delete_orphans: bool,
    remove_missing: bool,
    accept_changed: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Tell whether REPO is whole: missing, changed and orphaned files, rows that contradict each other.

    Exit status 1 when something is wrong.  Nothing is changed without --repair --apply; what a repair does loses
    nothing unless --delete-orphans, --remove-missing or --accept-changed allow it.
    """
    from skybutler.butler import Butler
    from skybutler.upkeep.problem import Remedies
    from skybutler.upkeep.verify import verify

    if not repair and (apply or delete_orphans or remove_missing or accept_changed):
        refuse("--apply, --delete-orphans, --remove-missing and --accept-changed say how to --repair: add that.")
    remedies = Remedies(delete_orphans, remove_missing, accept_changed, older_than)
    with Butler(repo, writeable=apply) as butler:
        problems = list(
            verify(
                butler,
                dataset_types=dataset_types,
                collections=collections,
                files=files,
                checksums=checksums,
                remedies=remedies,
                most=limit or None,
                progress=progress_bar,
            )
        )
        mended = _mend(butler, problems) if apply else {}
    _report(problems, mended, repair=repair, as_json=as_json)
    if any(p.is_wrong and mended.get(i, 0) < p.count for i, p in enumerate(problems)):
        context.exit(1)


def _mend(butler: Butler, problems: Sequence[Problem]) -> dict[int, int]:
    """How many of each problem were mended."""
    from skybutler.upkeep.verify import repair

    places = {id(problem): i for i, problem in enumerate(problems)}
    with progress_bar("Repairing", "kinds of trouble") as advance:
        mended: dict[int, int] = {}
        for problem, count in repair(butler, problems):
            mended[places[id(problem)]] = count
            advance(len(mended), sum(p.repair is not None for p in problems))
    return mended


def _report(problems: Sequence[Problem], mended: dict[int, int], *, repair: bool, as_json: bool) -> None:
    if as_json:
        rows = [_row(p, mended.get(i)) for i, p in enumerate(problems)]
        show(table_of_rows(("kind", "is_wrong", "count", "what", "examples", "remedy", "mended"), rows), as_json=True)
        return
    for i, problem in enumerate(problems):
        style = {"fg": "red", "bold": True} if problem.is_wrong else {"dim": True}
        click.echo(f"{click.style(problem.kind, **style)}: {problem.count} {problem.what}")
        for example in problem.examples:
            click.echo(f"  {cell(example)}")
        if problem.count > len(problem.examples):
            click.echo(f"  and {problem.count - len(problem.examples)} more")
        if i in mended:
            click.echo(f"  -> mended: {mended[i]}")
        elif repair and problem.is_wrong:
            click.echo(f"  -> repair: {problem.remedy or 'none known; find out with butler log what happened'}")
    wrong = [p for p in problems if p.is_wrong]
    if not wrong:
        click.echo("Nothing is wrong.")
    elif not mended and repair:
        click.echo(f"{counted(len(wrong), 'kind')} of trouble. Nothing was changed: --repair --apply does it.")


def _row(problem: Problem, mended: int | None) -> tuple[Any, ...]:
    p = problem
    return p.kind, p.is_wrong, p.count, p.what, list(p.examples), p.remedy, mended
