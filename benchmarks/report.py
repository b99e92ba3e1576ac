"""`RESULTS.md` from the recorded figures.  Measures nothing.

A new part of the page is a function from everything that is recorded to `Section`s, named in `PARTS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from growth import draw
from headers import ROWS as HEADER_ROWS
from measurement import readable
from reasons import reason
from rows import CONSTANT, ROWS, WHOLE_MAP, Row
from section import Section
from turns import BACKENDS, seconds
from vo_report import load, table, vo

HEAD = """<!-- made by benchmarks/compare.py: run `make bench` -->
# Measured against lsst.daf.butler

The same arrays, the same phases, one process per phase, both sides in turn on the same machine; what can be repeated
is repeated and the best counts. Times are CPU of the client and, with PostgreSQL, of the server; wall time stands
beside them, but other work on the machine inflates it. *times* is the peer's CPU over ours, *target* what we have
promised (none: only watched). *floor* is the same work with bare sqlite3, files and numpy, which checks nothing and
knows one table; the overlap floors work on arrays in memory; *over floor* is our CPU over that. Both sides check that
files exist and record their sizes; ours also syncs what it writes to the disk and keeps checksums. Nobody gave a
database ANALYZE by hand unless a row says so. A + behind a commit: with changes that were not committed.

Ratios carry over to other machines, times do not.
"""
PLOT = "growth.svg"
PLOTTED = """CPU per thing (visit, file, dataset, patch or call; *per result* where every survey gives many) against the
number of visits. Every panel spans as many decades, so slopes can be compared; flat is as it should be. The size of
DP0.2, where it is measured, is ours alone."""
DP02_COLUMNS = """*growth* is the CPU here over that in the smaller repository, per result where there are more; 2 is
allowed. Memory is that of the client (and of the server's processes)."""
CROWD = """Processes of writers and readers: *open* at fixed rates whatever the answers take (8 writers with 5 puts/s
each, 8 readers with 20 questions/s each), *saturated* as fast as they can. Wall time in ms, in the open loop from when
a request was due; *lost*, *doubled* and *wrong* are counted afterwards."""
HEADER_COLUMNS = """Ours is to be within four times the open-and-read, 25 times faster than astropy, and 1.9 times
faster in two processes: told from the CPU both used, so that other work on the machine does not matter."""
CUTOUT_COLUMNS = """In tiles of 128 and 256 pixels, *lossless* as our writer makes them, *quantized* as pipelines may.
*first*: of a file not read before, *again*: its tables of tiles are known; *astropy*: open and three `.section`s, from
the object store through fsspec, and *through our stream* of 256 kB blocks; *times* is astropy's time over *first*, 2.5
is promised. On the local disk CPU, in the object store (SeaweedFS on the same machine) the least time on the wall, most
of which is the server's. Bytes are allowed one and a half times the tiles needed, and headers and tables of tiles."""
CUTOUT_RATE = """Circles in 360 x 360 pixels of a plane of 4200 x 4200, per second of CPU: {again} of a file that is
known, {first} of others. Unpacking the tiles (zlib), about 15 of them each, takes most of that."""
MEASURED_PHASES = {
    "create": "repository and sky map",
    "dimensions": "exposures and visits",
    "ingest": "ingest",
    "exchange": "export and import",
    "putget": "put and get",
    "query": "queries",
}
"""Phases whose memory is that of one process."""


def write(recorded: Mapping[str, Any], folder: Path) -> None:
    """`RESULTS.md` and its plot in a folder."""
    sections = [section for part in PARTS for section in part(recorded)]
    if draw(recorded, folder / PLOT):
        sections.insert(0, Section("Cost against size", [PLOTTED, f"![CPU against the number of visits]({PLOT})"]))
    (folder / "RESULTS.md").write_text("\n".join([HEAD, *(s.text() for s in sections)]), encoding="utf-8")


# ---------------------------------------------------------------------------------------------------- beside the peer
def cases(recorded: Mapping[str, Any]) -> Iterator[Section]:
    """Every measured case: its rows, its memory, its wrong answers."""
    for name, case in recorded["cases"].items():
        backend, visits, *tracts = name.split(":")
        sky = ", the whole sky map registered" if tracts else ""
        datasets = int(visits) * 189
        by_key = {row.key: cells for row in ROWS if (cells := _cells(row, case, bool(tracts))) is not None}
        rows = list(by_key.values())
        met = [cells[-1] for cells in rows]
        yield Section(
            f"{BACKENDS[backend]}, {int(visits):,} visits{sky}",
            [
                f"{datasets:,} raws and {datasets:,} calexps. {_versions(case)}; best of {case.get('rounds', 1)}.",
                f"{met.count('yes')} targets met, {met.count('no')} not met.",
            ],
            ["what", "ours, CPU", "wall", "peer, CPU", "wall", "floor, CPU", "over floor", "times", "target", "met"],
            rows,
            [*_unmet(backend, by_key), *_answers(case)],
        )
        yield Section("Memory", header=["peak of the client", "ours", "peer"], rows=list(_memory(case)), level=3)


def _unmet(backend: str, rows: Mapping[str, list[str]]) -> Iterator[str]:
    """Rows below their targets, and why."""
    missed = {key: cells for key, cells in rows.items() if cells[-1] == "no"}
    if missed:
        yield "Not met:\n"
        for key, (what, *_, times, target, _met) in missed.items():
            yield f"- {what}, {times} instead of {target}: {reason(backend, key) or 'not explained yet'}."
        yield ""


def _versions(case: Mapping[str, Any]) -> str:
    found = dict(case["versions"])
    cores, commit = found.pop("cores"), found.pop("commit", "")
    found["skybutler"] += f" ({commit or 'commit not recorded'})"
    return ", ".join(f"{k} {v}" for k, v in found.items()) + f"; {cores} cores"


def _cells(row: Row, case: Mapping[str, Any], whole_map: bool) -> list[str] | None:
    ours, peer, floor = case["ours"].get(row.ours), case["peer"].get(row.peer), case.get("floor", {}).get(row.peer)
    if peer is None and (row.our_key or ours is None):
        return None
    target = WHOLE_MAP.get(row.key, row.target) if whole_map else row.target
    times = seconds(peer) / seconds(ours) if ours and peer else None
    met = "" if target is None else "not measured" if times is None else "yes" if times >= target else "no"
    return [
        row.what + (f" ({row.things}/s)" if row.things else ""),
        *(_shown(row, r, wall) for r in (ours, peer) for wall in (False, True)),
        _shown(row, floor, False),
        _ratio(seconds(ours) / seconds(floor)) if ours and floor else "",
        "" if times is None else _ratio(times),
        "" if target is None else f"{target:g}",
        met,
    ]


def _shown(row: Row, measured: Mapping[str, Any] | None, wall: bool) -> str:
    if measured is None:
        return ""
    value = measured["wall"] if wall else seconds(measured)
    return f"{1 / value:,.0f}" if row.things else readable(value)


def _ratio(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _memory(case: Mapping[str, Any]) -> Iterator[list[str]]:
    for phase, what in MEASURED_PHASES.items():
        keys = {name for row in ROWS if row.phase == phase for name in (row.key, row.ours, row.peer)}
        peaks = [
            max((row["peak_mb"] for key, row in case[side].items() if key in keys), default=0)
            for side in ("ours", "peer")
        ]
        yield [what, *(f"{peak:,} MB" if peak else "" for peak in peaks)]


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


def growth(recorded: Mapping[str, Any]) -> Iterator[Section]:
    """Growth between the smallest and the largest survey of a database."""
    for backend, name in BACKENDS.items():
        sizes = sorted(int(c.split(":")[1]) for c in recorded["cases"] if c.startswith(backend) and c.count(":") == 1)
        if len(sizes) < 2:
            continue
        small, large = (recorded["cases"][f"{backend}:{size}"] for size in (sizes[0], sizes[-1]))
        yield Section(
            f"{name}: growth from {sizes[0]:,} to {sizes[-1]:,} visits",
            ["CPU per item in the larger repository over that in the smaller one; at most 2 is promised for ours."],
            ["what", "ours", "peer"],
            [
                [row.what, *(f"{seconds(large[s][k]) / seconds(small[s][k]):.2f}" for s, k in _sides(row))]
                for row in ROWS
                if row.key in CONSTANT and all(k in case[s] for case in (small, large) for s, k in _sides(row))
            ],
        )


def _sides(row: Row) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("ours", row.ours), ("peer", row.peer)


# ------------------------------------------------------------------------------------------------------ ours at scale
def dp02(recorded: Mapping[str, Any]) -> Iterator[Section]:
    """The registry of the whole of DP0.2, as `dp02.py` records it."""
    for name, case in recorded.get("dp02", {}).items():
        backend, full, small = name.split(":")[0], case["full"], case["small"]
        rows = []
        for key, row in full.items():
            if key == "size":
                continue
            other = small.get(key)
            rows.append(
                [
                    f"`{key}`",
                    f"{row['n']:,}",
                    f"{row['results']:,}" if "results" in row else "",
                    readable(row["wall"]),
                    f"{row['n'] / row['wall']:,.0f}",
                    *(readable(seconds(r) / r["n"]) if r else "" for r in (row, other)),
                    f"{case['growth'][key]:.2f}" if key in case["growth"] else "",
                    f"{row['peak_mb']:,}" + (f" + {row['server_mb']:,}" if "server_mb" in row else ""),
                ]
            )
        yield Section(
            f"{BACKENDS[backend]}: the whole of DP0.2, {case['visits']:,} visits",
            [_dp02_head(case), DP02_COLUMNS],
            ["step", "things", "results", "wall", "things/s", "CPU each", "in the smaller", "growth", "peak MB"],
            rows,
        )


def _dp02_head(case: Mapping[str, Any]) -> str:
    files, megabytes = case["visits"] * 189, case["full"]["size"]["bytes"] / 2**20
    return (
        f"{files:,} raws and as many calexps, visits and detectors with regions, the whole sky map. Ours alone: "
        f"{megabytes:,.0f} MB, made and asked in {case['seconds']:,} s together with a repository of "
        f"{case['reference']:,} visits; {case['cores']} cores."
    )


def concurrency(recorded: Mapping[str, Any]) -> Iterator[Section]:
    """Readers and writers at once, as `concurrency.py` records them."""
    for name, case in recorded.get("concurrency", {}).items():
        backend, visits = name.split(":")[:2]
        loads = {load: sides for load, sides in case.items() if load != "cores"}
        rows = [
            [f"{load}, {figures['seconds']:g} s", side, *_crowd(figures)]
            for load, sides in loads.items()
            for side, figures in sides.items()
        ]
        yield Section(
            f"{BACKENDS[backend]}: readers and writers at once, {int(visits):,} visits",
            [CROWD],
            ["load", "side", "puts/s", "p50", "p99", "questions/s", "p50", "p99", "errors", "lost, doubled, wrong"],
            rows,
        )


def _crowd(figures: Mapping[str, Any]) -> Iterator[str]:
    for role in ("write", "read"):
        found = figures[role]
        yield f"{found['per_second']:,.0f}" if "per_second" in found else ""
        yield from (f"{found[p]:.1f}" if p in found else "" for p in ("p50", "p99"))
    yield f"{figures['errors']:,}"
    yield ", ".join(f"{figures[k]:,}" for k in ("lost", "doubled", "wrong"))


def headers(recorded: Mapping[str, Any]) -> Iterator[Section]:
    """Raw headers, as `headers.py` records them."""
    if found := recorded.get("headers"):
        yield Section(
            "Headers of 20,000 raws",
            [HEADER_COLUMNS],
            ["µs of CPU per file", *found],
            [
                *([what, *(f"{figures[key]:,.1f}" for figures in found.values())] for key, what in HEADER_ROWS.items()),
                ["two processes, times as fast as one", *(f"{figures['scaling']:.2f}" for figures in found.values())],
            ],
        )


def cutouts(recorded: Mapping[str, Any]) -> Iterator[Section]:
    """Cut-outs beside astropy, as `cutouts.py` records them."""
    if found := dict(recorded.get("cutouts", {})):
        rate = found.pop("per second")
        yield Section(
            "Cut-outs of 200 x 200 pixels of image, mask and variance of 4000 x 4000",
            [CUTOUT_COLUMNS],
            ["file", "first", "again", "astropy", "times", "through our stream", "trips", "kB read", "allowed"],
            [
                [
                    what,
                    *(readable(one[key] / 1e3) for key in ("first", "again", "astropy")),
                    f"{one['ratio']:.2f}",
                    readable(one["stream"] / 1e3),
                    str(one["trips"]),
                    *(f"{one[key]:,.0f}" for key in ("bytes_read", "bytes_allowed")),
                ]
                for what, one in found.items()
            ],
            [CUTOUT_RATE.format(**rate)],
        )


PARTS = (cases, growth, dp02, concurrency, headers, cutouts, vo, table, load)
