"""`RESULTS.md` from the recorded figures.  Measures nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rows import CONSTANT, OURS_KEY, ROWS, WHOLE_MAP, Row

HEAD = """<!-- made by benchmarks/compare.py: run `make bench` -->
# Measured against lsst.daf.butler

The same arrays, the same phases, one process per phase, both sides in turn on the same machine; what can be repeated
is repeated and the best counts. Times are CPU of the client and, with PostgreSQL, of the server; wall time stands
beside them, but other work on the machine inflates it. *times* is the peer's CPU over ours, *target* what we have
promised (none: only watched). *floor* is the same work with bare sqlite3, files and numpy, which checks nothing and
knows one table; the overlap floors work on arrays in memory. Both sides check that files exist and record their
sizes; ours also syncs what it writes to the disk and keeps checksums. Nobody gave a database ANALYZE by hand unless a
row says so.

Ratios carry over to other machines, times do not.
"""


def text(cases: Mapping[str, Any]) -> str:
    """The whole page."""
    parts = [HEAD, *(_case(name, case) for name, case in cases.items()), *_constant(cases)]
    return "\n".join(parts)


def _case(name: str, case: Mapping[str, Any]) -> str:
    backend, visits, *tracts = name.split(":")
    database = "PostgreSQL" if backend == "postgresql" else "SQLite"
    sky = ", the whole sky map registered" if tracts else ""
    datasets = int(visits) * 189
    rows = [line for row in ROWS if (line := _line(row, case, tracts)) is not None]
    missed = [line for line in rows if line.endswith("| no |")]
    lines = [
        f"## {database}, {int(visits):,} visits{sky}",
        "",
        f"{datasets:,} raws and {datasets:,} calexps. "
        + ", ".join(f"{k} {v}" for k, v in case["versions"].items() if k != "cores")
        + f"; {case['versions']['cores']} cores; best of {case.get('rounds', 1)}.",
        "",
        f"{sum(line.endswith('| yes |') for line in rows)} targets met, {len(missed)} not met.",
        "",
        "| what | ours, CPU | wall | peer, CPU | wall | floor, CPU | times | target | met |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        *_answers(case),
    ]
    return "\n".join(lines)


def seconds(row: Mapping[str, Any]) -> float:
    """CPU of client and server."""
    return float(row["cpu"] + row["server"])


def _line(row: Row, case: Mapping[str, Any], tracts: list[str]) -> str | None:
    ours = case["ours"].get(OURS_KEY.get(row.key, row.key))
    peer = case["peer"].get(row.peer_key or row.key)
    if peer is None and row.key in OURS_KEY:
        return None
    floor = case.get("floor", {}).get(row.peer_key or row.key)
    target = WHOLE_MAP.get(row.key, row.target) if tracts else row.target
    times = seconds(peer) / seconds(ours) if ours and peer else None
    met = "" if target is None else "not measured" if times is None else "yes" if times >= target else "no"
    cells = [
        row.what + (f" ({row.things}/s)" if row.things else ""),
        *(_shown(row, r, wall) for r in (ours, peer) for wall in (False, True)),
        _shown(row, floor, False),
        "" if times is None else f"{times:.2g}" if times < 10 else f"{times:.0f}",
        "" if target is None else f"{target:g}",
        met,
    ]
    return "| " + " | ".join(cells) + " |"


def _shown(row: Row, measured: Mapping[str, Any] | None, wall: bool) -> str:
    if measured is None:
        return ""
    value = measured["wall"] if wall else seconds(measured)
    return f"{1 / value:,.0f}" if row.things else _time(value)


def _time(value: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.0f} ns"


def _answers(case: Mapping[str, Any]) -> Iterator[str]:
    """Who is right where results differ from the independent count."""
    right = case["right"]
    wrong = []
    for key, count in right.items():
        what = next(r.what for r in ROWS if r.key == key)
        answers = {side: case[side].get(key, {}).get("results") for side in ("ours", "peer")}
        differing = {side: n for side, n in answers.items() if n is not None and n != count}
        if differing:
            said = ", ".join(f"{side} says {n:,}" for side, n in differing.items())
            wrong.append(f"- {what}: {count:,} is right, {said}.")
    agreed = sum(1 for key in right if case["ours"].get(key, {}).get("results") == right[key])
    yield f"Answers: {agreed} of our {len(right)} agree with the count by numpy and sphgeom alone (`oracle.py`)."
    yield from ["", "Wrong answers:", "", *wrong] if wrong else []
    yield ""


def _constant(cases: Mapping[str, Any]) -> Iterator[str]:
    """Growth between the smallest and the largest survey of a database."""
    plain = sorted((c for c in cases if c.count(":") == 1), key=lambda c: (c.split(":")[0], int(c.split(":")[1])))
    for backend, name in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        of_backend = [c for c in plain if c.startswith(backend + ":")]
        if len(of_backend) < 2:
            continue
        small, large = of_backend[0], of_backend[-1]
        yield f"## {name}: growth from {small.split(':')[1]} to {large.split(':')[1]} visits\n"
        yield "CPU per item in the larger repository over that in the smaller one; at most 2 is promised for ours.\n"
        yield "| what | ours | peer |\n|---|---|---|"
        for row in ROWS:
            if row.key in CONSTANT:
                ours, peer = (
                    seconds(cases[large][side][key]) / seconds(cases[small][side][key])
                    for side, key in (("ours", row.key), ("peer", row.peer_key or row.key))
                )
                yield f"| {row.what} | {ours:.2f} | {peer:.2f} |"
        yield ""
