"""Runs every ``bench_*.py`` beside it and fails when a promised limit is broken."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from measurement import Measurement
from recorded import load_recorded, save_recorded

HERE = Path(__file__).resolve().parent
RECORDED_UNIT = "x floor"


def _line(measured: Measurement) -> str:
    promise = "" if measured.limit is None else f"at most {measured.limit:<8.3g}"
    broken = "" if measured.kept else "  BROKEN"
    return f"{measured.name:<28} {measured.value:>9,.3g} {measured.unit:<8} {promise:<17} {measured.note}{broken}"


def main() -> int:
    """Run, print, fail if a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", action="store_true", help="small data")
    parser.add_argument(
        "--record", action="store_true", help="write what is measured into recorded.json, as new limits"
    )
    parser.add_argument("only", nargs="*", help="names of benchmarks, without bench_ (default all)")
    options = parser.parse_args()
    kept = True
    recorded = load_recorded()
    if options.record:
        recorded["floor"] = {}
        save_recorded(recorded)
    for name in options.only or sorted(p.stem.removeprefix("bench_") for p in HERE.glob("bench_*.py")):
        started = time.monotonic()
        for measured in importlib.import_module(f"bench_{name}").measure(options.short):
            print(_line(measured), flush=True)
            kept = kept and measured.kept
            if measured.unit == RECORDED_UNIT:
                recorded["floor"][measured.name] = float(f"{measured.value:.3g}")
        print(f"{name}: {time.monotonic() - started:.0f} s")
    if options.record:
        save_recorded(recorded)
        return 0
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
