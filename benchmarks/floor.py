"""The least that the same work costs: bare sqlite3, files and numpy, no butler.  The phases of `side.PHASES`.

What is here keeps one row per dataset in one table with two indexes; it knows no other dataset type, no collection but
one, no region but polygons of four corners, and checks nothing.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from measurement import Duration
from side import Job, Step, run, time_commands
from survey import METRIC, PATCH, TRACT

TABLES = """
CREATE TABLE dataset (
    k INTEGER PRIMARY KEY, id BLOB, type INT, run INT, observed INT, detector INT, path TEXT, size INT
);
CREATE UNIQUE INDEX by_data_id ON dataset (type, run, observed, detector);
CREATE UNIQUE INDEX by_id ON dataset (id);
CREATE TABLE patch (tract INT, id INT, outline BLOB, PRIMARY KEY (tract, id)) WITHOUT ROWID;
CREATE TABLE region (observed INT, detector INT, outline BLOB, PRIMARY KEY (observed, detector)) WITHOUT ROWID;
"""
INSERT = "INSERT INTO dataset (id, type, run, observed, detector, path, size) VALUES (?, ?, 1, ?, ?, ?, ?)"
FIND_ID = "SELECT path FROM dataset WHERE id = ?"
FIND = "SELECT id, path FROM dataset WHERE type = ? AND run = 1 AND observed = ? AND detector = ?"
RAW, METRICS = 1, 2
LIBRARY = "dataclasses, datetime, inspect, json, logging, pathlib, sqlite3, tempfile, typing, urllib.parse, uuid"
"""What nearly every program of this kind imports."""


def _open(job: Job) -> sqlite3.Connection:
    return sqlite3.connect(job.repository / "floor.sqlite3", isolation_level=None)


def create(job: Job) -> None:
    """Tables, and rows of patches; the last one stays."""
    makes: list[Duration] = []
    maps: list[Duration] = []
    for _ in range(job.recorder.times):
        makes.append(job.recorder.timed(lambda: _new(job)))
        connection = _open(job)
        maps.append(job.recorder.timed(lambda: _insert_patches(connection, job)))  # noqa: B023
        connection.close()
    job.recorder.write_best("create", makes, 1)
    job.recorder.write_best("skymap", maps, len(job.survey.arrays["patch_id"]))


def _new(job: Job) -> None:
    shutil.rmtree(job.repository, ignore_errors=True)
    job.repository.mkdir(parents=True)
    connection = _open(job)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(TABLES)
    connection.close()


def _insert_patches(connection: sqlite3.Connection, job: Job) -> None:
    a = job.survey.arrays
    blobs = (row.tobytes() for row in unit(a["patch_poly"]).reshape(-1, 12))
    connection.execute("BEGIN IMMEDIATE")
    rows = zip(a["patch_tract"].tolist(), a["patch_id"].tolist(), blobs, strict=True)
    connection.executemany("INSERT INTO patch VALUES (?, ?, ?)", rows)
    connection.execute("COMMIT")


def insert_regions(connection: sqlite3.Connection, job: Job, part: slice) -> None:
    """Regions of all detectors of some visits, one transaction."""
    a = job.survey.arrays
    outlines = a["vd_poly"][part].reshape(-1, 8)
    ids = job.survey.data_ids("visit", part)
    blobs = (row.tobytes() for row in outlines)
    connection.execute("BEGIN IMMEDIATE")
    rows = zip(ids["visit"].tolist(), ids["detector"].tolist(), blobs, strict=True)
    connection.executemany("INSERT INTO region VALUES (?, ?, ?)", rows)
    connection.execute("COMMIT")


def insert_raws(connection: sqlite3.Connection, job: Job, part: slice) -> None:
    """Raws of some exposures, sizes looked up, one transaction."""
    ids, paths = job.survey.data_ids("exposure", part), job.survey.paths(part)
    random, stat = os.urandom(16 * len(paths)), os.stat
    keys = (random[i : i + 16] for i in range(0, len(random), 16))
    columns = zip(keys, ids["exposure"].tolist(), ids["detector"].tolist(), paths, strict=True)
    rows = ((key, RAW, observed, detector, path, stat(path).st_size) for key, observed, detector, path in columns)
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, rows)
    connection.execute("COMMIT")


def put_one(connection: sqlite3.Connection, folder: Path, number: int) -> bytes:
    """A small file, safely on disk, and its row; the transaction is the caller's.  Returns the id."""
    path = f"{folder}/{number}.json"
    with open(path + ".part", "w", encoding="utf-8") as stream:
        json.dump(METRIC, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.rename(path + ".part", path)
    key = os.urandom(16)
    connection.execute(INSERT, (key, METRICS, number, 0, path, os.stat(path).st_size))
    return key


def get_one(connection: sqlite3.Connection, sql: str, values: tuple[Any, ...]) -> Any:
    """Find the path, read the file."""
    with open(connection.execute(sql, values).fetchone()[-1], "rb") as stream:
        return json.loads(stream.read())


def dimensions(job: Job) -> None:
    """Rows of regions, whose outlines are given as arrays."""
    connection = _open(job)
    last = job.survey.visits - job.singles
    job.recorder.total("visits.bulk", _steps(insert_regions, connection, job, 0, last, job.call))
    job.recorder.total("visits.full", _steps(insert_regions, connection, job, last, job.survey.visits, 1))


def _steps(
    insert: Callable[[sqlite3.Connection, Job, slice], None],
    connection: sqlite3.Connection,
    job: Job,
    begin: int,
    end: int,
    step: int,
) -> Iterator[Step]:
    """Calls with the number of visits of each."""
    for part in job.survey.parts(begin, end, step):
        yield part.stop - part.start, partial(insert, connection, job, part)


def ingest(job: Job) -> None:
    """Rows of raws."""
    connection = _open(job)
    last = job.survey.visits - job.singles
    for key, begin, end, step in (("bulk", 0, last, job.call), ("one", last, job.survey.visits, 1)):
        steps = _steps(insert_raws, connection, job, begin, end, step)
        job.recorder.total(f"ingest.{key}", ((n * job.survey.detectors, call) for n, call in steps))


def putget(job: Job) -> None:
    """Small files with their rows."""
    connection, numbers = _open(job), itertools.count()
    folder = job.repository / "metrics"
    folder.mkdir()

    keys: list[bytes] = []

    def put(n: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        keys.extend(put_one(connection, folder, next(numbers)) for _ in range(n))
        connection.execute("COMMIT")

    job.recorder.best("put", lambda: put(1))
    job.recorder.write_best("put.transaction", [job.recorder.timed(lambda: put(1000)) for _ in range(3)], 1000)
    known, ids = itertools.cycle(range(1000)), itertools.cycle(keys[:1000])
    job.recorder.best("get.data_id", lambda: get_one(connection, FIND, (METRICS, next(known), 0)))
    job.recorder.best("get.ref", lambda: get_one(connection, FIND_ID, (next(ids),)))


def query(job: Job) -> None:
    """Look-up, list and count of rows; overlaps of arrays that are in memory already."""
    connection = _open(job)
    exposures = itertools.cycle(job.survey.arrays["exp_id"].tolist())
    job.recorder.best("find", lambda: connection.execute(FIND, (RAW, next(exposures), 42)).fetchone())
    of_exposure = "SELECT id, detector FROM dataset WHERE type = 1 AND run = 1 AND observed = ?"
    job.recorder.question("raw.exposure", lambda: connection.execute(of_exposure, (next(exposures),)).fetchall())
    everything = "SELECT id, observed, detector FROM dataset WHERE type = 1 AND run = 1"
    job.recorder.question("raw.all", lambda: connection.execute(everything).fetchall())
    counted = "SELECT COUNT(*) FROM dataset WHERE type = 1 AND run = 1"
    job.recorder.question("count", lambda: int(connection.execute(counted).fetchone()[0]))
    a = job.survey.arrays
    detectors, patches = unit(a["vd_poly"].reshape(-1, 4, 2)), unit(a["patch_poly"])
    tract = unit(a["tract_poly"][a["tract_id"] == TRACT][0])
    own = patches[a["patch_tract"] == TRACT]
    patch = patches[(a["patch_tract"] == TRACT) & (a["patch_id"] == PATCH)][0]
    visit = int(np.flatnonzero(a["visit_id"] == job.survey.busy_visit())[0])
    detector = detectors[visit * job.survey.detectors + 94]
    job.recorder.question("ids.detector.tract", lambda: count_overlaps(detectors, tract, 1.3))
    job.recorder.question("ids.detector_patch.tract", lambda: sum(count_overlaps(detectors, p, 0.4) for p in own))
    job.recorder.question("calexp.patch", lambda: count_overlaps(detectors, patch, 0.4))
    job.recorder.question("patch.visit_detector", lambda: count_overlaps(patches, detector, 0.4))


def unit(corners: Any) -> Any:
    """Vectors of degrees."""
    lon, lat = np.radians(corners[..., 0]), np.radians(corners[..., 1])
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1)


def count_overlaps(polygons: Any, one: Any, reach_deg: float) -> int:
    """How many polygons, shape (n, 4, 3), share points with one of shape (4, 3): no edge parts them."""
    middle = one.mean(axis=0)
    near = polygons[polygons.mean(axis=1) @ middle / np.linalg.norm(middle) > np.cos(np.radians(reach_deg))]
    own = np.cross(one, np.roll(one, -1, axis=0))
    parted = (np.einsum("ej,nvj->nev", own, near) < 0).all(axis=2).any(axis=1)
    theirs = np.cross(near, np.roll(near, -1, axis=1))
    parted |= (np.einsum("nej,vj->nev", theirs, one) < 0).all(axis=2).any(axis=1)
    return int((~parted).sum())


def start(job: Job) -> None:
    """A process that opens the database and finds a raw with the standard library, and one that parses its options."""
    exposure = int(job.survey.arrays["exp_id"][0])
    path = str(job.repository / "floor.sqlite3")
    find = f"import {LIBRARY}; assert sqlite3.connect({path!r}).execute({FIND!r}, ({RAW}, {exposure}, 42)).fetchone()"
    statements = {"start.find": find, "start.help": f"import argparse, {LIBRARY}"}
    time_commands(job, {key: [sys.executable, "-c", statement] for key, statement in statements.items()})


def exchange(job: Job) -> None:
    """Rows of raws to a file of JSON lines, and from there into a new database."""
    file = job.repository / "export.jsonl"
    sql = "SELECT id, path, size, observed, detector FROM dataset WHERE type = ?"

    def write() -> None:
        with file.open("w", encoding="utf-8") as stream:
            for key, *values in _open(job).execute(sql, (RAW,)):
                stream.write(json.dumps([key.hex(), *values]) + "\n")

    def read() -> None:
        copy = sqlite3.connect(job.repository / "copy.sqlite3")
        copy.executescript(TABLES)
        with file.open(encoding="utf-8") as stream:
            rows = map(json.loads, stream)
            copy.executemany(INSERT, ((bytes.fromhex(k), RAW, o, d, path, size) for k, path, size, o, d in rows))
        copy.commit()
        copy.close()

    times = range(min(2, job.recorder.times))
    job.recorder.write_best("export", [job.recorder.timed(write) for _ in times], job.raws)
    job.recorder.write_best("import", [job.recorder.timed(read)], job.raws)


def headers(job: Job) -> None:
    """The blocks of headers, not looked at but for their end."""
    paths = job.survey.header_paths()

    def read() -> None:
        for path in paths:
            _header_blocks(path)

    read()
    job.recorder.write_best("headers", [job.recorder.timed(read) for _ in range(job.recorder.times)], len(paths))


def _header_blocks(path: str) -> bytes:
    with open(path, "rb", buffering=0) as stream:
        blocks = b""
        while not blocks[-2880:].rstrip().endswith(b"END"):
            blocks += stream.read(2880)
        return blocks


if __name__ == "__main__":
    run({f.__name__: f for f in (create, dimensions, ingest, exchange, putget, query, start, headers)})
