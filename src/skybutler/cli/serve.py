"""The subcommand ``serve``: repositories as services of the Virtual Observatory."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skybutler.errors import ConflictError, InvalidError, MissingExtraError

from .command import command
from .command import settings as told
from .logs import start_logging
from .options import complete_repository
from .token import token_file

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from skybutler.vo.tokens import TokenStore

__all__ = ["application", "serve"]

_LOGS = "SKYBUTLER_SERVER_LOGS"
"""Environment variable that tells worker processes how to log."""
_THIS_MACHINE = ("127.0.0.1", "::1")


@command("serve")
@click.argument("repo", nargs=-1, required=True, metavar="[LABEL=]REPO...", shell_complete=complete_repository)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for any that is free.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--root-url", help="How users reach the server, if through a proxy: https://data.example.org/sky")
@click.option("--work-folder", type=click.Path(file_okay=False, path_type=Path), help="Where jobs are kept.")
@click.option("--snapshots", is_flag=True, help="Keep copies of ObsCore in the work folder, for long questions.")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Text that signs links; servers with the same one accept each other's.",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="Whose X-Forwarded headers are believed: an address or network; with --root-url, this machine if not given.",
)
@token_file
@click.option(
    "--anonymous/--no-anonymous",
    default=None,
    help="Whether those without a token may read; by default if only this machine reaches the server.",
)
def serve(
    repo: tuple[str, ...],
    host: str,
    port: int,
    workers: int,
    root_url: str | None,
    work_folder: Path | None,
    snapshots: bool,
    secret_file: Path | None,
    proxies: tuple[str, ...],
    tokens: Path | None,
    anonymous: bool | None,
) -> None:
    """Serve repositories by ObsTAP, DataLink, SODA and SIAv2 until interrupted.

    REPO is a directory, a configuration file or a label; LABEL names it in identifiers, by default its own name.  What
    is served can only be read.
    """
    from skybutler.vo.tokens import TokenStore, default_token_file

    repositories = _labelled(repo)
    trusted = _networks(proxies) if proxies or root_url is None else _THIS_MACHINE
    try:
        from skybutler.web import ServerSettings
        from skybutler.web.auth import anonymous_by_default
        from skybutler.web.serving import serve as run
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"Serving needs the package {error.name}.", hint="Install it with: pip install 'skybutler[web]'"
        ) from error
    options = {} if secret_file is None else {"secret": _secret(secret_file)}
    settings = ServerSettings(
        repositories=repositories,
        root_url=None if root_url is None else root_url.rstrip("/"),
        work_folder=None if work_folder is None else _writable(work_folder),
        snapshots=snapshots,
        anonymous=anonymous_by_default(host, root_url) if anonymous is None else anonymous,
        token_file=(tokens or default_token_file()).absolute(),
        **options,  # type: ignore[arg-type]
    )
    shown = root_url or f"http://{host}:{port}"
    click.echo(f"Serving {', '.join(repositories)} at {shown} (stop with Ctrl-C)")
    click.echo(f"  TAP      {shown}/api/tap\n  links    {shown}/api/datalink/links\n  health   {shown}/health")
    _tell_who_may(settings.anonymous, host, TokenStore(settings.token_file or default_token_file()))
    os.environ[_LOGS] = json.dumps(_start_logs(told().logs))
    run(settings, host, port, workers=workers, proxies=trusted, application=f"{__name__}:application")


def application() -> Starlette:
    """The application of a worker process, which logs as the first one does."""
    from skybutler.web.serving import app_from_environment

    start_logging(**json.loads(os.environ[_LOGS]))
    return app_from_environment()


def _start_logs(logs: Mapping[str, Any]) -> dict[str, Any]:
    """How to log: as global options say, with each request if there are files of logs."""
    levels = ["skybutler.web.logs=INFO"] if logs.get("files") and logs["usual"] != "ERROR" else []
    files = [os.path.abspath(file) for file in logs.get("files", ())]
    made = {**logs, "levels": [*levels, *logs.get("levels", ())], "files": files}
    start_logging(**made)
    return made


def _tell_who_may(anonymous: bool, host: str, tokens: TokenStore) -> None:
    """Say who can read; a file of tokens that cannot be read is found out now, not by the first client."""
    from skybutler.web.auth import is_loopback

    known = tokens.list()
    if not anonymous:
        click.echo(f"Who reads needs a token of {tokens.file}.", err=True)
        if not known:
            click.echo("There is none yet; make one with: butler token create OWNER", err=True)
    elif not is_loopback(host):
        click.echo("Everybody who reaches this address may read.", err=True)


def _writable(folder: Path) -> Path:
    """A folder that is there, or has been made, and can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise InvalidError(
            f"Jobs cannot be kept in {folder}: {error.strerror}.", hint="Name another folder: --work-folder PATH"
        ) from error


def _labelled(places: tuple[str, ...]) -> dict[str, str]:
    """Places by label, of repositories that open."""
    from skybutler.butler import Butler

    found: dict[str, str] = {}
    for given in places:
        label, sign, place = given.partition("=")
        if not sign:
            label, place = os.path.basename(given.rstrip("/")).removesuffix(".yaml"), given
        if not label.replace("-", "").replace("_", "").replace(".", "").isalnum():
            raise InvalidError(f"'{label}' cannot be a label.", hint="Give one: butler serve NAME=PLACE")
        if label in found:
            raise ConflictError(
                f"Two repositories are labelled '{label}'.", hint="Give others: butler serve NAME=PLACE"
            )
        with Butler(place):  # whatever is wrong with it is said now, not to the first client
            found[label] = place
    return found


def _networks(given: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses and networks as they are written."""
    for text in given:
        try:
            ip_network(text)
        except ValueError as error:
            hint = "Such as 10.0.0.7 or 10.0.0.0/24."
            raise InvalidError(f"'{text[:60]}' is no address of a proxy: {error}.", hint=hint) from error
    return given


def _secret(file: Path) -> bytes:
    content = file.read_bytes().strip()
    if len(content) < 16:
        raise InvalidError(f"The secret in {file} has {len(content)} bytes; 16 are the least.")
    return content
