"""Sections of `RESULTS.md` about services of images.  Measures nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import vo_load
from measurement import readable
from section import Section
from turns import BACKENDS
from vo_rows import HEADER, shown

__all__ = ["load", "table", "vo"]

_VO = """`make bench-vo`: one connection, the median of 30 questions and what 95 of 100 stay under; points are those of
places that were never asked for, with two processes of the server and clients that ask again at once; downloads are of
200,000 rows (100,000 in other formats than BINARY2). *From a snapshot* is what DuckDB answers of a copy in columns,
see [long-questions](../docs/how-to/long-questions.md). CPU is that of the server for each answer or row, without
PostgreSQL's. What passed includes waiting for other work on the machine, whose load was {load} at the end, and for the
clients, which are on the same two cores; it decides whether a target is met. *times* is how many
times faster ours is than DaCHS, or how many times more it does. {peer}"""
_PEER = """DaCHS {version} was asked in the same run, with the same rows and image, by the same clients, after it had
given the same answers: Debian's package with its defaults (but for limits of rows), one process, as it comes, and
PostgreSQL with pgsphere, indices on regions (GiST), tract and patch, identifier and kind, and 1 GB of shared buffers,
where ours has 512 MB. It keeps no snapshot: what it takes is beside ours of both kinds."""
_NO_PEER = "DaCHS was not asked: the [README](README.md) says how it is installed."
_TABLE = """`benchmarks/vo_table.py`, in process, rows as Arrow: *live* is SQL over the registry's tables as we have it,
*kept* a table of all columns that differ within a kind of image, with five indexes, which every transaction would have
to keep. It has {rows:,} rows and {table:,.0f} MB beside {bytes:,.0f} MB of the whole registry, and each row that is
ingested would cost {micros:g} µs of CPU more. CPU is that of all processes, PostgreSQL's included; what passed is the
least, with a load of {load}."""
_LOAD = """`benchmarks/vo_load.py`: {clients} clients for {seconds} s against `butler serve --workers {workers}` with
{images:,} rows in {name}, each asking again at once. Every answer is compared with what one client alone was answered
before; *leaver* hangs up in the middle or deletes a job that runs. {n:,} answers, {wrong} wrong, lost or refused; the
server used {cpu} s of CPU. Memory of all its processes together (pages of mapped files are not counted): {warm:,} MB
after a third of the time, {end:,} MB at the end, {peak:,} MB at most. Afterwards {left} were left. The load of the
machine was {load}."""


def vo(recorded: Mapping[str, Any]) -> Iterator[Section]:
    """ObsCore through a server."""
    cases = {tuple(name.split(":")): case for name, case in recorded.get("vo", {}).items()}
    order = sorted(cases, key=lambda one: (int(one[1]), list(BACKENDS).index(one[0])))
    for i, (backend, n) in enumerate(order):
        case = cases[backend, n]
        yield Section(
            f"{BACKENDS[backend]}, {case['images']:,} rows of ObsCore, asked over HTTP",
            [_VO.format(load=case["load"], peer=_peer(case)) if i == 0 else f"As above; the load was {case['load']}."],
            HEADER,
            list(shown(case["figures"], case["images"], case.get("peer", {}).get("figures", {}))),
        )


def _peer(case: Mapping[str, Any]) -> str:
    return _PEER.format(**peer) if (peer := case.get("peer")) else _NO_PEER


def table(recorded: Mapping[str, Any]) -> Iterator[Section]:
    """ObsCore as SQL and as a table."""
    for backend, case in recorded.get("vo_table", {}).items():
        megabytes = {key: case[key] / 2**20 for key in ("bytes", "table")}
        rows = []
        for name, both in case["questions"].items():
            live, kept = both["live"], both["kept"]
            times = [readable(one[key] / 1e3) for key in ("cpu", "wall") for one in (live, kept)]
            rows.append([name, f"{live['rows']:,}", *times, f"{live['cpu'] / kept['cpu']:.2g}"])
        yield Section(
            f"{BACKENDS[backend]}, {case['rows']:,} rows of ObsCore: made for each question, or kept in a table",
            [_TABLE.format(**(case | megabytes))],
            ["question", "rows", "live, CPU", "kept, CPU", "live, wall", "kept, wall", "live over kept, CPU"],
            rows,
        )


def load(recorded: Mapping[str, Any]) -> Iterator[Section]:
    """Many clients at once."""
    if case := recorded.get("vo_load"):
        left = ", ".join(f"{n} {what}" for what, n in case["left"].items())
        said = (
            case
            | case["memory"]
            | {
                "left": left,
                "name": BACKENDS[case["database"]],
                "n": sum(one["answers"] for one in case["kinds"].values()),
            }
        )
        yield Section(
            f"{case['clients']} clients at once",
            [_LOAD.format(**said)],
            ["kind of client", "answers", "median, ms", "95 of 100, ms", "longest, ms"],
            list(vo_load.shown(case)),
        )
