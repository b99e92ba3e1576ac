"""The subcommand that makes a whole repository from a recipe."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from .command import command
from .options import as_json, assignments
from .output import show, table_of_rows
from .progress import Advance, progress_bar

if TYPE_CHECKING:
    from skybutler.recipe import Foreseen, Recipe, StepReport

__all__ = ["init_from"]


@command("init-from")
@click.argument("recipe", type=click.Path(exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what each step would do, with a rough estimate of bytes and time.")
@assignments("--set", help="Value of a variable of the recipe; wins over the environment. Can be repeated.")
@as_json
def init_from(recipe: str, dry_run: bool, set: dict[str, str], as_json: bool) -> None:
    """Make a repository as the file RECIPE says, step by step: instruments, calibrations, sky maps, raws, collections.

    What is done already is left alone. After an error, or when the process was killed, the same command goes on.
    """
    from skybutler.recipe import read_recipe

    read = read_recipe(recipe, set)
    if dry_run:
        _foresee(read, as_json)
    else:
        _run(read, as_json)


def _foresee(recipe: Recipe, as_json: bool) -> None:
    from skybutler.recipe import foresee

    found = list(foresee(recipe))
    if as_json:
        columns = ("step", "kind", "subject", "new", "existing", "unit", "bytes", "seconds", "note")
        show(table_of_rows(columns, map(_plain_forecast, found)), as_json=True)
        return
    names = ("step", "kind", "what", "to do", "done", "of", "copied", "about", "")
    show(table_of_rows(names, map(_shown_forecast, found)))
    seconds = sum(f.forecast.seconds for f in found)
    copied = sum(f.forecast.bytes for f in found)
    click.echo(f"Nothing was done. In all about {_duration(seconds)}, {_size(copied)} to be copied.")


def _plain_forecast(found: Foreseen) -> tuple[object, ...]:
    f = found.forecast
    new = f.new if f.new >= 0 else None
    return (found.number, found.kind, found.subject, new, f.existing, f.unit, f.bytes, round(f.seconds, 3), f.note)


def _shown_forecast(found: Foreseen) -> tuple[object, ...]:
    f = found.forecast
    new = str(f.new) if f.new >= 0 else "?"
    size, about = (_size(f.bytes) if f.bytes else ""), (_duration(f.seconds) if f.new > 0 else "")
    return (found.number, found.kind, found.subject, new, str(f.existing), f.unit, size, about, f.note)


def _run(recipe: Recipe, as_json: bool) -> None:
    from skybutler.recipe import run

    total, start = len(recipe.steps), time.perf_counter()
    reports: list[StepReport] = []
    with ExitStack() as bars:

        def begin(number: int, kind: str, subject: str) -> Advance:
            return bars.enter_context(progress_bar(f"{number}/{total} {kind} {subject}"))

        for report in run(recipe, begin=begin):
            bars.close()
            reports.append(report)
            if not as_json:
                click.echo(_line(report, total))
                sys.stdout.flush()  # whoever reads it through a pipe knows how far we are
    names = ("step", "kind", "what", "new", "before", "of", "seconds", "per second")
    if as_json:
        columns = ("step", "kind", "subject", "new", "existing", "unit", "seconds", "note")
        show(table_of_rows(columns, map(_plain_report, reports)), as_json=True)
        return
    click.echo()
    show(table_of_rows(names, map(_shown_report, reports)))
    changed = sum(report.is_change for report in reports)
    said = f"{changed} of {len(reports)} steps had something to do" if changed else "Nothing to do: all was there"
    click.echo(f"{said}; {_duration(time.perf_counter() - start)}.")


def _line(report: StepReport, total: int) -> str:
    done = report.outcome
    what = f"{done.new} {done.unit}" if done.new or not done.existing else "nothing to do,"
    before = f"{' and' if done.new else ''} {done.existing} there before" if done.existing else ""
    said = f" ({done.note})" if done.note else ""
    return (
        f"{report.number}/{total} {report.kind} {report.subject}: {what}{before}{said} in {_duration(report.seconds)}"
    )


def _plain_report(report: StepReport) -> tuple[object, ...]:
    done = report.outcome
    seconds = round(report.seconds, 3)
    return (report.number, report.kind, report.subject, done.new, done.existing, done.unit, seconds, done.note)


def _shown_report(report: StepReport) -> tuple[object, ...]:
    done = report.outcome
    rate = round((done.new + done.existing) / report.seconds) if report.seconds else None
    return (
        report.number, report.kind, report.subject, done.new, done.existing, done.unit, round(report.seconds, 2), rate,
    )  # fmt: skip


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _size(n: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if n < 1000 or unit == "TB":
            return f"{n:.0f} {unit}" if unit == "bytes" else f"{n:.1f} {unit}"
        n /= 1000
    raise AssertionError
