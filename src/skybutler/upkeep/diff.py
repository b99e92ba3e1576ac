"""What one repository has and another has not, or has otherwise: sorted rows of both, merged.  Knows no terminal."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from skybutler.datasets.packed_ids import PackedIds
from skybutler.errors import MissingCollectionError, nearest
from skybutler.registry.content import Content, Selection, Sorted
from skybutler.registry.database import Row

from .problem import Progress, quiet

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.registry.collections import Collection
    from skybutler.registry.dataset_types import RegisteredType

__all__ = ["Difference", "compare"]

_SHOWN = 60
"""Characters of a value."""


@dataclass(slots=True)
class Difference:
    """How two repositories differ in things of one kind.

    Parameters
    ----------
    kind : `str`
        ``dataset-type``, ``collection``, ``record``, ``dataset``, ``tag`` or ``validity``.
    subject : `str`
        Dimension element or dataset type; empty for definitions.
    same, only_a, only_b, changed : `int`
        How many are in both and equal, in one only, in both and different.
    examples : `dict` [`str`, `list` [`str`]]
        The first of ``only_a``, ``only_b`` and ``changed``, in words.
    """

    kind: str
    subject: str
    same: int = 0
    only_a: int = 0
    only_b: int = 0
    changed: int = 0
    examples: dict[str, list[str]] = field(default_factory=lambda: {"only_a": [], "only_b": [], "changed": []})

    def __bool__(self) -> bool:
        return bool(self.only_a or self.only_b or self.changed)

    def note(self, what: str, most: int | None, text: Callable[[], str]) -> None:
        """Count one that differs, and keep it as an example while there are few."""
        setattr(self, what, getattr(self, what) + 1)
        if most is None or len(self.examples[what]) < most:
            self.examples[what].append(text())


def compare(
    a: Butler,
    b: Butler,
    *,
    collections: Sequence[str] = (),
    where: str = "",
    files: bool = False,
    most: int | None = 5,
    progress: Progress = quiet,
) -> Iterator[Difference]:
    """Compare two repositories, on whatever databases they are, in bounded memory.

    Parameters
    ----------
    a, b : `Butler`
    collections : sequence of `str`
        Names and globs: only datasets in these, and these themselves, are compared; each has to be in one of the two.
    where : `str`
        Only datasets that meet this condition (16 bytes of memory each).
    files : `bool`
        Recorded sizes and checksums of files as well.
    most : `int` or `None`
        Examples kept of each kind; `None` for all.
    progress : callable, optional
        Shows how far it is.

    Yields
    ------
    difference : `Difference`
        For each kind of thing, also where nothing differs.  Where ``collections`` or ``where`` choose a part, dataset
        types and records that only one of the two has are not counted.

    Raises
    ------
    MissingCollectionError
        Neither has a collection of that name.
    """
    for butler in (a, b):
        butler.registry.refresh()
    comparison = _Comparison(a, b, collections, where, files, most)
    jobs = list(comparison.jobs())
    with progress("Comparing", "kinds") as advance:
        for done, job in enumerate(jobs, 1):
            yield from job()
            advance(done, len(jobs))


class _Comparison:
    """Two repositories, and what of them is compared."""

    def __init__(
        self, a: Butler, b: Butler, collections: Sequence[str], where: str, files: bool, most: int | None
    ) -> None:
        self._butlers, self._contents = (a, b), (Content(a.registry), Content(b.registry))
        self._where, self._files, self._most = where, files, most
        self._chosen = _chosen(self._butlers, collections) if collections else (None, None)
        self._in_part = bool(collections or where)

    def jobs(self) -> Iterator[Callable[[], Iterator[Difference]]]:
        """What there is to compare, one after the other."""
        yield self._types
        yield self._collections
        universes = [butler.registry.universe for butler in self._butlers]
        others = {e.name for e in universes[1].elements if e.has_table}
        for element in universes[0].elements:
            if element.name in others and element.fields == universes[1][element.name].fields:
                yield partial(self._records, element.name)
        types = [content.dataset_types() for content in self._contents]
        for name in sorted(types[0].keys() | types[1].keys()):
            a, b = types[0].get(name), types[1].get(name)
            if a is None or b is None or _dimensions(a) == _dimensions(b):  # else the comparison of types tells
                yield partial(self._datasets, name, a, b)

    # ------------------------------------------------------------- definitions
    def _types(self) -> Iterator[Difference]:
        a, b = ({n: _definition(t) for n, t in content.dataset_types().items()} for content in self._contents)
        yield self._of_mappings("dataset-type", a, b, in_part=self._in_part)

    def _collections(self) -> Iterator[Difference]:
        a, b = (content.collections(chosen) for content, chosen in zip(self._contents, self._chosen, strict=True))
        yield self._of_mappings("collection", a, b, in_part=bool(self._where) and self._chosen[0] is None)

    def _of_mappings(
        self, kind: str, a: Mapping[str, dict[str, Any]], b: Mapping[str, dict[str, Any]], *, in_part: bool
    ) -> Difference:
        found = Difference(kind, "")
        for name in sorted(a.keys() | b.keys()):
            if name in a and name in b:
                unlike = {k: (v, b[name][k]) for k, v in a[name].items() if v != b[name][k]}
                if unlike:
                    found.note("changed", self._most, partial(_changed, name, unlike))
                else:
                    found.same += 1
            elif not in_part:
                found.note("only_a" if name in a else "only_b", self._most, partial(str, name))
        return found

    # ----------------------------------------------------------------- records
    def _records(self, name: str) -> Iterator[Difference]:
        found = Difference("record", name)
        a, b = (content.records(name) for content in self._contents)
        self._merge(found, a, b, in_part=self._in_part)
        yield found

    # ---------------------------------------------------------------- datasets
    def _datasets(self, name: str, a: RegisteredType | None, b: RegisteredType | None) -> Iterator[Difference]:
        with ExitStack() as stack:
            selections = [
                stack.enter_context(content.selection(chosen, self._ids(butler, name, chosen) if kind else None))
                for butler, content, chosen, kind in zip(
                    self._butlers, self._contents, self._chosen, (a, b), strict=True
                )
            ]
            found = Difference("dataset", name)
            self._merge(found, *self._both("datasets", (a, b), selections))
            if found.only_a and found.only_b:
                yield from self._places(name, (a, b), selections)
            yield found
            for kind, method in (("tag", "tags"), ("validity", "validity")):
                found = Difference(kind, name)
                self._merge(found, *self._both(method, (a, b), selections))
                yield found

    def _both(
        self, method: str, kinds: Sequence[RegisteredType | None], selections: Sequence[Selection], **how: Any
    ) -> list[Sorted]:
        """Sorted rows of both; none where the dataset type is not there."""
        return [
            getattr(content, method)(kind, selection, **how) if kind is not None else Sorted((), 0, iter(()))
            for content, kind, selection in zip(self._contents, kinds, selections, strict=True)
        ]

    def _places(
        self, name: str, kinds: Sequence[RegisteredType | None], selections: Sequence[Selection]
    ) -> Iterator[Difference]:
        """Datasets that both have at the same place (run and data ID), but with different ids."""
        found = Difference("dataset-id", name)
        self._merge(found, *self._both("datasets", kinds, selections, by_place=True), in_part=True, only=("id",))
        yield found

    def _ids(self, butler: Butler, name: str, chosen: Sequence[Collection] | None) -> PackedIds | None:
        """Ids of the datasets that the condition chooses."""
        if not self._where:
            return None
        searched = [c.name for c in chosen] if chosen is not None else ["*"]
        if not searched:
            return PackedIds()
        results = butler.query_datasets(name, searched, where=self._where, find_first=False)
        return PackedIds(uuid.UUID(text).bytes for batch in results.column_batches() for text in batch["id"])

    # ------------------------------------------------------------------- merge
    def _merge(
        self, found: Difference, a: Sorted, b: Sorted, *, in_part: bool = False, only: Sequence[str] = ()
    ) -> None:
        """Compare two sorted sets of rows; ``only`` these columns beside the keys where they are named."""
        names, keys = a.names or b.names, a.keys or b.keys
        wanted = [
            i
            for i, name in enumerate(names)
            if i >= keys and (name in only if only else self._files or name not in ("size", "checksum"))
        ]
        left, right = next(a.rows, None), next(b.rows, None)
        while left is not None or right is not None:
            if left == right or (left is not None and right is not None and left[:keys] == right[:keys]):
                assert left is not None
                assert right is not None
                if left != right and (unlike := _unlike(names, wanted, left, right)):
                    found.note("changed", self._most, partial(_changed, _row(names, keys, left), unlike))
                else:
                    found.same += 1
                left, right = next(a.rows, None), next(b.rows, None)
            elif right is None or (left is not None and left[:keys] < right[:keys]):
                assert left is not None
                if not in_part:
                    found.note("only_a", self._most, partial(_row, names, keys, left))
                left = next(a.rows, None)
            else:
                assert right is not None
                if not in_part:
                    found.note("only_b", self._most, partial(_row, names, keys, right))
                right = next(b.rows, None)


def _chosen(butlers: Sequence[Butler], names: Sequence[str]) -> tuple[list[Collection], list[Collection]]:
    """Collections of each that match; a plain name must be in one of them."""
    found = []
    for butler in butlers:
        known = butler.registry.collections
        there = [n for n in names if any(c in n for c in "*?[") or known.find(n) is not None]
        found.append(known.resolve(there))
    for name in names:
        if not any(c in name for c in "*?[") and not any(b.registry.collections.find(name) for b in butlers):
            known_names = {n for b in butlers for n in b.registry.collections.names()}
            raise MissingCollectionError(
                f"Neither repository has a collection '{name}'.", hint=nearest(name, known_names)
            )
    return found[0], found[1]


def _definition(registered: RegisteredType) -> dict[str, Any]:
    kind = registered.dataset_type
    return {
        "dimensions": ", ".join(kind.dimensions.required),
        "storage_class": kind.storage_class,
        "is_calibration": kind.is_calibration,
    }


def _dimensions(registered: RegisteredType) -> tuple[str, ...]:
    return tuple(registered.dataset_type.dimensions.required)


def _unlike(names: Sequence[str], wanted: Sequence[int], a: Row, b: Row) -> dict[str, tuple[Any, Any]]:
    """Columns in which two rows differ, with both values; a size or checksum not recorded differs from none."""
    unlike = {names[i]: (a[i], b[i]) for i in wanted if a[i] != b[i]}
    for name, unknown in (("size", -1), ("checksum", None)):
        if name in unlike and unknown in unlike[name]:
            del unlike[name]
    return unlike


# -------------------------------------------------------------------- in words
def _row(names: Sequence[str], keys: int, row: Row) -> str:
    """What identifies a row; of a dataset, all but its file."""
    is_dataset = "checksum" in names
    shown = [i for i, name in enumerate(names) if i < keys or (is_dataset and name not in ("size", "checksum"))]
    return ", ".join(f"{names[i]} {_value(names[i], row[i])}" for i in shown)


def _changed(what: str, unlike: Mapping[str, tuple[Any, Any]]) -> str:
    return f"{what}: " + "; ".join(f"{name} {_value(name, a)} != {_value(name, b)}" for name, (a, b) in unlike.items())


def _value(name: str, value: Any) -> str:
    if isinstance(value, bytes):
        text = str(uuid.UUID(bytes=value)) if name == "id" and len(value) == 16 else value.hex()
    elif name in ("begin", "end", "timespan_begin", "timespan_end") and isinstance(value, int):
        text = _time(value)
    else:
        text = "nothing" if value is None else str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _time(ns: int) -> str:
    from skybutler.sky.timespan import Timespan, iso_text

    return "unbounded" if ns in (Timespan.MIN_NS, Timespan.MAX_NS) else iso_text(ns)
