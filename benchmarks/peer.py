"""The peer's side of the comparison, lsst.daf.butler: the phases of `ours.py`, in an environment of its own."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from lsst.daf.butler import Butler, Config, DataCoordinate, DatasetRef, DatasetType, FileDataset, Timespan
from lsst.sphgeom import ConvexPolygon, LonLat, UnitVector3d

from measurement import Duration
from side import Job, Step, find_statement, run, time_commands
from survey import CALEXP_RUN, INSTRUMENT, METRIC, METRIC_RUN, RAW_RUN, SKYMAP, Question, questions

FORMATTER = "lsst.daf.butler.formatters.json.JsonFormatter"


def _polygon(corners: Any) -> ConvexPolygon:
    return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(ra, dec)) for ra, dec in corners.tolist()])


def _rows(columns: dict[str, Any], regions: list[ConvexPolygon] | None = None) -> list[dict[str, Any]]:
    """Columns as the peer wants them."""
    plain = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in columns.items()}
    if regions is not None:
        plain["region"] = regions
    if "timespan_begin" in plain:
        spans = zip(plain.pop("timespan_begin"), plain.pop("timespan_end"), strict=True)
        plain["timespan"] = [Timespan(None, None, _nsec=span) for span in spans]
    return [dict(zip(plain, values, strict=True)) for values in zip(*plain.values(), strict=True)]


def _new(job: Job, database: str | None) -> None:
    shutil.rmtree(job.repository, ignore_errors=True)
    config = Config()
    if database:
        # the driver has to be named: which one plain postgresql:// means depends on SQLAlchemy's version
        config["registry", "db"] = database.replace("postgresql://", "postgresql+psycopg2://")
        Butler.makeRepo(str(job.repository), config=config, overwrite=True)
    else:
        Butler.makeRepo(str(job.repository))


def _open(job: Job, **options: Any) -> Any:
    return Butler.from_config(str(job.repository), **options)


def create(job: Job) -> None:
    """Make repositories and register the sky map in each, tract by tract as it is done; the last one stays."""
    makes: list[Duration] = []
    maps: list[Duration] = []
    few = 1 if len(job.survey.arrays["patch_id"]) > 100_000 else job.recorder.times
    for database in job.databases or (None,) * few:
        makes.append(job.recorder.timed(lambda: _new(job, database)))  # noqa: B023
        butler = _open(job, writeable=True)
        maps.append(job.recorder.timed(lambda: _register_sky_map(butler, job)))  # noqa: B023
    job.recorder.write_best("create", makes, 1)
    job.recorder.write_best("skymap", maps, len(job.survey.arrays["patch_id"]))


def _register_sky_map(butler: Any, job: Job) -> None:
    a, insert = job.survey.arrays, butler.registry.insertDimensionData
    ends = np.searchsorted(a["patch_tract"], a["tract_id"], side="right").tolist()
    begin = 0
    with butler.transaction():
        butler.registry.syncDimensionData("skymap", job.survey.skymap())
        for tract, corners, end in zip(a["tract_id"].tolist(), a["tract_poly"], ends, strict=True):
            insert("tract", {"skymap": SKYMAP, "id": tract, "region": _polygon(corners)})
            part = slice(begin, end)
            columns = {
                "skymap": [SKYMAP] * (end - begin),
                "tract": a["patch_tract"][part],
                "id": a["patch_id"][part],
                "cell_x": a["patch_x"][part],
                "cell_y": a["patch_y"][part],
            }
            insert("patch", *_rows(columns, [_polygon(p) for p in a["patch_poly"][part]]))
            begin = end


def dimensions(job: Job) -> None:
    """Instrument, exposures, visits with regions: one by one, in bulk, and one by one into the full repository."""
    survey, recorder = job.survey, job.recorder
    butler = _open(job, writeable=True)
    butler.registry.insertDimensionData("instrument", survey.instrument())
    system = {"instrument": INSTRUMENT, "id": 0, "name": "one-to-one"}
    butler.registry.insertDimensionData("visit_system", system)
    for element, columns in survey.small_columns().items():
        butler.registry.insertDimensionData(element, *_rows(columns))
    exposures = _rows(survey.exposures(slice(None)))
    insert = partial(butler.registry.insertDimensionData, "exposure", *exposures)
    recorder.total("exposures", [(survey.visits, insert)])
    first, last = survey.visits // 3, survey.visits - job.singles
    recorder.total("visits", _definitions(butler, job, 0, first, 1))
    recorder.total("visits.bulk", _definitions(butler, job, first, last, job.call))
    recorder.total("visits.full", _definitions(butler, job, last, survey.visits, 1))


def _definitions(butler: Any, job: Job, begin: int, end: int, step: int) -> Iterator[Step]:
    a = job.survey.arrays
    for part in job.survey.parts(begin, end, step):
        regions = {
            "visit": [_polygon(p) for p in a["visit_poly"][part]],
            "visit_detector_region": [_polygon(p) for p in a["vd_poly"][part].reshape(-1, 4, 2)],
        }
        rows = {name: _rows(columns, regions.get(name)) for name, columns in job.survey.visit_columns(part).items()}
        yield len(job.survey.arrays["visit_id"][part]), partial(_insert_all, butler, rows)


def _insert_all(butler: Any, rows: dict[str, list[dict[str, Any]]]) -> None:
    with butler.transaction():
        for element, values in rows.items():
            butler.registry.insertDimensionData(element, *values)


def ingest(job: Job) -> None:
    """All calexps, then the raws: in bulk, and one exposure at a time."""
    survey, recorder = job.survey, job.recorder
    butler = _open(job, writeable=True)
    for name, dimension, target in (("calexp", "visit", CALEXP_RUN), ("raw", "exposure", RAW_RUN)):
        dims = ["instrument", dimension, "detector"]
        kind = DatasetType(name, dims, "StructuredDataDict", universe=butler.dimensions)
        butler.registry.registerDatasetType(kind)
        butler.collections.register(target)
        files = partial(_files, butler, job, kind, dimension, target)
        bulk = survey.visits if name == "calexp" else survey.visits - 2 * job.singles
        key = "ingest.calexp" if name == "calexp" else "ingest.bulk"
        recorder.total(key, files(0, bulk, job.call))
        if name == "raw":
            recorder.total("ingest.one", files(bulk, survey.visits, 1))


def _files(
    butler: Any, job: Job, kind: Any, dimension: str, target: str, begin: int, end: int, step: int
) -> Iterator[Step]:
    for part in job.survey.parts(begin, end, step):
        ids, paths = job.survey.data_ids(dimension, part), job.survey.paths(part)
        files = []
        for observed, d, path in zip(ids[dimension].tolist(), ids["detector"].tolist(), paths, strict=True):
            values = {"instrument": INSTRUMENT, dimension: observed, "detector": d}
            data_id = DataCoordinate.standardize(values, universe=butler.dimensions)
            files.append(FileDataset(path, DatasetRef(kind, data_id, run=target), formatter=FORMATTER))
        yield len(paths), partial(butler.ingest, *files, transfer="direct")


def exchange(job: Job) -> None:
    """All raws and what belongs to them, out to an export file and into a new repository."""
    file = job.repository / "export.yaml"

    def write() -> None:
        butler = _open(job)
        refs = butler.query_datasets("raw", RAW_RUN, with_dimension_records=True, limit=None)
        with butler.export(filename=str(file)) as export:
            export.saveDatasets(refs)

    times = range(min(2, job.recorder.times))
    job.recorder.write_best("export", [job.recorder.timed(write) for _ in times], job.raws)
    butler = Butler.from_config(str(_made(job, "copy")), writeable=True)
    taken = job.recorder.timed(lambda: butler.import_(filename=str(file), transfer="direct"))
    job.recorder.write_best("import", [taken], job.raws)
    _transfer(job)


def _transfer(job: Job) -> None:
    """The same raws into another new repository, from one butler to the other."""
    butler = Butler.from_config(str(_made(job, "moved")), writeable=True)

    def move() -> None:
        source = _open(job)
        refs = source.query_datasets("raw", RAW_RUN, with_dimension_records=True, limit=None)
        butler.transfer_from(source, refs, register_dataset_types=True, transfer_dimensions=True)

    taken = job.recorder.timed(move)
    with butler.query() as query:
        count = query.datasets("raw", RAW_RUN).count()
    job.recorder.write_best("transfer", [taken], count)


def _made(job: Job, name: str) -> Path:
    """A new repository beside the one measured, in the same database where that is a server."""
    place, config = job.repository / name, Config()
    if job.databases:
        config["registry", "db"] = job.databases[-1].replace("postgresql://", "postgresql+psycopg2://")
        config["registry", "namespace"] = name
    Butler.makeRepo(str(place), config=config)
    return place


def putget(job: Job) -> None:
    """Small datasets, written and read."""
    a, recorder = job.survey.arrays, job.recorder
    ids = ((int(v), d) for v in a["visit_id"] for d in range(job.survey.detectors))
    refs: list[Any] = []
    butler = _open(job, run=METRIC_RUN)
    dims = ["instrument", "visit", "detector"]
    kind = DatasetType("metrics", dims, "StructuredDataDict", universe=butler.dimensions)
    butler.registry.registerDatasetType(kind)

    def put() -> None:
        visit, detector = next(ids)
        refs.append(butler.put(METRIC, kind, instrument=INSTRUMENT, visit=visit, detector=detector))

    def put_many(n: int) -> None:
        with butler.transaction():
            for _ in range(n):
                put()

    recorder.best("put", put)
    many = min(1000, job.survey.visits * job.survey.detectors // 12)
    recorder.write_best(
        "put.transaction", [recorder.timed(lambda: put_many(many)) for _ in range(min(3, recorder.times))], many
    )
    butler = _open(job, collections=METRIC_RUN)
    known = itertools.cycle([dict(ref.dataId.required) for ref in refs[:1000]])
    recorder.best("get.data_id", lambda: butler.get("metrics", next(known)))
    resolved = itertools.cycle(refs[:1000])
    recorder.best("get.ref", lambda: butler.get(next(resolved)))


def query(job: Job) -> None:
    """Look-ups and queries, each as a list of objects."""
    butler = _open(job, collections=[RAW_RUN, CALEXP_RUN])
    exposures = itertools.cycle(job.survey.arrays["exp_id"][np.arange(0, job.survey.visits, 3)].tolist())
    find = partial(butler.find_dataset, "raw", instrument=INSTRUMENT, detector=42, collections=RAW_RUN)
    job.recorder.best("find", lambda: find(exposure=next(exposures)))
    for question in questions(job.survey):
        job.recorder.question(question.key, partial(_ask, butler, question))
    if not job.databases:
        _analyze(job)
        question = next(q for q in questions(job.survey) if q.key == "patch.visit_detector")
        job.recorder.question("patch.visit_detector.analyzed", partial(_ask, butler, question))


def _ask(butler: Any, question: Question) -> Any:
    if question.kind == "count":
        with butler.query() as q:
            return q.datasets(question.what, RAW_RUN).where(question.where, bind=question.bind).count()
    options = {"where": question.where, "bind": question.bind, "limit": None, "explain": False}
    if question.kind == "records":
        return butler.query_dimension_records(question.what, **options)
    if question.kind == "data_ids":
        return butler.query_data_ids(question.what, **options)
    return butler.query_datasets(question.what, [RAW_RUN, CALEXP_RUN], **options)


def _analyze(job: Job) -> None:
    """What the peer leaves to its users."""
    connection = sqlite3.connect(job.repository / "gen3.sqlite3")
    connection.execute("ANALYZE")
    connection.close()


def start(job: Job) -> None:
    """New processes."""
    opening = f"from lsst.daf.butler import Butler; b = Butler.from_config({str(job.repository)!r})"
    butler = str(Path(sys.executable).with_name("butler"))
    commands = {
        "start.find": [sys.executable, "-c", find_statement(opening, f"detector=42, collections={RAW_RUN!r}", job)],
        "start.help": [butler, "--help"],
        "start.collections": [butler, "query-collections", str(job.repository)],
    }
    time_commands(job, commands)


def headers(job: Job) -> None:
    """Raw headers with all their values, as astropy reads them; the peer's own reader is not on PyPI and needs more."""
    from astropy.io import fits

    paths = job.survey.header_paths()

    def read() -> None:
        for path in paths:
            dict(fits.getheader(path))

    read()
    job.recorder.write_best("headers", [job.recorder.timed(read) for _ in range(job.recorder.times)], len(paths))


if __name__ == "__main__":
    run({f.__name__: f for f in (create, dimensions, ingest, exchange, putget, query, start, headers)})
