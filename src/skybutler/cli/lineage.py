"""The subcommand that shows what a dataset was made from, or what was made from it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from .command import command
from .options import as_json, repository
from .output import cell

if TYPE_CHECKING:
    from skybutler.butler.lineage import LineageGraph, LineageNode

__all__ = ["lineage"]


@command("lineage")
@repository
@click.argument("uuid")
@click.option("--inputs", "direction", flag_value="inputs", default=True, help="What it was made from (the default).")
@click.option("--outputs", "direction", flag_value="outputs", help="What was made from it.")
@click.option("--both", "direction", flag_value="both", help="Both, one tree below the other.")
@click.option("--depth", type=click.IntRange(min=0), help="How many steps to follow; all by default.")
@click.option("--dot", is_flag=True, help="Print the graph for Graphviz, arrows from inputs to outputs.")
@as_json
def lineage(repo: str, uuid: str, direction: str, depth: int | None, dot: bool, as_json: bool) -> None:
    """Show what the dataset UUID was made from, step by step, or what was made from it.

    A dataset that occurs again is marked and not followed a second time.  Inputs that are not (or no longer) in the
    repository are shown by their UUID.
    """
    from skybutler.butler import Butler

    with Butler(repo) as butler:
        graph = butler.lineage(uuid, direction, depth)
    if as_json:
        click.echo(json.dumps(graph.to_dict(), indent=1))
    elif dot:
        click.echo("\n".join(_dot(graph)))
    else:
        click.echo("\n\n".join("\n".join(part) for part in _trees(graph, direction)))


def _trees(graph: LineageGraph, direction: str) -> Iterator[list[str]]:
    if direction != "outputs":
        yield [*(["Made from:"] if direction == "both" else []), *_lines(graph, "inputs")]
    if direction != "inputs":
        yield [*(["Used for:"] if direction == "both" else []), *_lines(graph, "outputs")]


def _lines(graph: LineageGraph, way: str) -> Iterator[str]:
    alone = True
    for branch, node, again in graph.walk("inputs" if way == "inputs" else "outputs"):
        alone = alone and not branch
        stem = "".join("   " if last else "│  " for last in branch[:-1])
        twig = ("└─ " if branch[-1] else "├─ ") if branch else ""
        below = getattr(node, way)
        note = " (see above)" if again and below else " ..." if node.more and not below else ""
        yield f"{stem}{twig}{cell(str(node))}{note}"
    if alone and not graph.nodes[graph.root].more:
        yield "No inputs are recorded." if way == "inputs" else "Nothing is recorded as made from it."


def _dot(graph: LineageGraph) -> Iterator[str]:
    yield "digraph lineage {"
    yield "  node [shape=box];"
    for node in graph.nodes.values():
        style = "" if node.ref else ", style=dashed"
        yield f'  "{node.id}" [label="{_label(node)}"{style}];'
    yield from (f'  "{given}" -> "{made}";' for given, made in graph.edges())
    yield "}"


def _label(node: LineageNode) -> str:
    ref = node.ref
    lines = [str(node.id)] if ref is None else [ref.dataset_type.name, str(ref.data_id), ref.run]
    return "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
