"""What a dataset was made from and what was made from it, over as many steps as wanted.  Works on a `Butler`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from skybutler.datasets import DatasetRef
from skybutler.datasets.provenance import DatasetProvenance
from skybutler.errors import DatasetNotFoundError, ParameterError

if TYPE_CHECKING:
    from .butler import Butler

__all__ = ["DIRECTIONS", "Direction", "LineageGraph", "LineageNode", "completed", "trace"]

Direction = Literal["inputs", "outputs", "both"]
DIRECTIONS: tuple[Direction, ...] = ("inputs", "outputs", "both")


@dataclass(slots=True)
class LineageNode:
    """One dataset of a `LineageGraph`.

    Parameters
    ----------
    id : `uuid.UUID`
    ref : `DatasetRef` or `None`
        `None` where this repository does not have the dataset: it was removed, or is in another one.
    provenance : `DatasetProvenance` or `None`
        What is recorded of its making; `None` where nothing is.
    inputs, outputs : `list` [`uuid.UUID`]
        Neighbours as far as they were followed, in order.
    more : `bool`
        Whether it has further ones beyond the depth that was asked for.
    """

    id: uuid.UUID
    ref: DatasetRef | None = None
    provenance: DatasetProvenance | None = None
    inputs: list[uuid.UUID] = field(default_factory=list)
    outputs: list[uuid.UUID] = field(default_factory=list)
    more: bool = False

    def __str__(self) -> str:
        if self.ref is None:
            return f"{self.id} (not in this repository)"
        return f"{self.ref.dataset_type.name} {self.ref.data_id} (run={self.ref.run} id={self.id})"


@dataclass(slots=True)
class LineageGraph:
    """Datasets and which was made from which; each is in it once.

    Parameters
    ----------
    root : `uuid.UUID`
        The dataset that was asked about.
    nodes : `dict` [`uuid.UUID`, `LineageNode`]
        In the order in which they were found.
    """

    root: uuid.UUID
    nodes: dict[uuid.UUID, LineageNode]

    def edges(self) -> list[tuple[uuid.UUID, uuid.UUID]]:
        """Pairs of input and what was made from it."""
        pairs = [(i, node.id) for node in self.nodes.values() for i in node.inputs]
        pairs += [(node.id, o) for node in self.nodes.values() for o in node.outputs]
        return list(dict.fromkeys(pairs))

    def walk(self, direction: Literal["inputs", "outputs"]) -> Iterator[tuple[tuple[bool, ...], LineageNode, bool]]:
        """Nodes as the lines of a tree, root first.

        Yields
        ------
        branch : `tuple` [`bool`]
            For each step from the root whether the dataset is the last of its siblings.
        node : `LineageNode`
        again : `bool`
            Whether it stood in the tree before; what is below it is then not repeated.
        """
        shown: set[uuid.UUID] = set()
        waiting: list[tuple[tuple[bool, ...], uuid.UUID]] = [((), self.root)]
        while waiting:
            branch, identifier = waiting.pop()
            node, again = self.nodes[identifier], identifier in shown
            yield branch, node, again
            if again:
                continue
            shown.add(identifier)
            below = getattr(node, direction)
            last = len(below) - 1
            waiting += [((*branch, i == last), below[i]) for i in range(last, -1, -1)]

    def to_dict(self) -> dict[str, Any]:
        """The graph as plain values, as JSON can hold them."""
        return {
            "root": str(self.root),
            "datasets": [_described(node) for node in self.nodes.values()],
            "edges": [{"input": str(a), "output": str(b)} for a, b in self.edges()],
        }


def _described(node: LineageNode) -> dict[str, Any]:
    ref, made = node.ref, node.provenance
    return {
        "id": str(node.id),
        "known": ref is not None,
        "dataset_type": ref.dataset_type.name if ref else None,
        "run": ref.run if ref else None,
        "data_id": {name: ref.data_id[name] for name in ref.dataset_type.dimensions.required} if ref else None,
        "quantum": str(made.quantum_id) if made and made.quantum_id else None,
        "notes": {k: v if isinstance(v, str | int | float) else str(v) for k, v in made.notes.items()} if made else {},
        "extras": {str(i): dict(extra) for i, extra in made.extras.items()} if made else {},
        "more": node.more,
    }


def trace(butler: Butler, of: DatasetRef | uuid.UUID | str, direction: str, depth: int | None) -> LineageGraph:
    """Follow the lineage of a dataset, one step of all branches at a time.

    Parameters
    ----------
    butler : `Butler`
    of : `DatasetRef`, `uuid.UUID` or `str`
        The dataset.
    direction : {"inputs", "outputs", "both"}
        What it was made from, what was made from it, or both.
    depth : `int`, optional
        How many steps; all by default.

    Raises
    ------
    DatasetNotFoundError
        The repository neither has the dataset nor has anything made from it.
    ParameterError
        The direction is unknown, or the depth negative.
    """
    if direction not in DIRECTIONS or (depth is not None and depth < 0):
        raise ParameterError(
            f"direction={direction!r}, depth={depth} cannot be followed.",
            hint=f"Directions: {', '.join(DIRECTIONS)}; the depth is 0 or more, or None for all steps.",
        )
    root = of.id if isinstance(of, DatasetRef) else DatasetProvenance([of]).input_ids[0]
    butler.registry.refresh()
    graph = LineageGraph(root, {root: LineageNode(root)})
    if direction != "outputs":
        _follow(butler, graph, "inputs", depth)
    if direction != "inputs":
        _follow(butler, graph, "outputs", depth)
    ids = [identifier.bytes for identifier in graph.nodes]
    known, made = butler.registry.datasets.get_many(ids), butler.registry.lineage.get(ids)
    for node in graph.nodes.values():
        node.ref = known[node.id.bytes][0] if node.id.bytes in known else None
        node.provenance = made.get(node.id.bytes)
    if graph.nodes[root].ref is None and not any(butler.registry.lineage.outputs([root.bytes])):
        raise DatasetNotFoundError(
            f"Dataset {root} is not in this repository, and nothing in it was made from it.",
            hint="UUIDs are shown by: butler query-datasets REPO TYPE",
        )
    return graph


def _follow(butler: Butler, graph: LineageGraph, way: Literal["inputs", "outputs"], depth: int | None) -> None:
    """Add what lies in one direction from the root; a dataset that was seen before is not followed again."""
    seen, level, steps = {graph.root}, [graph.root], 0
    neighbours = butler.registry.lineage.inputs if way == "inputs" else butler.registry.lineage.outputs
    while level:
        following: dict[uuid.UUID, None] = {}
        for made, given in neighbours([identifier.bytes for identifier in level]):
            pair = (uuid.UUID(bytes=made), uuid.UUID(bytes=given))
            here, there = pair if way == "inputs" else pair[::-1]
            if steps == depth:
                graph.nodes[here].more = True
                continue
            graph.nodes.setdefault(there, LineageNode(there))
            getattr(graph.nodes[here], way).append(there)
            if there not in seen:
                following[there] = None
        seen |= following.keys()
        level, steps = list(following), steps + 1
        if depth is not None and steps > depth:
            return


def completed(butler: Butler, given: DatasetProvenance | Mapping[str, Any]) -> DatasetProvenance:
    """The provenance that a caller gave, inputs as refs where the repository knows them."""
    found = DatasetProvenance.of(given)
    bare = [i for i in found.inputs if not isinstance(i, DatasetRef)]
    if not bare:
        return found
    known = butler.registry.datasets.get_many([i.bytes for i in bare])
    refs: list[Any] = [i if isinstance(i, DatasetRef) else known.get(i.bytes, (i,))[0] for i in found.inputs]
    return DatasetProvenance(refs, found.quantum_id, found.extras, found.notes)
