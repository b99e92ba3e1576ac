"""The subcommand that makes and changes chains of collections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from skybutler.errors import CollectionTypeError, MissingCollectionError, ParameterError

from .command import command, refuse
from .options import many_arguments, repository

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["collection_chain"]

MODES = ("redefine", "extend", "prepend", "remove", "pop")


@command("collection-chain")
@repository
@click.argument("parent")
@many_arguments("children", metavar="[CHILD]...")
@click.option(
    "--mode",
    type=click.Choice(MODES),
    default="redefine",
    show_default=True,
    help="Replace all children, add some at the end or in front, take some out, or take out those at positions.",
)
@click.option("--flatten/--no-flatten", default=False, help="Put members of chains in, instead of the chains.")
@click.option("--doc", help="What the chain is for.")
def collection_chain(
    repo: str, parent: str, children: tuple[str, ...], mode: str, flatten: bool, doc: str | None
) -> None:
    """Make PARENT a CHAINED collection of CHILDren (names and globs), or change it, and print the result.

    With --mode pop, CHILDren are positions, 0 (the default) for the first; write negative ones after '--'.
    """
    from skybutler.butler import Butler
    from skybutler.datasets import CollectionType

    if mode != "pop" and not children:
        refuse(f"--mode {mode} needs at least one CHILD.")
    if flatten and mode in ("remove", "pop"):
        refuse(f"--flatten does not go with --mode {mode}.")
    with Butler(repo, writeable=True) as butler, butler.transaction():
        if mode in ("remove", "pop"):
            _require_chain(butler, parent, mode)
        else:
            butler.collections.register(parent, CollectionType.CHAINED)
        _change(butler, parent, children, mode, flatten)
        if doc is not None:
            butler.collections.set_doc(parent, doc)
        after = butler.collections.get_info(parent).children
    click.echo(f"[{', '.join(after)}]")


def _require_chain(butler: Butler, parent: str, mode: str) -> None:
    from skybutler.datasets import CollectionType

    found = butler.registry.collections.find(parent)
    if found is None:
        raise MissingCollectionError(f"There is no chain '{parent}' to change with --mode {mode}.")
    if found.type is not CollectionType.CHAINED:
        raise CollectionTypeError(f"Collection '{parent}' is a {found.type.name}, not a CHAINED collection.")


def _change(butler: Butler, parent: str, children: Sequence[str], mode: str, flatten: bool) -> None:
    known = butler.collections
    if mode == "pop":
        known.pop_chain(parent, *map(_position, children))
    elif mode == "remove":
        before, gone = known.get_info(parent).children, known.query(children)
        if absent := [name for name in gone if name not in before and name in children]:
            click.echo(f"Not in '{parent}': {', '.join(absent)}.", err=True)
        known.remove_from_chain(parent, gone)
    else:
        new = known.query(children, flatten_chains=flatten)
        {"redefine": known.redefine_chain, "extend": known.extend_chain, "prepend": known.prepend_chain}[mode](
            parent, new
        )


def _position(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ParameterError(f"'{text}' is no position in a chain.", hint="--mode remove takes names.") from None
