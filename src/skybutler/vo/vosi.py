"""VOSI documents about tables and availability.  Knows no HTTP.

VOSI 1.1 (IVOA Recommendation 2017-05-24), with the models of the package vo-models.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from vo_models.vodataservice import DataType, FKColumn, ForeignKey, Table, TableParam, TableSchema
from vo_models.vosi.availability import Availability
from vo_models.vosi.tables import VOSITable, VOSITableSet

from .adql import TapTable, TapTables
from .field import Field
from .tap_schema import SCHEMAS

__all__ = ["availability_document", "table_document", "tables_document", "written"]


def written(document: Any) -> bytes:
    """The text of a model."""
    made: bytes | str = document.to_xml(skip_empty=True, encoding="UTF-8")
    return made if isinstance(made, bytes) else made.encode()


def availability_document(problem: str | None, up_since: datetime | None = None) -> bytes:
    """Whether a service is there (VOSI 1.1, section 3).

    Parameters
    ----------
    problem : `str` or `None`
        Why it is not.
    up_since : `datetime.datetime`, optional
        Since when it is.
    """
    since: Any = None
    if up_since is not None:
        since = up_since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return written(Availability(available=problem is None, up_since=since, note=[problem] if problem else []))


def tables_document(tables: TapTables, *, columns: bool = True) -> bytes:
    """All tables (VOSI 1.1, section 4).

    Parameters
    ----------
    tables : `TapTables`
    columns : `bool`
        With their columns.
    """
    schemas: dict[str, list[Table]] = {}
    for table in tables:
        schemas.setdefault(table.schema, []).append(_table(table, Table, columns))
    made = []
    for name, held in schemas.items():
        schema = TableSchema(schema_name=name, table=held)
        schema.description = SCHEMAS.get(name)
        made.append(schema)
    return written(VOSITableSet(tableset_schema=made))


def table_document(table: TapTable) -> bytes:
    """One table."""
    return written(_table(table, VOSITable, columns=True))


def _table(table: TapTable, kind: type[Table], columns: bool) -> Table:
    made = kind(
        table_type="table",
        table_name=table.full_name,
        utype=table.utype or None,
        column=[_column(f) for f in table.fields] if columns else [],
        foreign_key=[
            ForeignKey(
                target_table=key.target,
                fk_column=[FKColumn(from_column=a, target_column=b) for a, b in key.columns],
                description=key.description or None,
            )
            for key in table.keys
        ]
        if columns
        else [],
    )
    made.description = table.description or None  # afterwards, since what the models are given they escape twice
    return made


def _column(field: Field) -> TableParam:
    flags = {"principal": field.principal, "indexed": field.indexed, "std": field.standard}
    made = TableParam(
        column_name=field.name,
        unit=field.unit,
        ucd=field.ucd,
        utype=field.utype,
        xtype=field.xtype,
        datatype=DataType(value=field.datatype, arraysize=field.arraysize),
        flag=[name for name, holds in flags.items() if holds],
    )
    made.description = field.description
    return made
