"""Readers and writers at once, ours and the peer: latencies under a steady load, throughput without pause, losses.

``make bench-concurrency`` calls it.  Open loop: 8 writers at 5 puts a second each and 8 readers at 20 questions a
second each (40 % find_dataset, 30 % get, 20 % the raws of an exposure, 10 % the calexps of a patch); a latency begins
when the action was due, so waiting in a queue counts.  Then the same processes without pacing.  All processes have
opened the repository and asked a few questions before the clock starts; afterwards every dataset that a writer was
told is in must be there, once, with its content.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare import Case, prepare
from measurement import Server
from recorded import load_recorded, save_recorded
from support.postgres import PostgresServer, fresh_database
from traffic import Place

HERE = Path(__file__).resolve().parent
POSTGRES = {"listen_addresses": "", "shared_buffers": "256MB", "max_connections": "60"}
PHASES = ("create", "dimensions", "ingest")
"""What the repository is made by: the phases of `compare.py`."""

TARGET_MS = {"sqlite": 100.0, "postgresql": 50.0}
"""What 99 of 100 questions of a reader must be faster than in the open loop."""


@dataclass(frozen=True)
class Load:
    """How many processes do how much for how long; a rate of 0 is as fast as they can."""

    name: str
    writers: int
    readers: int
    put_rate: float
    ask_rate: float
    seconds: float
    first_run: int


@dataclass(frozen=True)
class SideOf:
    """One side's repository and its programs."""

    name: str
    python: str
    repository: Path
    arrays: Path

    def command(self, role: str, **options: Any) -> list[str]:
        """A process of the load."""
        words = {"repository": self.repository, "arrays": self.arrays, **options}
        return [self.python, str(HERE / f"{self.name}_traffic.py"), role, *(f"--{k}={v}" for k, v in words.items())]


@contextmanager
def database(server: PostgresServer | None, *, peer: bool) -> Iterator[list[str]]:
    """Options that name an empty database; the peer's needs an extension."""
    if server is None:
        yield []
        return
    import psycopg

    with fresh_database(server.url) as url:
        if peer:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION btree_gist")
        yield [f"--server={server.pid}", f"--database={url}"]


def make_repository(side: SideOf, files: Path, options: Iterable[str]) -> None:
    """The side's own phases make it, and the datasets that are read are put into it."""
    shutil.rmtree(side.repository, ignore_errors=True)
    out = side.repository.with_suffix(".jsonl")
    for phase in PHASES:
        places = {"repository": side.repository, "arrays": side.arrays, "files": files, "out": out}
        command = [side.python, str(HERE / f"{side.name}.py"), phase, "--times=1", *options]
        subprocess.run([*command, *(f"--{k}={v}" for k, v in places.items())], check=True)
    out.unlink()
    subprocess.run(side.command("prepare"), check=True)


def run_load(side: SideOf, load: Load, server: Server | None, done_before: set[Place]) -> dict[str, Any]:
    """All processes at once; figures, and what is wrong afterwards."""
    roles = [("write", i, load.put_rate) for i in range(load.writers)]
    roles += [("read", i, load.ask_rate) for i in range(load.readers)]
    processes = []
    for role, number, rate in roles:
        command = side.command(role, number=number, writers=load.writers, seconds=load.seconds, rate=rate)
        command.append(f"--first-run={load.first_run}")
        processes.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE))
    for process in processes:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise SystemExit(f"A process of {side.name} did not get ready.")
    before = server.times() if server else None
    start = time.monotonic() + 0.5
    for i, process in enumerate(processes):
        assert process.stdin is not None
        rate = roles[i][2]
        process.stdin.write(f"{start + (i / len(processes) / rate if rate else 0.0)}\n")
        process.stdin.flush()
    found = [json.loads(process.communicate()[0]) for process in processes]
    figures = _figures(found, roles, load, start)
    if server and before:
        figures["server_cpu"] = round(server.times().since(before), 2)
    done = [(int(r), int(v), int(d)) for f in found for r, v, d in f["done"]]
    figures |= check(side, done, done_before)
    done_before.update(done)
    return figures


def _figures(found: list[Any], roles: list[tuple[str, int, float]], load: Load, start: float) -> dict[str, Any]:
    elapsed = max(load.seconds, max(f["ended"] for f in found) - start)
    figures: dict[str, Any] = {"seconds": round(elapsed, 1), "load_average": round(os.getloadavg()[0], 1)}
    for role in ("write", "read"):
        kinds: dict[str, list[float]] = {}
        for f, (its, _, _) in zip(found, roles, strict=True):
            for kind, latencies in f["latencies"].items() if its == role else ():
                kinds.setdefault(kind, []).extend(latencies)
        every = [latency for latencies in kinds.values() for latency in latencies]
        figures[role] = percentiles(every) | {"per_second": round(len(every) / elapsed, 1)}
        if role == "read":
            figures["kinds"] = {kind: percentiles(latencies) for kind, latencies in kinds.items()}
    errors = [error for f in found for error in f["errors"]]
    return figures | {"errors": len(errors), "first_errors": errors[:3]}


