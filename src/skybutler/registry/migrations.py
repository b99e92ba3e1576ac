"""The steps from one version of the schema to the next.  Knows no files.

A step never changes once it was released: it says itself what it makes, as the tables of `schema` are those of today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .database import ColumnKind, Database
from .journal import write_entries
from .registry import Registry
from .schema import SCHEMA_VERSION, Column, Table

__all__ = ["STEPS", "Step", "migrate", "pending"]


@dataclass(frozen=True, slots=True)
class Step:
    """From a version of the schema to the next.

    Parameters
    ----------
    version : `int`
        The version that it leads to.
    what : `str`
        What it does, for users.
    apply : callable
        Does it, inside a transaction.
    """

    version: int
    what: str
    apply: Callable[[Database], None]


def _to_2(database: Database) -> None:
    id_, dataset = Column("k", "key"), Column("dataset", "int")
    text = [Column(name, "text") for name in ("who", "action", "subject")]
    tables = (
        Table(
            "provenance",
            (dataset, Column("quantum", "id", True), Column("extras", "text", True)),
            primary_key=("dataset",),
            clustered=True,
        ),
        Table(
            "lineage",
            (dataset, Column("position", "int"), Column("input", "id")),
            primary_key=("dataset", "position"),
            indexes=(("input",),),
        ),
        Table("journal", (id_, Column("time", "int"), *text, Column("count", "int"), Column("details", "text", True))),
    )
    for table in tables:
        for statement in table.statements(database):
            database.execute(statement)


def _to_3(database: Database) -> None:
    from skybutler.sky.pixel import keys

    kinds: dict[str, ColumnKind] = {
        **dict.fromkeys(("footprint_set", "size_class", "pixel", "k"), "int"),
        "region": "bytes",
        **dict.fromkeys(("ra", "dec", "radius"), "float"),
    }
    # Through a temporary table, not by renaming, so that indexes have the names that a new repository gives them.
    database.execute("CREATE TEMPORARY TABLE footprint_2 AS SELECT * FROM footprint")
    database.execute("DROP TABLE footprint")
    order = ("footprint_set", "size_class", "pixel", "k")
    columns = tuple(Column(name, kind) for name, kind in kinds.items())
    table = Table("footprint", columns, primary_key=order, unique=(("footprint_set", "k"),), clustered=True)
    for statement in table.statements(database):
        database.execute(statement)
    old = f"SELECT {', '.join(order)}, region FROM footprint_2 ORDER BY {', '.join(order)}"
    for rows in database.stream(old):
        place = keys([bytes(row[4]) for row in rows])
        circles = zip(*(column.tolist() for column in (*place.center_deg, place.radius_deg)), strict=True)
        database.insert_many(
            "footprint", kinds, [(*row[:4], bytes(row[4]), *circle) for row, circle in zip(rows, circles, strict=True)]
        )
    database.execute("DROP TABLE footprint_2")


STEPS = (
    Step(2, "makes the tables of the journal, of how datasets were made, and of what they were made from", _to_2),
    Step(3, "adds to every region the circle around it, for questions in SQL", _to_3),
)
"""In order; the last one leads to the version of today."""


def pending(database: Database) -> list[Step]:
    """The steps that a repository needs.

    Raises
    ------
    SchemaVersionError
        It was made by a newer skybutler.
    FormatError
        The database is no skybutler registry.
    """
    version = int(Registry.facts(database)["schema_version"])
    return [step for step in STEPS if version < step.version <= SCHEMA_VERSION]


def migrate(database: Database) -> Iterator[Step]:
    """Take all steps that a repository needs, each in a transaction; tell of each when it is done.

    An interrupted migration leaves the repository between two steps, and is completed by the next.

    Parameters
    ----------
    database : `Database`
        Open for writing.
    """
    for step in pending(database):
        with database.transaction():
            lock = database.row_lock
            row = database.query_one(f"SELECT value FROM repository WHERE key = 'schema_version'{lock}")
            if row is None or int(row[0]) != step.version - 1:  # another process was faster
                continue
            step.apply(database)
            database.execute("UPDATE repository SET value = ? WHERE key = 'schema_version'", (str(step.version),))
            write_entries(database, {("migrate", "repository"): (1, {"from": step.version - 1, "to": step.version})})
        yield step
