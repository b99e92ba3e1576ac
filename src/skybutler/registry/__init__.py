"""The registry: what exists and how it relates, in SQLite or PostgreSQL.  Knows nothing of where the bytes are."""
