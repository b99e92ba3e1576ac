"""The subcommand that shows the journal of changes, and shortens it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from .command import command, refuse
from .options import as_json, confirm_option, many, repository
from .output import Table, counted, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from skybutler.registry.journal import Entry

__all__ = ["log"]

_AGO = re.compile(r"(\d+) ?(s|min|h|d|w)").fullmatch
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SHOWN = 120
"""Characters of details in a table."""


@command("log")
@repository
@click.option("--since", metavar="TIME", help="From this time on (UTC, ISO 8601), or so long ago: 90min, 12h, 7d.")
@click.option("--until", metavar="TIME", help="Before this time; likewise.")
@many("--action", metavar="NAMES", help="Only these actions, such as put, ingest, certify, remove; globs.")
@many(
    "--subject",
    metavar="NAMES",
    help="Only what concerns these collections, dataset types or dimension elements; globs of the whole subject.",
)
@click.option("--limit", type=click.IntRange(min=0), default=0, metavar="N", help="The last N; 0 (the default) is all.")
@click.option("--trim", metavar="TIME", help="Remove the entries before this time (likewise); one tells of them.")
@confirm_option
@as_json
def log(
    repo: str,
    since: str | None,
    until: str | None,
    action: tuple[str, ...],
    subject: tuple[str, ...],
    limit: int,
    trim: str | None,
    confirm: bool,
    as_json: bool,
) -> None:
    """Show what was changed in REPO, newest first: when (UTC), by whom, what was done, to what and to how many.

    With --trim, remove what is older instead.
    """
    from skybutler.butler import Butler

    if trim is not None:
        if since or until or action or subject or limit or as_json:
            refuse("--trim removes all older entries, and goes with no other option than --no-confirm.")
        _trim(repo, trim, confirm=confirm)
        return
    begin, end = _moment(since), _moment(until)
    with Butler(repo) as butler:
        found = butler.registry.journal.entries(
            since=begin, until=end, actions=action, subjects=subject, limit=limit or None
        )
        columns = (list(_columns(entries, as_json)) for entries in found)
        if not show(Table(("time", "who", "action", "subject", "count", "details"), columns), as_json=as_json):
            click.echo("The journal has no such change.", err=True)


def _trim(repo: str, time: str, *, confirm: bool) -> None:
    from skybutler.butler import Butler
    from skybutler.registry.clock import utc_text

    before = _moment(time)
    assert before is not None
    with Butler(repo, writeable=True) as butler:
        journal = butler.registry.journal
        if not (count := journal.older(before)):
            click.echo(f"The journal has nothing from before {utc_text(before)}.")
            return
        if confirm:
            what = counted(count, "entry")
            click.confirm(f"Remove {what} of the journal from before {utc_text(before)}?", abort=True)
        removed = journal.trim(before)
    click.echo(f"Removed {counted(removed, 'entry')} of the journal.")


def _moment(text: str | None) -> int | None:
    """TAI nanoseconds of a time, or of so long ago."""
    if text is None:
        return None
    from skybutler.registry.clock import now_ns
    from skybutler.sky.times import parse_time

    if ago := _AGO(text.strip()):
        return now_ns() - int(ago[1]) * _SECONDS[ago[2]] * 1_000_000_000
    return parse_time(text, scale="utc")


def _columns(entries: list[Entry], as_json: bool) -> Iterator[list[Any]]:
    from skybutler.registry.clock import utc_text

    yield [utc_text(e.time) for e in entries]
    for name in ("who", "action", "subject", "count"):
        yield [getattr(e, name) for e in entries]
    yield [dict(e.details) if as_json else _text(e.details) for e in entries]


def _text(details: Mapping[str, Any]) -> str:
    parts = (f"{k}={', '.join(map(str, v)) if isinstance(v, list) else v}" for k, v in details.items())
    text = "; ".join(parts)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