def percentiles(latencies: list[float]) -> dict[str, Any]:
    """Milliseconds that so many of a hundred do not exceed."""
    ordered = sorted(latencies)
    if not ordered:
        return {"n": 0}
    at = {f"p{p}": ordered[max(0, math.ceil(p / 100 * len(ordered)) - 1)] for p in (50, 95, 99)}
    return {"n": len(ordered), **at, "max": ordered[-1]}


def check(side: SideOf, done: list[Place], done_before: set[Place]) -> dict[str, int]:
    """How many datasets are lost, there twice, not announced, or of wrong content."""
    answer = json.loads(subprocess.run(side.command("check"), check=True, stdout=subprocess.PIPE, cwd=HERE).stdout)
    there = [(int(r), int(v), int(d)) for r, v, d in answer["there"]]
    announced = done_before | set(done)
    return {
        "put": len(done),
        "lost": len(announced - set(there)),
        "doubled": len(there) - len(set(there)) + len(done) - len(set(done)),
        "unannounced": len(set(there) - announced),
        "wrong": len(answer["wrong"]),
    }


def measure(case: Case, loads: list[Load], folder: Path, pythons: Mapping[str, str]) -> dict[str, Any]:
    """Figures by load and side."""
    arrays, files = prepare(case, folder)
    found: dict[str, Any] = {load.name: {} for load in loads}
    with ExitStack() as stack:
        server = None
        if case.backend == "postgresql":
            server = PostgresServer(POSTGRES)
            stack.callback(server.stop)
        for name, python in pythons.items():
            side = SideOf(name, python, folder / f"traffic-{name}", arrays)
            options = stack.enter_context(database(server, peer=name == "peer"))
            print(f"{case.name}: making a repository ({name})", flush=True)
            make_repository(side, files, options)
            done: set[Place] = set()
            for load in loads:
                figures = run_load(side, load, Server(server.pid) if server else None, done)
                found[load.name][name] = figures
                print(_text(f"{case.name} {load.name} {name}", figures), flush=True)
            shutil.rmtree(side.repository)
    return found


def _text(title: str, figures: Mapping[str, Any]) -> str:
    lines = [f"{title}: {figures['seconds']} s, load average {figures['load_average']}"]
    rows = {"puts": figures["write"], "questions": figures["read"], **figures["kinds"]}
    for name, row in rows.items():
        if row["n"]:
            rate = f", {row['per_second']} /s" if "per_second" in row else ""
            lines.append(
                f"  {name:<10} p50 {row['p50']:>8.1f}  p95 {row['p95']:>8.1f}  p99 {row['p99']:>8.1f}  "
                f"max {row['max']:>8.1f} ms, {row['n']} of them{rate}"
            )
    counts = ("errors", "put", "lost", "doubled", "unannounced", "wrong")
    lines.append("  " + ", ".join(f"{name} {figures[name]}" for name in counts))
    return "\n".join([*lines, *("  " + error for error in figures["first_errors"])])


def wrongs(case: str, found: Mapping[str, Any]) -> list[str]:
    """What of ours breaks a promise."""
    broken = []
    for load, sides in found.items():
        ours = sides["ours"]
        names = ("errors", "lost", "doubled", "unannounced", "wrong")
        broken += [f"{case} {load}: {ours[name]} {name}" for name in names if ours[name]]
    target, p99 = TARGET_MS[case.split(":")[0]], found["open"]["ours"]["read"]["p99"]
    return broken + ([f"{case}: p99 of readers is {p99} ms, not {target:.0f}"] if p99 > target else [])


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=["sqlite:100", "postgresql:100"])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--data", type=Path, default=HERE / ".data", help="folder for repositories and arrays")
    parser.add_argument("--only", choices=["ours", "peer"], help="one side alone")
    parser.add_argument("--record", action="store_true", help="write the figures into recorded.json")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers are stopped then, too
    pythons = {"ours": sys.executable, "peer": os.environ.get("SKYBUTLER_PEER_PYTHON", "")}
    pythons = {name: python for name, python in pythons.items() if options.only in (None, name)}
    if "" in pythons.values():
        raise SystemExit(
            "SKYBUTLER_PEER_PYTHON is not set: `make bench-concurrency` makes an environment, or --only=ours."
        )
    options.data.mkdir(parents=True, exist_ok=True)
    crowd = options.writers, options.readers
    loads = [
        Load("open", *crowd, 5.0, 20.0, options.seconds, 0),
        Load("saturated", *crowd, 0.0, 0.0, options.seconds / 3, 1),
    ]
    broken = []
    for case in map(Case.parse, options.cases):
        found = measure(case, loads, options.data.resolve(), pythons)
        if options.record:
            recorded = load_recorded()
            recorded.setdefault("concurrency", {})[case.name] = found | {"cores": os.cpu_count()}
            save_recorded(recorded)
        broken += wrongs(case.name, found) if "ours" in pythons else []
    print("\n".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
