"""What a registry holds, in an order and a form in which two registries can be compared.  Knows no other registry.

Keys of rows and interned numbers differ between registries that hold the same; so everything is given by name, and
sorted by the database: text by code point, ids by their bytes, the same in SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .collections import Collection
from .database import Row, quoted
from .dataset_types import RegisteredType
from .stored import in_collections

if TYPE_CHECKING:
    from .registry import Registry

__all__ = ["Content", "Selection", "Sorted"]

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Sorted:
    """Rows in the order of their first columns, which identify them.

    Parameters
    ----------
    names : `tuple` [`str`]
        Of the columns.
    keys : `int`
        How many of them identify a row.
    rows : iterator of `tuple`
        Read once, in bounded memory.
    """

    names: tuple[str, ...]
    keys: int
    rows: Iterator[Row]


class Selection:
    """Which datasets are meant: SQL conditions made of numbers of rows and names of staged tables.

    ``condition`` is one on datasets ``d``, ``members`` one on members ``m`` of tags and calibrations.
    """

    def __init__(self, held: Sequence[Collection] | None = None, stage: str | None = None) -> None:
        self.condition = self.members = f" AND d.id IN (SELECT id FROM {stage})" if stage else ""
        if held is not None:
            self.condition += f" AND {in_collections(held)}"
            self.members += f" AND m.collection IN ({', '.join(str(c.k) for c in held) or '-1'})"


class Content:
    """The content of one registry.

    Parameters
    ----------
    registry : `Registry`
    """

    def __init__(self, registry: Registry) -> None:
        self._registry, self._database = registry, registry.database

    # -------------------------------------------------------------- definitions
    def dataset_types(self) -> dict[str, RegisteredType]:
        """Dataset types by name."""
        return {t.dataset_type.name: t for t in self._registry.dataset_types.all()}

    def collections(self, chosen: Sequence[Collection] | None = None) -> dict[str, dict[str, Any]]:
        """Kind, documentation and children of collections, by name; of all, or of chosen ones and what they hold."""
        known = self._registry.collections
        docs: dict[int, str] = dict(self._database.query("SELECT k, doc FROM collection"))
        waiting, found = list(known.all() if chosen is None else chosen), dict[str, dict[str, Any]]()
        while waiting:
            item = waiting.pop()
            if item.name not in found:
                children = known.children(item)
                found[item.name] = {
                    "type": item.type.name,
                    "doc": docs.get(item.k, ""),
                    "children": [c.name for c in children],
                }
                waiting += children
        return dict(sorted(found.items()))

    def records(self, name: str) -> Sorted:
        """Dimension records of an element, by their required values."""
        element, elements = self._registry.universe[name], self._registry.elements
        text, own = elements.text_fields(element), element.key.name if element.key is not None else None
        columns: list[tuple[str, str]] = []
        for field in element.fields:
            pair = ["timespan_begin", "timespan_end"] if field == "timespan" else [field]
            columns += [(column, name if column == own else column) for column in pair]
        given, joins = [], ""
        for i, (field, column) in enumerate(columns):
            if field in text:
                joins += f" LEFT JOIN name n{i} ON n{i}.k = q.{quoted(column)}"
            given.append(f"n{i}.text" if field in text else f"q.{quoted(column)}")
        keys = len(element.required)
        order = ", ".join(str(i + 1) for i in range(keys))
        sql = f"SELECT {', '.join(given)} FROM ({elements.select(name)}) q{joins} ORDER BY {order}"
        return Sorted(tuple(field for field, _ in columns), keys, self._rows(sql))

    # ----------------------------------------------------------------- datasets
    @contextmanager
    def selection(
        self, collections: Sequence[Collection] | None = None, ids: Iterable[bytes] | None = None
    ) -> Iterator[Selection]:
        """Datasets in collections (chains followed), with ids: all where nothing is said."""
        held = self._registry.collections.flatten(collections) if collections is not None else None
        if ids is None:
            yield Selection(held)
            return
        with self._database.staged({"id": "id"}, ((i,) for i in ids), measured=True) as stage:
            yield Selection(held, stage)

    def datasets(self, registered: RegisteredType, selection: Selection, *, by_place: bool = False) -> Sorted:
        """Datasets of a type: id, run, data ID, size, checksum; by id, or by run and data ID."""
        required = tuple(registered.dataset_type.dimensions.required)
        values, joins = self._values(registered)
        n = 1 + len(required)
        place, identity = ["c.name", *values], "d.id"
        first, second = (place, [identity]) if by_place else ([identity], place)
        order = ", ".join(str(i + 1) for i in range(n if by_place else 1))
        sql = (
            f"SELECT {', '.join([*first, *second])}, d.size, d.checksum FROM dataset d "
            f"JOIN collection c ON c.k = d.run{joins} WHERE d.dataset_type = {registered.k}{selection.condition} "
            f"ORDER BY {order}"
        )
        names = ("run", *required, "id") if by_place else ("id", "run", *required)
        return Sorted((*names, "size", "checksum"), n if by_place else 1, self._rows(sql))

    def tags(self, registered: RegisteredType, selection: Selection) -> Sorted:
        """Members of TAGGED collections: collection and id."""
        sql = (
            "SELECT c.name, d.id FROM tag m JOIN collection c ON c.k = m.collection JOIN dataset d ON d.k = m.dataset "
            f"WHERE m.dataset_type = {registered.k}{selection.members} ORDER BY 1, 2"
        )
        return Sorted(("collection", "id"), 2, self._rows(sql))

    def validity(self, registered: RegisteredType, selection: Selection) -> Sorted:
        """Members of CALIBRATION collections: collection, id, begin and end in TAI nanoseconds."""
        sql = (
            "SELECT c.name, d.id, m.begin, m.finish FROM calibration m JOIN collection c ON c.k = m.collection "
            f"JOIN dataset d ON d.k = m.dataset WHERE m.dataset_type = {registered.k}{selection.members} "
            "ORDER BY 1, 2, 3, 4"
        )
        return Sorted(("collection", "id", "begin", "end"), 4, self._rows(sql))

    def _values(self, registered: RegisteredType) -> tuple[list[str], str]:
        """Expressions of the required values of ``d``, and the joins that they need."""
        if not registered.key_table:
            return [], ""
        values, joins = [], f" JOIN {quoted(registered.key_table)} t ON t.k = d.data_id"
        for i, dimension in enumerate(registered.dataset_type.dimensions.required):
            is_text = self._registry.keys.is_text(dimension)
            if is_text:
                joins += f" JOIN name v{i} ON v{i}.k = t.{quoted(dimension)}"
            values.append(f"v{i}.text" if is_text else f"t.{quoted(dimension)}")
        return values, joins

    def _rows(self, sql: str) -> Generator[Row, None, None]:
        for rows in self._database.stream(sql, size=_BATCH):
            yield from rows
