"""Runs every ``bench_*.py`` beside it and fails when a promise is broken."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measurement import Measurement
from recorded import load_recorded, save_recorded, update_ratios

HERE = Path(__file__).resolve().parent


def _line(measured: Measurement) -> str:
    promise = "" if measured.limit is None else f"at most {measured.limit:<8.3g}"
    promise = promise if measured.least is None else f"at least {measured.least:<7.3g}"
    broken = "" if measured.kept else "  BROKEN"
    return f"{measured.name:<30} {measured.value:>9,.3g} {measured.unit:<4} {promise:<17} {measured.note}{broken}"


def record(measured: list[Measurement], why: str | None) -> int:
    """Write ratios into `recorded.json`; one that would become lower without a reason stays and is an error."""
    recorded = load_recorded()
    groups: dict[str, dict[str, float]] = {}
    for m in measured:
        if m.group:
            groups.setdefault(m.group, {})[m.name] = m.value
    refused = []
    for group, values in groups.items():
        short: Mapping[str, Any] = recorded["short"]
        recorded["short"][group], lower = update_ratios(short.get(group, {}), values, why)
        refused += [f"{group} {row}" for row in lower]
    save_recorded(recorded)
    if refused:
        print("not lowered, for want of a reason (--why TEXT):", ", ".join(refused))
    return 1 if refused else 0


def main() -> int:
    """Run, print, fail if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--record",
        action="store_true",
        help="make all attempts and write their medians into recorded.json; what became lower needs --why",
    )
    parser.add_argument("--why", help="the reason why recorded ratios may become lower; kept beside them")
    parser.add_argument("only", nargs="*", help="names of benchmarks, without bench_ (default all)")
    options = parser.parse_args()
    measured: list[Measurement] = []
    for name in options.only or sorted(p.stem.removeprefix("bench_") for p in HERE.glob("bench_*.py")):
        started = time.monotonic()
        for one in importlib.import_module(f"bench_{name}").measure(options.record):
            print(_line(one), flush=True)
            measured.append(one)
        print(f"{name}: {time.monotonic() - started:.0f} s")
    if options.record:
        return record(measured, options.why)
    return 0 if all(one.kept for one in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
