"""skybutler's side of the comparison: each phase of `side.PHASES` on the arrays of a survey."""

from __future__ import annotations

import itertools
import shutil
import sys
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from measurement import Duration
from side import Job, Step, find_statement, run, time_commands
from skybutler import Butler
from skybutler.datasets import DatasetRef, FileDataset
from skybutler.datasets.identity import uuid7
from skybutler.ingest.raw_metadata import read_metadata
from skybutler.ingest.raw_search import RawBatch
from skybutler.sky.vectors import unit_vectors
from survey import CALEXP_RUN, INSTRUMENT, METRIC, METRIC_RUN, RAW_RUN, SKYMAP, Question, questions


def _vectors(corners: Any) -> Any:
    return unit_vectors(corners[..., 0], corners[..., 1])


def _new(job: Job, database: str | None) -> Butler:
    shutil.rmtree(job.repository, ignore_errors=True)
    Butler.create(job.repository, seed={"registry": {"db": database}} if database else None)
    return Butler(job.repository, writeable=True)


def create(job: Job) -> None:
    """Make repositories and register the sky map in each; the last one stays."""
    makes: list[Duration] = []
    maps: list[Duration] = []
    for database in job.databases or (None,) * job.recorder.times:
        makes.append(job.recorder.timed(lambda: _new(job, database).close()))  # noqa: B023
        with Butler(job.repository, writeable=True) as butler:
            maps.append(job.recorder.timed(lambda: _register_sky_map(butler, job)))
    job.recorder.write_best("create", makes, 1)
    job.recorder.write_best("skymap", maps, len(job.survey.arrays["patch_id"]))


def _register_sky_map(butler: Butler, job: Job) -> None:
    a, insert = job.survey.arrays, butler.registry.elements.insert
    with butler.transaction():
        butler.sync_dimension_data("skymap", job.survey.skymap())
        many = [SKYMAP] * len(a["tract_id"])
        insert("tract", {"skymap": many, "id": a["tract_id"], "region": _vectors(a["tract_poly"])})
        patches = {"tract": a["patch_tract"], "id": a["patch_id"], "cell_x": a["patch_x"], "cell_y": a["patch_y"]}
        many = [SKYMAP] * len(a["patch_id"])
        insert("patch", {"skymap": many, **patches, "region": _vectors(a["patch_poly"])})


def dimensions(job: Job) -> None:
    """Instrument, exposures, visits with regions: one by one, in bulk, and one by one into the full repository."""
    survey, recorder = job.survey, job.recorder
    with Butler(job.repository, writeable=True) as butler:
        butler.sync_dimension_data("instrument", survey.instrument())
        butler.sync_dimension_data("visit_system", {"instrument": INSTRUMENT, "id": 0, "name": "one-to-one"})
        for element, columns in survey.small_columns().items():
            butler.registry.elements.insert(element, columns)
        exposures = survey.exposures(slice(None))
        recorder.total("exposures", [(survey.visits, partial(butler.registry.elements.insert, "exposure", exposures))])
        first, last = survey.visits // 3, survey.visits - job.singles
        recorder.total("visits", _definitions(butler, job, 0, first, 1))
        recorder.total("visits.bulk", _definitions(butler, job, first, last, job.call))
        recorder.total("visits.full", _definitions(butler, job, last, survey.visits, 1))


def _definitions(butler: Butler, job: Job, begin: int, end: int, step: int) -> Iterator[Step]:
    a = job.survey.arrays
    for part in job.survey.parts(begin, end, step):
        columns = job.survey.visit_columns(part)
        columns["visit"]["region"] = _vectors(a["visit_poly"][part])
        columns["visit_detector_region"]["region"] = _vectors(a["vd_poly"][part]).reshape(-1, 4, 3)
        yield len(job.survey.arrays["visit_id"][part]), partial(_insert_all, butler, columns)


