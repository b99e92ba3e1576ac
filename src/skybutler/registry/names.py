"""Interned text: the `name` table and its cache.  Knows nothing of what the names mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .database import Database

__all__ = ["Names"]


class Names:
    """Text ↔ integer of the ``name`` table, cached both ways; rolled-back names are forgotten.

    Parameters
    ----------
    database : `Database`
        Where the table is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        database.on_rollback.append(self.forget)

    def forget(self) -> None:
        """Empty the cache."""
        self._ids.clear()
        self._texts.clear()

    def find(self, text: str) -> int | None:
        """The integer of a text, or `None` when nothing in the repository uses it."""
        found = self._ids.get(text)
        if found is None:
            row = self._database.query_one("SELECT k FROM name WHERE text = ?", (text,))
            if row is None:
                return None
            found = self._remember(int(row[0]), text)
        return found

    def intern(self, text: str) -> int:
        """The integer of a text, entered when new (inside a transaction)."""
        found = self.find(text)
        if found is None:
            self._database.execute("INSERT INTO name (text) VALUES (?) ON CONFLICT DO NOTHING", (text,))
            found = self.find(text)
            assert found is not None, text
        return found

    def intern_many(self, texts: Iterable[str]) -> dict[str, int]:
        """Integers of many texts, entered when new (inside a transaction), in a few statements."""
        wanted = sorted(set(texts))
        unknown = [t for t in wanted if t not in self._ids]
        if unknown:
            with self._database.staged({"text": "text"}, [(t,) for t in unknown]) as stage:
                self._database.execute(
                    f"INSERT INTO name (text) SELECT text FROM {stage} WHERE true ORDER BY text ON CONFLICT DO NOTHING"
                )
                rows = self._database.query(f"SELECT n.k, n.text FROM name n JOIN {stage} s ON s.text = n.text")
            for k, text in rows:
                self._remember(k, text)
        return {t: self._ids[t] for t in wanted}

    def text(self, k: int) -> str:
        """The text of an integer that some row holds."""
        found = self._texts.get(k)
        if found is None:
            self.load([k])
            found = self._texts[k]
        return found

    def texts(self, keys: Sequence[int]) -> dict[int, str]:
        """Texts of many integers at once."""
        self.load(keys)
        return {k: self._texts[k] for k in keys}

    def load(self, keys: Iterable[int]) -> None:
        """Fetch what the cache lacks of ``keys``."""
        missing = sorted({k for k in keys if k not in self._texts})
        for k, text in self._database.query_many("SELECT k, text FROM name", "k", "int", missing):
            self._remember(k, text)

    def _remember(self, k: int, text: str) -> int:
        self._ids[text] = k
        self._texts[k] = text
        return k
