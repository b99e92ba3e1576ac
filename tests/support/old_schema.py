"""Repositories as older versions of skybutler made them."""

from __future__ import annotations

from skybutler.registry.database import Database

__all__ = ["make_schema_1"]


def make_schema_1(database: Database) -> None:
    """Take from a repository of today what version 2 of the schema brought: three tables, and nothing else."""
    with database.transaction():
        for table in ("provenance", "lineage", "journal"):
            database.execute(f"DROP TABLE {table}")
        database.execute("UPDATE repository SET value = '1' WHERE key = 'schema_version'")
        database.before_commit.clear()  # the registry that made it would tell the journal