def _insert_all(butler: Butler, columns: dict[str, dict[str, Any]]) -> None:
    with butler.transaction():
        for element, values in columns.items():
            butler.registry.elements.insert(element, values)


def ingest(job: Job) -> None:
    """All calexps, then the raws: in bulk and one exposure at a time, as objects and as columns."""
    survey, recorder = job.survey, job.recorder
    with Butler(job.repository, writeable=True) as butler:
        butler.register_dataset_type("raw", ["instrument", "exposure", "detector"])
        butler.register_dataset_type("calexp", ["instrument", "visit", "detector"])
        all_visits = survey.visits
        bulk = all_visits - 2 * job.singles
        half, single = bulk // 2, bulk + job.singles
        kind = "calexp", "visit", CALEXP_RUN
        recorder.total("ingest.calexp", _columns(butler, job, kind, 0, all_visits, job.call))
        kind = "raw", "exposure", RAW_RUN
        recorder.total("ingest.bulk", _objects(butler, job, kind, 0, half, job.call))
        recorder.total("ingest.bulk.columns", _columns(butler, job, kind, half, bulk, job.call))
        recorder.total("ingest.one", _objects(butler, job, kind, bulk, single, 1))
        recorder.total("ingest.one.columns", _columns(butler, job, kind, single, all_visits, 1))


Kind = tuple[str, str, str]


def _columns(butler: Butler, job: Job, kind: Kind, begin: int, end: int, step: int) -> Iterator[Step]:
    name, dimension, target = kind
    for part in job.survey.parts(begin, end, step):
        ids, paths = job.survey.data_ids(dimension, part), job.survey.paths(part)
        yield (
            len(paths),
            partial(butler.ingest_columns, name, ids, paths, run=target, transfer="direct", formatter="json"),
        )


def _objects(butler: Butler, job: Job, kind: Kind, begin: int, end: int, step: int) -> Iterator[Step]:
    name, dimension, target = kind
    registered = butler.get_dataset_type(name)
    for part in job.survey.parts(begin, end, step):
        ids, paths = job.survey.data_ids(dimension, part), job.survey.paths(part)
        chosen = [uuid.UUID(bytes=i.tobytes()) for i in uuid7(len(paths))]
        files = []
        for observed, d, path, i in zip(ids[dimension].tolist(), ids["detector"].tolist(), paths, chosen, strict=True):
            values = {"instrument": INSTRUMENT, dimension: observed, "detector": d}
            data_id = butler.registry.data_ids.standardize(values, registered.dimensions)
            files.append(FileDataset(path, DatasetRef(registered, data_id, target, i), "json"))
        yield len(paths), partial(butler.ingest, *files, transfer="direct")


def exchange(job: Job) -> None:
    """All raws and what belongs to them, out to an export file and into a new repository."""
    file = job.repository / "export.yaml"

    def write() -> None:
        with Butler(job.repository) as butler, butler.export(filename=file) as export:
            export.save_datasets(butler.query_datasets("raw", RAW_RUN))

    times = range(min(2, job.recorder.times))
    job.recorder.write_best("export", [job.recorder.timed(write) for _ in times], job.raws)
    with Butler(_made(job, "copy"), writeable=True) as butler:
        taken = job.recorder.timed(lambda: butler.import_(filename=file, transfer="direct"))
    job.recorder.write_best("import", [taken], job.raws)
    _transfer(job)


def _transfer(job: Job) -> None:
    """The same raws into another new repository, from one butler to the other."""

    def move(butler: Butler) -> None:
        with Butler(job.repository) as source:
            refs = source.query_datasets("raw", RAW_RUN)
            butler.transfer_from(source, refs, register_dataset_types=True, transfer_dimensions=True)

    with Butler(_made(job, "moved"), writeable=True) as butler:
        taken = job.recorder.timed(lambda: move(butler))
        count = butler.query_datasets("raw", RAW_RUN).count()
    job.recorder.write_best("transfer", [taken], count)


