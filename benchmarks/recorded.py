"""`recorded.json`: what was measured last, kept under version control, and what may not become worse than it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent / "recorded.json"
KEPT = 2 / 3
"""How much of a recorded ratio must still be there: noise takes less, a mistake takes more."""

Ratio = float | Mapping[str, Any]
"""A recorded ratio; once it was lowered, a mapping with the ``value`` and the reason ``why``."""


def load_recorded() -> dict[str, Any]:
    """``cases``: figures of `compare.py`; ``short``: ratios of `run.py` by benchmark and row; others by their name."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return {"cases": {}, "short": {}} | found


def save_recorded(recorded: Mapping[str, Any]) -> None:
    """One row a line, so that changes can be read."""
    scratch = FILE.with_suffix(".part")
    scratch.write_text(_text(recorded, 0) + "\n", encoding="utf-8")
    scratch.rename(FILE)


def value_of(ratio: Ratio) -> float:
    """The number of a recorded ratio."""
    return float(ratio["value"] if isinstance(ratio, Mapping) else ratio)


def least_ratio(target: float | None, recorded: Ratio | None) -> float | None:
    """What a ratio must reach: the target, or two thirds of what is recorded if that is less.

    Parameters
    ----------
    target : `float`, optional
        What is promised; rows without a promise are only watched.
    recorded : `float` or mapping, optional
        What was reached; where nothing is recorded, the promise alone counts.

    Returns
    -------
    least : `float` or `None`
        The smallest ratio that passes, `None` if all do.
    """
    if target is None:
        return None
    return target if recorded is None else min(target, KEPT * value_of(recorded))


def update_ratios(
    recorded: Mapping[str, Ratio], measured: Mapping[str, float], why: str | None
) -> tuple[dict[str, Ratio], list[str]]:
    """Recorded ratios after a measurement: better ones are taken over, worse ones only with a reason.

    Parameters
    ----------
    recorded, measured : mapping
        Ratios by row.
    why : `str`, optional
        Why some may become lower.

    Returns
    -------
    updated : `dict`
        To be recorded.  Rows that were not measured stay as they are.
    refused : `list` [`str`]
        Rows that would have become lower.
    """
    updated, refused = dict(recorded), []
    for row, ratio in measured.items():
        rounded = float(f"{ratio:.3g}")
        if row not in recorded or rounded > value_of(recorded[row]):
            updated[row] = rounded
        elif rounded < value_of(recorded[row]):
            if why:
                updated[row] = {"value": rounded, "why": why}
            else:
                refused.append(row)
    return updated, refused


def _text(value: Any, depth: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict) or (
        depth and not any(isinstance(v, dict) for v in value.values()) and len(flat) < 400
    ):
        return flat
    inner = ",\n".join(" " * (depth + 1) + json.dumps(k) + ": " + _text(v, depth + 1) for k, v in value.items())
    return "{\n" + inner + "\n" + " " * depth + "}"
