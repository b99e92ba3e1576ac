"""``tap_schema``: the tables that tell of all tables, themselves among them.  Knows neither queries nor documents.

TAP 1.1 (IVOA Recommendation 2019-09-27), section 4.  Rows are made of the very `TapTable` objects that are served.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from .adql import ForeignKey, TapTable, TapTables
from .field import Field

__all__ = ["SCHEMAS", "complete_tables", "delimited"]

SCHEMAS = {
    "butler": "Labels of this repository's data, and what is known about each",
    "refcat": "Reference catalogs, in shards of the sky: ask with a position, or for few rows",
    "ivoa": "Tables of IVOA standards",
    "tap_schema": "What tables and columns there are",
}
"""What is in schemas of which nothing else is said."""

_TEXT = "char"


def _fields(*lines: str) -> tuple[Field, ...]:
    made = []
    for line in lines:
        name, datatype, description = (part.strip() for part in line.split("|"))
        made.append(
            Field(
                name=name, datatype=datatype, arraysize="*" if datatype == _TEXT else None, description=description,
                principal=True, standard=True,
            )
        )  # fmt: skip
    return tuple(made)


_INDEX = "Where it stands in a list"
_TABLES: dict[str, tuple[str, tuple[Field, ...], tuple[ForeignKey, ...]]] = {
    "schemas": (
        "Schemas",
        _fields(
            "schema_name | char | Name",
            "utype | char | Concept of a data model",
            "description | char | What is in it",
            f"schema_index | int | {_INDEX}",
        ),
        (),
    ),
    "tables": (
        "Tables",
        _fields(
            "schema_name | char | Schema that it is in",
            "table_name | char | Name, with the schema",
            "table_type | char | table or view",
            "utype | char | Concept of a data model",
            "description | char | What is in it",
            f"table_index | int | {_INDEX}",
        ),
        (ForeignKey("tap_schema.schemas", (("schema_name", "schema_name"),), "The schema of a table"),),
    ),
    "columns": (
        "Columns",
        _fields(
            "table_name | char | Table that it is in",
            "column_name | char | Name, as a query has to write it",
            "datatype | char | Type of VOTable",
            "arraysize | char | Size of arrays and texts, as in VOTable",
            "xtype | char | What the values stand for",
            "size | int | Size of arrays and texts, if it is a number",
            "description | char | What is in it",
            "utype | char | Concept of a data model",
            "unit | char | Unit, as in VOUnits",
            "ucd | char | Unified content descriptor",
            "indexed | int | 1 if a question for it is fast",
            "principal | int | 1 if it is of first interest",
            "std | int | 1 if a standard defines it",
            f"column_index | int | {_INDEX}",
        ),
        (ForeignKey("tap_schema.tables", (("table_name", "table_name"),), "The table of a column"),),
    ),
    "keys": (
        "Columns whose values are those of another table",
        _fields(
            "key_id | char | Identifier",
            "from_table | char | Table with the values",
            "target_table | char | Table whose values they are",
            "utype | char | Concept of a data model",
            "description | char | What it tells",
        ),
        (
            ForeignKey("tap_schema.tables", (("from_table", "table_name"),), "The table with the values"),
            ForeignKey("tap_schema.tables", (("target_table", "table_name"),), "The table whose values they are"),
        ),
    ),
    "key_columns": (
        "Columns of keys",
        _fields(
            "key_id | char | Identifier of the key",
            "from_column | char | Column of the table with the values",
            "target_column | char | Column of the table whose values they are",
        ),
        (ForeignKey("tap_schema.keys", (("key_id", "key_id"),), "The key of a column"),),
    ),
}


@lru_cache(maxsize=64)
def complete_tables(tables: TapTables) -> TapTables:
    """All tables of a service, with those of ``tap_schema`` that tell of them.

    Parameters
    ----------
    tables : `TapTables`
        Those that hold data.
    """
    own = [TapTable("tap_schema", name, fields, "", {}, {}, said, keys=keys)
           for name, (said, fields, keys) in _TABLES.items()]  # fmt: skip
    told = TapTables([*tables, *own])
    rows = {
        "schemas": list(_schemas(told)),
        "tables": [
            (t.schema, t.full_name, "table", t.utype or None, t.description or None, i)
            for i, t in enumerate(told, start=1)
        ],
        "columns": [row for table in told for row in _columns(table)],
        "keys": [(key_id, table.full_name, key.target, None, key.description or None)
                 for key_id, table, key in _keys(told)],
        "key_columns": [(key_id, *map(delimited, pair)) for key_id, _, key in _keys(told) for pair in key.columns],
    }  # fmt: skip
    held = [
        TapTable(t.schema, t.name, t.fields, "", {}, {}, t.description, rows=rows[t.name], keys=t.keys) for t in own
    ]
    return TapTables([*tables, *held])


def delimited(name: str) -> str:
    """The name of a column as a query has to write it: in quotes if it is a word of ADQL."""
    from vo_models.adql.misc import ADQL_SQL_KEYWORDS

    return f'"{name}"' if name.upper() in ADQL_SQL_KEYWORDS else name


def _schemas(tables: TapTables) -> Iterator[tuple[Any, ...]]:
    for i, name in enumerate(dict.fromkeys(table.schema for table in tables), start=1):
        yield name, None, SCHEMAS.get(name), i


def _columns(table: TapTable) -> Iterator[tuple[Any, ...]]:
    for i, f in enumerate(table.fields, start=1):
        size = int(f.arraysize) if f.arraysize and f.arraysize.isdecimal() else None
        yield (
            table.full_name, delimited(f.name), f.datatype, f.arraysize, f.xtype, size, f.description, f.utype, f.unit,
            f.ucd, int(f.indexed), int(f.principal), int(f.standard), i,
        )  # fmt: skip


def _keys(tables: TapTables) -> Iterator[tuple[str, TapTable, ForeignKey]]:
    number = 0
    for table in tables:
        for key in table.keys:
            number += 1
            yield f"key_{number}", table, key
