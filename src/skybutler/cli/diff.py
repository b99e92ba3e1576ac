"""The subcommand that compares two repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .command import command
from .options import as_json, collections_option, examples_option, where
from .output import cell, counted, show, table_of_rows
from .progress import progress_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from skybutler.upkeep.diff import Difference

__all__ = ["diff"]

_SIGNS = {"only_a": "-", "only_b": "+", "changed": "~"}


@command("diff")
@click.argument("repo_a", metavar="A")
@click.argument("repo_b", metavar="B")
@collections_option("Only these collections and the datasets in them; globs.")
@where
@click.option("--files", is_flag=True, help="Compare recorded sizes and checksums of files too.")
@examples_option("difference")
@as_json
@click.pass_context
def diff(
    context: click.Context,
    repo_a: str,
    repo_b: str,
    collections: tuple[str, ...],
    where: str,
    files: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Tell what repository A has and B has not, or has otherwise, and the other way round.

    Compared are dataset types, collections, dimension records, datasets by id and by place, tags and validity ranges.
    With --collections or --where, dataset types and records that only one of the two has are no difference.  Exit
    status 1 when something differs.
    """
    from skybutler.butler import Butler
    from skybutler.upkeep.diff import compare

    with Butler(repo_a) as a, Butler(repo_b) as b:
        found = list(
            compare(
                a,
                b,
                collections=collections,
                where=where,
                files=files,
                most=limit or None,
                progress=progress_bar,
            )
        )
    unlike = [d for d in found if d]
    if as_json:
        rows = [(d.kind, d.subject, d.same, d.only_a, d.changed, d.only_b, d.examples) for d in unlike]
        show(table_of_rows(("kind", "subject", "same", "only_a", "changed", "only_b", "examples"), rows), as_json=True)
    else:
        _report(unlike, found)
    if unlike:
        context.exit(1)


def _report(unlike: Sequence[Difference], found: Sequence[Difference]) -> None:
    if not unlike:
        datasets, records = (sum(d.same for d in found if d.kind == kind) for kind in ("dataset", "record"))
        click.echo(f"Nothing differs in {counted(datasets, 'dataset')} and {counted(records, 'dimension record')}.")
        return
    rows = [(d.kind, d.subject or None, d.same, d.only_a, d.changed, d.only_b) for d in unlike]
    show(table_of_rows(("kind", "of", "same", "only in A", "differ", "only in B"), rows))
    for difference in unlike:
        click.echo(f"\n{difference.kind} {difference.subject}".rstrip())
        for what, sign in _SIGNS.items():
            examples = difference.examples[what]
            for example in examples:
                click.echo(f"  {sign} {cell(example)}")
            if (more := getattr(difference, what) - len(examples)) > 0:
                click.echo(f"  {sign} and {more} more")
