"""Repositories as older versions of skybutler made them."""

from __future__ import annotations

from skybutler.registry.database import Database

__all__ = ["make_schema_1", "make_schema_2"]


def make_schema_2(database: Database) -> None:
    """Take from a repository of today what version 3 of the schema brought (inside a transaction)."""
    for column in ("ra", "dec", "radius"):
        database.execute(f"ALTER TABLE footprint DROP COLUMN {column}")


def make_schema_1(database: Database) -> None:
    """Take from a repository of today what versions 2 and 3 of the schema brought: tables, and columns of regions."""
    with database.transaction():
        make_schema_2(database)
        for table in ("provenance", "lineage", "journal"):
            database.execute(f"DROP TABLE {table}")
        database.execute("UPDATE repository SET value = '1' WHERE key = 'schema_version'")
        database.before_commit.clear()  # the registry that made it would tell the journal
