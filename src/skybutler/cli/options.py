"""Arguments and options that several subcommands have.  Knows no repository."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NotRequired, TypedDict, TypeVar

import click
from click.shell_completion import CompletionItem

from skybutler.errors import ButlerError

from .command import Settings, refuse

__all__ = [
    "Chosen",
    "as_json",
    "assignments",
    "collections_option",
    "confirm_option",
    "dataset_type_option",
    "examples_option",
    "find_first",
    "limit",
    "many",
    "many_arguments",
    "order_by",
    "query_options",
    "repository",
    "seconds_of",
    "split_commas",
    "track",
    "transfer_option",
    "where",
]

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Decorator = Callable[[Decorated], Decorated]

TRANSFERS = ("auto", "copy", "move", "link", "hardlink", "symlink", "relsymlink", "direct", "split")
"""Transfer modes, written out so that no code of the datastore is loaded for help texts."""


_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def seconds_of(context: click.Context, parameter: click.Parameter, text: str) -> float:
    """Callback of an option that is a time such as ``30min``: its seconds."""
    found = re.fullmatch(r"(\d+) ?(s|min|h|d)", text.strip())
    if found is None:
        raise click.BadParameter(f"'{text}' must be a time such as 30min, 1h or 2d.", context, parameter)
    return float(int(found[1]) * _SECONDS[found[2]])


# ---------------------------------------------------------------- many values
def split_commas(text: str) -> list[str]:
    """The parts between commas; commas within ``[...]`` divide nothing."""
    parts = re.split(r",(?![^\[\]]*\])", text)
    return [part.strip() for part in parts if part.strip()]


def _split_all(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for value in values for part in split_commas(value))


def many(*names: str, help: str, metavar: str = "TEXT") -> Decorator[Any]:
    """An option that can be repeated, with several values between commas."""
    return click.option(*names, multiple=True, callback=_split_all, metavar=metavar, help=help)


def many_arguments(name: str, *, required: bool = False, metavar: str | None = None) -> Decorator[Any]:
    """All remaining arguments, several between commas."""
    return click.argument(name, nargs=-1, required=required, callback=_split_all, metavar=metavar)


def _split_assignments(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    made = {}
    for value in values:
        name, sign, content = value.partition("=")
        if not sign or not name.strip():
            raise click.BadParameter(f"'{value}' must have the form NAME=VALUE.", context, parameter)
        made[name.strip()] = content.strip()
    return made


def assignments(*names: str, help: str) -> Decorator[Any]:
    """An option ``NAME=VALUE`` that can be repeated; values may hold commas."""
    return click.option(*names, multiple=True, callback=_split_assignments, metavar="NAME=VALUE", help=help)


# ----------------------------------------------------------------- repository
def complete_repository(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Labels that begin so, else what the shell knows of files."""
    from skybutler.butler.labels import known_repositories

    try:
        labels = known_repositories()
    except ButlerError:  # a broken index must not break completion; every command reports it
        labels = {}
    fitting = [CompletionItem(label, help=place) for label, place in labels.items() if label.startswith(incomplete)]
    return fitting or [CompletionItem(incomplete, type="file")]


repository: Decorator[Any] = click.argument("repo", shell_complete=complete_repository)
"""First argument of nearly every subcommand: a directory, a configuration file or a label."""