def _made(job: Job, name: str) -> Path:
    """A new repository beside the one measured, in the same database where that is a server."""
    place = job.repository / name
    seed = {"registry": {"db": job.databases[-1], "namespace": name}} if job.databases else None
    Butler.create(place, seed=seed)
    return place


def putget(job: Job) -> None:
    """Small datasets, written and read."""
    a, recorder = job.survey.arrays, job.recorder
    ids = ((int(v), d) for v in a["visit_id"] for d in range(job.survey.detectors))
    refs: list[DatasetRef] = []

    def put(butler: Butler) -> None:
        visit, detector = next(ids)
        refs.append(butler.put(METRIC, "metrics", instrument=INSTRUMENT, visit=visit, detector=detector))

    def put_many(butler: Butler, n: int) -> None:
        with butler.transaction():
            for _ in range(n):
                put(butler)

    with Butler(job.repository, run=METRIC_RUN) as butler:
        butler.register_dataset_type("metrics", ["instrument", "visit", "detector"])
        recorder.best("put", lambda: put(butler))
        many = min(1000, job.survey.visits * job.survey.detectors // 12)
        recorder.write_best(
            "put.transaction",
            [recorder.timed(lambda: put_many(butler, many)) for _ in range(min(3, recorder.times))],
            many,
        )
    with Butler(job.repository, collections=METRIC_RUN) as butler:
        known = itertools.cycle([dict(ref.data_id.required) for ref in refs[:1000]])
        recorder.best("get.data_id", lambda: butler.get("metrics", next(known)))
        resolved = itertools.cycle(refs[:1000])
        recorder.best("get.ref", lambda: butler.get(next(resolved)))


def query(job: Job) -> None:
    """Look-ups and queries, each as a list of objects, the last one as a table too."""
    with Butler(job.repository, collections=[RAW_RUN, CALEXP_RUN]) as butler:
        exposures = itertools.cycle(job.survey.arrays["exp_id"][np.arange(0, job.survey.visits, 3)].tolist())
        find = partial(butler.find_dataset, "raw", instrument=INSTRUMENT, detector=42, collections=RAW_RUN)
        job.recorder.best("find", lambda: find(exposure=next(exposures)))
        for question in questions(job.survey):
            job.recorder.question(question.key, partial(_ask, butler, question))
        job.recorder.question("raw.table", lambda: len(butler.query_datasets("raw", RAW_RUN).to_arrow()))


def _ask(butler: Butler, question: Question) -> list[Any] | int:
    asked: dict[str, Any] = {"where": question.where, "bind": question.bind}
    if question.kind == "count":
        return butler.query_datasets(question.what, RAW_RUN, **asked).count()
    if question.kind == "records":
        return list(butler.query_dimension_records(question.what, **asked))
    if question.kind == "data_ids":
        return list(butler.query_data_ids(question.what, **asked))
    return list(butler.query_datasets(question.what, [RAW_RUN, CALEXP_RUN], **asked))


def start(job: Job) -> None:
    """New processes."""
    opening = f"from skybutler import Butler; b = Butler({str(job.repository)!r})"
    butler = str(Path(sys.executable).with_name("butler"))
    commands = {
        "start.find": [sys.executable, "-c", find_statement(opening, f"detector=42, collections={RAW_RUN!r}", job)],
        "start.help": [butler, "--help"],
        "start.collections": [butler, "query-collections", str(job.repository)],
    }
    time_commands(job, commands)


def headers(job: Job) -> None:
    """Raw headers, read and understood as ingest does it; `headers.py` says more."""
    paths = job.survey.header_paths()
    batch = RawBatch(paths, [()] * len(paths), [None] * len(paths))

    def read() -> None:
        assert not read_metadata(batch).problems

    read()
    job.recorder.write_best("headers", [job.recorder.timed(read) for _ in range(job.recorder.times)], len(paths))


if __name__ == "__main__":
    run({f.__name__: f for f in (create, dimensions, ingest, exchange, putget, query, start, headers)})
