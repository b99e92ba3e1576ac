"""`recorded.json`: what was measured last, kept under version control."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parent / "recorded.json"


def load_recorded() -> dict[str, Any]:
    """``cases``: figures of `compare.py`; ``floor``: costs relative to the floor, of `run.py`."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return {"cases": {}, "floor": {}} | found


def save_recorded(recorded: dict[str, Any]) -> None:
    """One row a line, so that changes can be read."""
    scratch = FILE.with_suffix(".part")
    scratch.write_text(_text(recorded, 0) + "\n", encoding="utf-8")
    scratch.rename(FILE)


def _text(value: Any, depth: int) -> str:
    flat = json.dumps(value)
    if not isinstance(value, dict) or (
        depth and not any(isinstance(v, dict) for v in value.values()) and len(flat) < 400
    ):
        return flat
    inner = ",\n".join(" " * (depth + 1) + json.dumps(k) + ": " + _text(v, depth + 1) for k, v in value.items())
    return "{\n" + inner + "\n" + " " * depth + "}"
