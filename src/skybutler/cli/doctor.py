"""The subcommand ``doctor``: what is wrong with a repository or the way to it, and what mends it."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

import click

from .command import command
from .options import as_json, complete_repository
from .output import counted, show, table_of_rows

if TYPE_CHECKING:
    from skybutler.upkeep.finding import Finding

__all__ = ["doctor"]

_COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}
_INDENT = 30


@command("doctor")
@click.argument("repo", required=False, shell_complete=complete_repository)
@click.option("--write", is_flag=True, help="Also begin a transaction, and write a small file and remove it again.")
@click.option("--full", is_flag=True, help="Also do what takes long: read a large SQLite file through.")
@click.option("-q", "--quiet", is_flag=True, help="Show only what is not as it should be.")
@as_json
@click.pass_context
def doctor(context: click.Context, repo: str | None, write: bool, full: bool, quiet: bool, as_json: bool) -> None:
    """Find out what keeps REPO from working: configuration, credentials, versions, database, locks, files, disk.

    REPO need not open.  Nothing is changed, and no password is shown.  Exit status 1 when there is an error.
    """
    from skybutler.upkeep.doctor import examine

    findings = []
    for finding in examine(repo, write=write, full=full):
        findings.append(finding)
        if not as_json and not (quiet and finding.level == "ok"):
            _print(finding)
    if as_json:
        shown = [f for f in findings if not quiet or f.level != "ok"]
        rows = [(f.check, f.level, f.says, f.means, f.fix) for f in shown]
        show(table_of_rows(("check", "level", "says", "means", "fix"), rows), as_json=True)
    else:
        _print_sum(findings)
    if any(f.level == "error" for f in findings):
        context.exit(1)


def _print(finding: Finding) -> None:
    level = click.style(finding.level.ljust(8), fg=_COLOURS[finding.level], bold=finding.level != "ok")
    click.echo(f"{level} {finding.check.ljust(_INDENT - 10)} {_wrapped(finding.says)}")
    for text in (finding.means, finding.fix and f"-> {finding.fix}"):
        if text:
            click.echo(" " * _INDENT + _wrapped(text))


def _wrapped(text: str) -> str:
    """Text that fits beside the names of checks on a terminal; anywhere else it stays one line."""
    if not sys.stdout.isatty():
        return text
    room = max(shutil.get_terminal_size().columns - _INDENT, 40)
    lines = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * _INDENT).join(lines)


def _print_sum(findings: list[Finding]) -> None:
    levels = Counter(f.level for f in findings)
    if levels["error"] or levels["warning"]:
        click.echo(f"\n{counted(levels['error'], 'error')} and {counted(levels['warning'], 'warning')}.")
    else:
        click.echo("\nAll is well.")
