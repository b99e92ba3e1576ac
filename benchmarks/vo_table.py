"""ObsCore as SQL over the registry's tables, against a table of it that each transaction would have to keep.

Both answer the same questions through the same translation, in process; what the table costs is its bytes, and the time
to write the rows of what is added: with indexes, in parts of a transaction each, as if they were ingested.
`--repository` takes one that is there (`vo_survey.py` makes it), whose database has the table while this runs.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from dp02 import database
from measurement import Server
from recorded import load_recorded, save_recorded
from skybutler import Butler
from skybutler.registry.database import quoted
from skybutler.vo.adql import TapTables
from skybutler.vo.answer import answer
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from skybutler.vo.obscore.branch import REGION_ELEMENTS
from skybutler.vo.obscore.columns import CONSTANTS, ROWS_OF_KIND
from skybutler.vo.obscore.derived import KEY, DerivedColumns
from vo import QUESTIONS, opened
from vo_survey import images, make_repository

TABLE = "obscore_kept"
INDEXES = ("dataset_id", "region_key", "kind", "lsst_tract, lsst_patch", "lsst_visit, lsst_detector")
PART = 18_900
"""Datasets of one transaction: 100 visits of 189 detectors."""
BULK = "TOP {:,} of all columns"


class KeptTable(ObsCoreRelation):
    """ObsCore in a table, without the columns that all rows of a kind have in common."""

    def sql(
        self,
        stages: Mapping[str, Sequence[str]] | None = None,
        columns: Collection[str] | None = None,
        values: Mapping[str, Collection[str | float]] | None = None,
    ) -> str:
        kinds = [number for number, branch in self._branches if branch.may_have(values or {})]
        names = [*kept_columns(self), *CONSTANTS] if columns is None else list(columns)
        made = {n: self._constant(n) if n in CONSTANTS else f"t.{quoted(n)}" for n in names}
        where = f"t.kind IN ({', '.join(map(str, kinds))})"
        if ROWS_OF_KIND in made:
            made[ROWS_OF_KIND] = "COUNT(*)"
            where += " GROUP BY t.kind"
        chosen = ", ".join(f"{value} AS {quoted(n)}" for n, value in made.items())
        if stages is None:
            return f"SELECT {chosen or 't.kind'} FROM {TABLE} t WHERE {where}"
        parts = []
        for element, tables in stages.items():
            key = f"s0.k * {len(REGION_ELEMENTS)} + {REGION_ELEMENTS.index(element)}"
            more = "".join(f" JOIN {table} s{i} ON s{i}.k = s0.k" for i, table in enumerate(tables) if i)
            source = f"{tables[0]} s0{more} JOIN {TABLE} t ON t.region_key = {key}"
            parts.append(f"SELECT {chosen or 't.kind'} FROM {source} WHERE {where}")
        return " UNION ALL ".join(parts)

    def derived(self, values: Mapping[str, Collection[str | float]]) -> dict[int, DerivedColumns]:
        """What all rows of a kind have in common; all else is in the table."""
        return {
            number: replace(found, keys=(), columns={n: found.columns[n] for n in CONSTANTS if n in found.columns})
            for number, found in super().derived(values).items()
        }

    def _constant(self, name: str) -> str:
        cases = " ".join(f"WHEN {kind} THEN {_sql(said[name])}" for kind, said in self.constants.items())
        return f"CASE t.kind {cases} END"


def _sql(value: str | float | None) -> str:
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)


def kept_columns(live: ObsCoreRelation) -> list[str]:
    """Columns of the table: those that differ within a kind; identifiers are made of the UUID."""
    _, branch = live._branches[0]
    told = [name for name in branch._columns if not name.startswith(KEY.format(""))]
    return [name for name in told if name not in (*CONSTANTS, "access_url", "obs_publisher_did")]


class Clock:
    """CPU of this process, and of the server of its database, which is on this machine.

    Parameters
    ----------
    url : `str`
        Of a PostgreSQL database; empty if there is no server.
    """

    def __init__(self, url: str) -> None:
        self._server = None
        if url:
            import psutil  # type: ignore[import-untyped, unused-ignore]
            import psycopg

            with psycopg.connect(url) as connection:
                self._server = Server(psutil.Process(connection.info.backend_pid).ppid())
        self.start()

    def start(self) -> None:
        """From now on."""
        self._before = self._server.times() if self._server else None
        self._began = time.process_time()

    def seconds(self) -> float:
        """Since then."""
        ours = time.process_time() - self._began
        return ours if self._server is None or self._before is None else ours + self._server.times().since(self._before)


# ------------------------------------------------------------------------------------------------------------ the table
def fill(
    live: ObsCoreRelation, execute: Callable[[str], Any], commit: Callable[[], None], clock: Clock
) -> tuple[int, float]:
    """Make the table; rows, and seconds of CPU to write them."""
    columns = kept_columns(live)
    runs = live._runs()
    number, branch = live._branches[0]
    execute(f"CREATE TABLE {TABLE} AS SELECT * FROM ({branch.sql(runs[number], columns=columns)}) x WHERE 1 = 0")
    for i, index in enumerate(INDEXES):
        execute(f"CREATE INDEX {TABLE}_{i} ON {TABLE} ({index})")
    commit()
    rows, seconds = 0, 0.0
    for number, branch in live._branches:
        found = execute(f"SELECT min(k), max(k) FROM dataset WHERE dataset_type = {number}").fetchone()
        first, last = found if found[0] is not None else (0, -1)
        for low in range(first, last + 1, PART):
            part = f"{branch.sql(runs[number], columns=columns)} AND d.k BETWEEN {low} AND {low + PART - 1}"
            clock.start()
            rows += execute(f"INSERT INTO {TABLE} {part}").rowcount
            commit()
            seconds += clock.seconds()
    execute(f"ANALYZE {TABLE}")
    commit()
    return rows, seconds


@contextmanager
def connected(repository: Path, url: str) -> Iterator[tuple[Callable[[str], Any], Callable[[], None]]]:
    """What executes a statement, and what commits."""
    if url:
        import psycopg

        with psycopg.connect(url) as connection:
            yield lambda sql: connection.execute(sql.replace("%", "%%")), connection.commit
        return
    with sqlite3.connect(next(repository.glob("*.sqlite3"))) as lite:
        lite.execute("PRAGMA synchronous = NORMAL")
        lite.execute("PRAGMA mmap_size = 1099511627776")
        yield lite.execute, lite.commit
    lite.close()


def size(execute: Callable[[str], Any], url: str) -> int:
    """Bytes that the database uses."""
    if url:
        return int(execute("SELECT pg_database_size(current_database())").fetchone()[0])
    names = ("page_count", "freelist_count", "page_size")
    pages, free, each = (int(execute(f"PRAGMA {name}").fetchone()[0]) for name in names)
    return (pages - free) * each


# --------------------------------------------------------------------------------------------------------- measurements
class Question:
    """A question to either of them, in process, whose rows become Arrow.

    Parameters
    ----------
    butler : `Butler`
    adql : `str`
    clock : `Clock`
    """

    def __init__(self, butler: Butler, adql: str, clock: Clock) -> None:
        self._butler, self._adql, self._clock = butler, adql, clock
        self._tables = TapTables([obscore_table()])

    def _ask(self, relation: ObsCoreRelation) -> int:
        batches = answer(self._butler.registry, relation, self._tables, self._adql).batches
        return sum(batch.num_rows for batch in batches)

    def asked(self, relation: ObsCoreRelation) -> dict[str, Any]:
        """Milliseconds: CPU of all processes, the mean, and what passed at best; rows."""
        rows = self._ask(relation)
        times: list[float] = []
        self._clock.start()
        while len(times) < 3 or (sum(times) < 2.0 and len(times) < 200):
            began = time.perf_counter()
            self._ask(relation)
            times.append(time.perf_counter() - began)
        found = {"cpu": 1e3 * self._clock.seconds() / len(times), "wall": 1e3 * min(times)}
        return {key: float(f"{value:.3g}") for key, value in found.items()} | {"rows": rows}


def compare(repository: Path, url: str, bulk: int) -> dict[str, Any]:
    """Figures of both."""
    questions = {**QUESTIONS, BULK.format(bulk): f"SELECT TOP {bulk} * FROM ivoa.ObsCore"}
    found: dict[str, Any] = {"questions": {}}
    with Butler(repository) as butler:
        settings, clock = ObsCoreSettings(), Clock(url)
        live, kept = (kind(butler.registry, settings, "http://x/", "ivo://x/") for kind in (ObsCoreRelation, KeptTable))
        with connected(repository, url) as (execute, commit):
            before = size(execute, url)
            try:
                rows, seconds = fill(live, execute, commit, clock)
                found |= {"rows": rows, "bytes": before, "table": size(execute, url) - before}
                found["micros"] = float(f"{1e6 * seconds / rows:.3g}")
                for name, adql in questions.items():
                    question = Question(butler, adql, clock)
                    both = {"live": question.asked(live), "kept": question.asked(kept)}
                    if both["live"]["rows"] != both["kept"]["rows"]:
                        raise RuntimeError(f"{name}: {both}")
                    found["questions"][name] = both
                    print(name, both, flush=True)
            finally:
                butler.close()  # what it has under way would keep the table
                execute(f"DROP TABLE IF EXISTS {TABLE}")
                commit()
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=14_790)
    parser.add_argument("--tracts", type=int, default=157)
    parser.add_argument("--rows", type=int, default=200_000, help="of the table that is downloaded")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], action="append", help="default: both")
    parser.add_argument("--repository", type=Path, help="one that is there, with --url if it is in PostgreSQL")
    parser.add_argument("--url", default="")
    parser.add_argument("--record", action="store_true", help="write the figures to recorded.json")
    options = parser.parse_args()
    if options.repository:
        figures = {"postgresql" if options.url else "sqlite": compare(options.repository, options.url, options.rows)}
    else:
        figures = {}
        for backend in options.database or ["sqlite", "postgresql"]:
            with tempfile.TemporaryDirectory() as name, opened(name), database(backend, Path(name)) as (_, url):
                began = time.monotonic()
                make_repository(Path(name) / "repository", url, options.visits, options.tracts)
                print(
                    f"{images(options.visits, options.tracts):,} rows in {time.monotonic() - began:.0f} s", flush=True
                )
                figures[backend] = compare(Path(name) / "repository", url, options.rows)
    for backend, found in figures.items():
        print(backend, {key: value for key, value in found.items() if key != "questions"})
    if options.record:
        recorded = load_recorded()
        recorded["vo_table"] = recorded.get("vo_table", {}) | {
            backend: found | {"load": round(os.getloadavg()[0], 1)} for backend, found in figures.items()
        }
        save_recorded(recorded)


if __name__ == "__main__":
    main()
