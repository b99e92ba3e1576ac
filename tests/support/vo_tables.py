"""Answers to queries as plain rows."""

from __future__ import annotations

from typing import Any

from skybutler.vo.answer import Answer

__all__ = ["rows_of"]


def rows_of(answer: Answer) -> list[dict[str, Any]]:
    """All rows, by the names of the columns."""
    return [row for batch in answer.batches for row in batch.to_pylist()]