def _complete_collections(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    return _known(context, incomplete, lambda butler: butler.collections.query())


def _complete_types(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    return _known(context, incomplete, lambda butler: [t.name for t in butler.query_dataset_types()])


def _known(context: click.Context, incomplete: str, names: Callable[[Any], list[str]]) -> list[str]:
    """Names in the repository given before, for completion of the last of several values."""
    from skybutler.butler import Butler

    given, comma, last = incomplete.rpartition(",")
    place = context.params.get("repo") or next(iter(context.args), None)  # arguments are not assigned yet after options
    if place is None:
        return []
    try:
        with Butler(place) as butler:
            return [given + comma + name for name in names(butler) if name.startswith(last)]
    except (ButlerError, OSError):  # not a repository: nothing to offer
        return []


# -------------------------------------------------------------------- queries
def collections_option(help: str = "Collections to search, in this order; globs.") -> Decorator[Any]:
    """``--collections``."""
    return click.option(
        "--collections",
        multiple=True,
        callback=_split_all,
        metavar="NAMES",
        help=help,
        shell_complete=_complete_collections,
    )


def dataset_type_option(help: str = "Dataset types; globs.") -> Decorator[Any]:
    """``-d/--dataset-type``."""
    return click.option(
        "-d",
        "--dataset-type",
        "--datasets",
        "dataset_types",
        multiple=True,
        callback=_split_all,
        metavar="NAMES",
        help=help,
        shell_complete=_complete_types,
    )


def types_argument(name: str = "glob") -> Decorator[Any]:
    """Dataset types as the remaining arguments."""
    return click.argument(name, nargs=-1, callback=_split_all, metavar="[TYPE]...", shell_complete=_complete_types)


def _one_condition(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> str:
    given = [v for v in values if v.strip()]
    return given[0] if len(given) == 1 else " AND ".join(f"({v})" for v in given)


where: Decorator[Any] = click.option(
    "--where",
    multiple=True,
    callback=_one_condition,
    metavar="CONDITION",
    help="Condition such as \"visit = 204595 AND band IN ('r', 'i')\"; all conditions must hold when it is repeated.",
)

order_by: Decorator[Any] = many(
    "--order-by", help="Order by these names; '-' in front for descending.", metavar="NAMES"
)

limit: Decorator[Any] = click.option(
    "--limit",
    type=int,
    default=0,
    metavar="N",
    help="Show at most N; a negative number warns when there are more; 0 (the default) is no limit.",
)

find_first: Decorator[Any] = click.option(
    "--find-first/--no-find-first",
    default=False,
    help="Only the first dataset of each type and data ID; needs --collections without globs.",
)


class Chosen(TypedDict):
    """What `query_options` say."""

    collections: tuple[str, ...]
    where: str
    find_first: bool
    limit: int
    order_by: NotRequired[tuple[str, ...]]


def query_options(help: str, *, order: bool = True) -> Decorator[Any]:
    """Which datasets, ``--collections`` (with this help) to ``--order-by``: the function gets them as `Chosen`."""

    def with_options(function: Any) -> Any:
        for option in (*([order_by] if order else []), limit, find_first, where, collections_option(help)):
            function = option(function)
        return function

    return with_options


def check_find_first(wanted: bool, collections: tuple[str, ...]) -> None:
    """Refuse ``--find-first`` where "first" has no meaning."""
    if wanted and (not collections or any(c in name for name in collections for c in "*?[")):
        refuse("--find-first needs --collections, in search order and without globs.")


# --------------------------------------------------------------------- others
def examples_option(of: str) -> Decorator[Any]:
    """``--limit`` of examples of each kind of something."""
    return click.option(
        "--limit",
        type=click.IntRange(min=0),
        default=5,
        show_default=True,
        metavar="N",
        help=f"Show N examples of each kind of {of}; 0 for all.",
    )


def _keep_json(context: click.Context, _: click.Parameter, value: bool) -> bool:
    context.ensure_object(Settings).as_json = value
    return value


as_json: Decorator[Any] = click.option(
    "--json", "as_json", is_flag=True, is_eager=True, callback=_keep_json, help="Print JSON, also for errors."
)


def transfer_option(default: str = "auto", modes: tuple[str, ...] = TRANSFERS) -> Decorator[Any]:
    """``-t/--transfer``."""
    return click.option(
        "-t",
        "--transfer",
        type=click.Choice(modes),
        default=default,
        show_default=True,
        help="How files are brought in.",
    )


track: Decorator[Any] = click.option(
    "--track-file-attrs/--no-track-file-attrs",
    "track",
    default=True,
    help="Record the sizes of files (the default), or leave them unlooked at.",
)

confirm_option: Decorator[Any] = click.option(
    "--confirm/--no-confirm", default=True, help="Ask before anything is removed (the default), or do not."
)
