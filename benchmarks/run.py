"""Runs every ``bench_*.py`` beside it and fails when a promised limit is broken."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

from measurement import Measurement

HERE = Path(__file__).resolve().parent
RESULTS = HERE / ".data" / "results.json"


def _line(measured: Measurement) -> str:
    promise = (
        "" if measured.limit is None else f"  (at most {measured.limit:g})" + ("" if measured.kept else "  BROKEN")
    )
    note = f"  {measured.note}" if measured.note else ""
    return f"{measured.name:<60} {measured.value:>12,.3g} {measured.unit:<8}{promise}{note}"


def main() -> int:
    """Run, print, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="small data")
    parser.add_argument("only", nargs="*", help="names of benchmarks, without bench_ (default all)")
    options = parser.parse_args()
    names = options.only or sorted(p.stem.removeprefix("bench_") for p in HERE.glob("bench_*.py"))
    results: list[Measurement] = []
    for name in names:
        for measured in importlib.import_module(f"bench_{name}").measure(options.short):
            print(_line(measured), flush=True)
            results.append(measured)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(m) for m in results], indent=1), encoding="utf-8")
    return 0 if all(m.kept for m in results) else 1


if __name__ == "__main__":
    sys.exit(main())
