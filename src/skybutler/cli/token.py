"""The subcommands below ``token``: tokens by which a server knows who asks, made, listed and taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .command import ButlerCommand
from .options import as_json, many, seconds_of
from .output import show, table_of_rows

if TYPE_CHECKING:
    from skybutler.vo.tokens import TokenStore

__all__ = ["token", "token_file"]

token_file = click.option(
    "--tokens",
    "tokens",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of the tokens, instead of the one that SKYBUTLER_TOKENS names, or ~/.config/skybutler/tokens.json.",
)


@click.group("token")
def token() -> None:
    """Tokens by which a server knows who asks."""


@token.command("create", cls=ButlerCommand)
@click.argument("owner")
@many("--scope", metavar="SCOPE", help="What it allows: read:tap, read:image; both if not given.")
@click.option("--expires", default="90d", show_default=True, metavar="TIME", help="After a time such as 12h, or never.")
@click.option("--note", default="", help="What it is for.")
@token_file
@click.pass_context
def create(
    context: click.Context, owner: str, scope: tuple[str, ...], expires: str, note: str, tokens: Path | None
) -> None:
    """Make a token for OWNER, who then owns the jobs made with it.

    It is printed once and cannot be found out again: only a digest is kept.
    """
    from skybutler.vo.tokens import SCOPES

    seconds = None if expires == "never" else seconds_of(context, _option(context, "expires"), expires)
    text, made = _store(tokens).create(owner, scope or tuple(SCOPES), seconds=seconds, note=note)
    click.echo(text)
    click.echo(
        f"Token {made.id} of {made.owner} for {', '.join(made.scopes)}, good until {_time(made.expires) or 'revoked'}. "
        "Keep it: it is not shown again.",
        err=True,
    )


@token.command("list", cls=ButlerCommand)
@token_file
@as_json
def list_tokens(tokens: Path | None, as_json: bool) -> None:
    """List tokens, without what is secret of them."""
    rows = [
        (t.id, t.owner, " ".join(t.scopes), _time(t.created), _time(t.expires), t.is_expired, t.note)
        for t in _store(tokens).list()
    ]
    names = ("token", "owner", "scopes", "created", "expires", "expired", "note")
    if not show(table_of_rows(names, rows), as_json=as_json):
        click.echo("There are no tokens; make one with: butler token create OWNER", err=True)


@token.command("revoke", cls=ButlerCommand)
@click.argument("tokens_revoked", metavar="TOKEN...", nargs=-1, required=True)
@token_file
def revoke(tokens_revoked: tuple[str, ...], tokens: Path | None) -> None:
    """Take tokens back: servers refuse them from now on.  TOKEN is what ``token list`` shows, or the whole of it."""
    store = _store(tokens)
    for name in tokens_revoked:
        gone = store.revoke(name)
        click.echo(f"Revoked token {gone.id} of {gone.owner}.")


def _store(file: Path | None) -> TokenStore:
    from skybutler.vo.tokens import TokenStore, default_token_file

    return TokenStore(file or default_token_file())


def _option(context: click.Context, name: str) -> click.Parameter:
    return next(p for p in context.command.params if p.name == name)


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
    except (OverflowError, ValueError):
        return "later than calendars say"
