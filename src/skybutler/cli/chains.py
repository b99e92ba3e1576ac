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
@click.option("--flatten", is_flag=True, help="Put members of chains in, instead of the chains.")
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
        before = list(butler.collections.get_info(parent).children)
        butler.collections.redefine_chain(parent, _changed(butler, before, children, mode), flatten=flatten)
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


def _changed(butler: Butler, before: Sequence[str], children: Sequence[str], mode: str) -> list[str]:
    """Children of the chain after the change."""
    if mode == "pop":
        gone = {_position(before, text) for text in children or ("0",)}
        return [name for i, name in enumerate(before) if i not in gone]
    if mode == "remove":
        return [name for name in before if name not in children]
    new = butler.collections.query(children)
    kept = [name for name in before if name not in new]
    return {"redefine": new, "extend": [*kept, *new], "prepend": [*new, *kept]}[mode]


def _position(before: Sequence[str], text: str) -> int:
    try:
        return range(len(before))[int(text)]
    except ValueError:
        raise ParameterError(f"'{text}' is no position in a chain.", hint="--mode remove takes names.") from None
    except IndexError:
        raise ParameterError(f"There is no position {text} in a chain of {len(before)} collections.") from None
