"""Steps of building and asking a repository as large as DP0.2, each to be run in a process of its own."""

from __future__ import annotations

import itertools
import os
import shutil
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dp02_survey import DeepSurvey
from measurement import Duration, Server, best_batch, best_of, timed
from skybutler import Butler
from survey import CALEXP_RUN, INSTRUMENT, METRIC, METRIC_RUN, PATCH, RAW_RUN, SKYMAP, TRACT

EXPOSURES_PER_CALL, VISITS_PER_CALL = 200, 500
"""Regions are kept in the order of their place: the more a transaction brings, the less often a page is rewritten."""

SINGLES = 20
"""Exposures kept to be added one by one to the full repository."""


@dataclass(frozen=True)
class Size:
    """A repository to be built.

    Parameters
    ----------
    repository : `Path`
        Where.
    database : `str`
        URL of an empty PostgreSQL database, or empty for SQLite.
    visits : `int`
        How many.
    whole : `bool`
        Whether all tracts of the sky map are registered.
    server : `Server` or `None`
        Whose CPU counts.
    """

    repository: Path
    database: str
    visits: int
    whole: bool
    server: Server | None

    def open(self, **options: Any) -> Butler:
        """The repository."""
        return Butler(self.repository, **options)


Row = dict[str, Any]
Step = Callable[[Size, DeepSurvey], Iterator[Row]]


def _row(key: str, duration: Duration, n: int, **more: Any) -> Row:
    return {"key": key, "n": n, "cpu": duration.cpu, "wall": duration.wall, "server": duration.server, **more}


def _sum(size: Size, key: str, actions: Iterator[tuple[int, Callable[[], object]]]) -> Row:
    """All actions together; preparing their input is not counted."""
    total, n = Duration(0.0, 0.0), 0
    for things, action in actions:
        total, n = total + timed(action, size.server), n + things
    return _row(key, total, n)


# -------------------------------------------------------------------- building
def create(size: Size, survey: DeepSurvey) -> Iterator[Row]:
    """The repository, the instrument, the sky map."""
    shutil.rmtree(size.repository, ignore_errors=True)
    seed = {"registry": {"db": size.database}} if size.database else None
    yield _row("create", timed(lambda: Butler.create(size.repository, seed=seed), size.server), 1)
    columns = survey.columns
    with size.open(writeable=True) as butler:
        butler.sync_dimension_data("instrument", columns.instrument())
        butler.sync_dimension_data("visit_system", {"instrument": INSTRUMENT, "id": 0, "name": "one-to-one"})
        small = columns.small_columns()
        n = sum(len(c["instrument"]) for c in small.values())
        insert = butler.registry.elements.insert
        yield _sum(size, "few", iter([(n, lambda: [insert(element, c) for element, c in small.items()])]))
        butler.sync_dimension_data("skymap", columns.skymap())
        yield _sum(size, "skymap", _sky_map_parts(butler, survey, size.whole))


def _sky_map_parts(butler: Butler, survey: DeepSurvey, whole: bool) -> Iterator[tuple[int, Callable[[], object]]]:
    for part in survey.sky_map.record_columns(survey.tracts(whole=whole)):
        yield len(part["patch"]["id"]), partial(_insert_tracts, butler, part)


def _insert_tracts(butler: Butler, part: Any) -> None:
    with butler.transaction():
        for element in ("tract", "patch"):
            skymap = [SKYMAP] * len(part[element]["id"])
            butler.registry.elements.insert(element, {"skymap": skymap, **part[element]})


def exposures(size: Size, survey: DeepSurvey) -> Iterator[Row]:
    """Records of all exposures."""
    with size.open(writeable=True) as butler:
        insert = butler.registry.elements.insert
        parts = survey.columns.parts(0, size.visits, 5000)
        every = ((len(range(size.visits)[p]), partial(insert, "exposure", survey.columns.exposures(p))) for p in parts)
        yield _sum(size, "exposures", every)


def visits(size: Size, survey: DeepSurvey) -> Iterator[Row]:
    """Visits with the regions of their detectors, but the last ones; regions are made outside of what is timed."""
    with size.open(writeable=True) as butler:
        yield _sum(size, "visits", _definitions(butler, size, survey, 0, size.visits - SINGLES, VISITS_PER_CALL))


def _definitions(
    butler: Butler, size: Size, survey: DeepSurvey, begin: int, end: int, step: int
) -> Iterator[tuple[int, Callable[[], object]]]:
    for part in survey.columns.parts(begin, end, step):
        yield part.stop - part.start, partial(_insert_all, butler, survey.visit_columns(part))


def _insert_all(butler: Butler, columns: dict[str, dict[str, Any]]) -> None:
    with butler.transaction():
        for element, values in columns.items():
            butler.registry.elements.insert(element, values)


KINDS = {"raw": ("exposure", RAW_RUN), "calexp": ("visit", CALEXP_RUN)}


def datasets(name: str, size: Size, survey: DeepSurvey) -> Iterator[Row]:
    """Datasets of a type for all exposures but the last ones."""
    with size.open(writeable=True) as butler:
        butler.register_dataset_type(name, ["instrument", KINDS[name][0], "detector"])
        yield _sum(size, name, _ingests(butler, survey, name, 0, size.visits - SINGLES, EXPOSURES_PER_CALL))


def _ingests(
    butler: Butler, survey: DeepSurvey, name: str, begin: int, end: int, step: int
) -> Iterator[tuple[int, Callable[[], object]]]:
    dimension, run = KINDS[name]
    options: Any = {"run": run, "transfer": "direct", "formatter": "json", "record_validation_info": False}
    for part in survey.columns.parts(begin, end, step):
        ids, uris = survey.columns.data_ids(dimension, part), survey.uris(name, part)
        yield len(uris), partial(butler.ingest_columns, name, ids, uris, **options)


# --------------------------------------------------------------------- adding
def adding(size: Size, survey: DeepSurvey) -> Iterator[Row]:
    """One more visit, one more exposure's files, one more small dataset; the median of each."""
    begin, end = size.visits - SINGLES, size.visits
    with size.open(writeable=True) as butler:
        yield _median(size, "visit.one", _definitions(butler, size, survey, begin, end, 1))
        yield _median(size, "raw.one", _ingests(butler, survey, "raw", begin, end, 1))
        yield _median(size, "calexp.one", _ingests(butler, survey, "calexp", begin, end, 1))
    a = survey.columns.arrays
    with size.open(run=METRIC_RUN) as butler:
        butler.register_dataset_type("metrics", ["instrument", "visit", "detector"])
        put = partial(butler.put, METRIC, "metrics", instrument=INSTRUMENT)
        places = itertools.product(a["visit_id"][:: max(1, size.visits // 20)].tolist(), range(10))
        yield _median(size, "put", ((1, partial(put, visit=v, detector=d)) for v, d in places))
        known = itertools.cycle(a["visit_id"][:: max(1, size.visits // 20)].tolist())
        get = partial(butler.get, "metrics", instrument=INSTRUMENT, detector=3)
        yield _row("get", best_batch(5, lambda: get(visit=next(known)), size.server), 1)


def _median(size: Size, key: str, actions: Iterator[tuple[int, Callable[[], object]]]) -> Row:
    """One action in the middle; the first, which loads modules, is left out."""
    durations = [timed(action, size.server) for _, action in actions][1:]
    middle = Duration(*(statistics.median(getattr(d, f) for d in durations) for f in ("cpu", "wall", "server")))
    worst = max(d.wall for d in durations)
    return _row(key, middle, 1, worst=worst)


# --------------------------------------------------------------------- asking
def questions(size: Size, survey: DeepSurvey) -> Iterator[Row]:
    """Questions with as many results in a repository of any size."""
    yield _row("open", best_of(5, lambda: size.open().close(), size.server), 1)
    with size.open(collections=[RAW_RUN, CALEXP_RUN]) as butler:
        for key, ask in _questions(butler, survey).items():
            results = ask()
            duration = best_batch(5, ask, size.server)
            yield _row(key, duration, 1, results=results)


def _questions(butler: Butler, survey: DeepSurvey) -> dict[str, Callable[[], int]]:
    a, (ra, dec) = survey.columns.arrays, survey.place
    middle = len(a["exp_id"]) // 2
    exposures = itertools.cycle(a["exp_id"][:: max(1, middle // 500)].tolist())
    exposure, visit = int(a["exp_id"][middle]), survey.busy_visit()
    begin, end = int(a["t_begin"][middle - 25]), int(a["t_begin"][middle + 25])
    sky = f"skymap='{SKYMAP}' AND tract={TRACT} AND patch={PATCH}"
    both = {"instrument": INSTRUMENT, "skymap": SKYMAP}

    def find() -> int:
        found = butler.find_dataset(
            "raw", instrument=INSTRUMENT, exposure=next(exposures), detector=42, collections=RAW_RUN
        )
        return int(found is not None)

    def refs(kind: str, where: str, **values: Any) -> Callable[[], int]:
        return lambda: len(
            list(butler.query_datasets(kind, KINDS[kind][1], where=where, instrument=INSTRUMENT, **values))
        )

    def records(element: str, where: str, **values: Any) -> Callable[[], int]:
        return lambda: len(list(butler.query_dimension_records(element, where=where, **values)))

    def keys(shape: str) -> Callable[[], int]:
        where = f"visit_detector_region.region OVERLAPS {shape}"
        dimensions = ["visit", "detector"]
        return lambda: len(butler.query_data_ids(dimensions, where=where, instrument=INSTRUMENT).to_arrow())

    return {
        "find": find,
        "raw.exposure": refs("raw", "", exposure=exposure),
        "raw.sequence": refs("raw", f"day_obs={int(a['day_obs'][middle])} AND exposure.seq_num=7"),
        "raw.one_detector": refs("raw", f"exposure IN ({exposure}, {int(a['exp_id'][0])}) AND detector=42"),
        "calexp.patch": refs("calexp", sky),
        "calexp.patch_detector": refs("calexp", f"{sky} AND detector=94"),
        "calexp.patch_band": refs("calexp", f"{sky} AND band='r'"),
        "calexp.circle": refs("calexp", f"visit_detector_region.region OVERLAPS CIRCLE({ra}, {dec}, 0.05)"),
        "patch.visit_detector": records("patch", "", visit=visit, detector=94, **both),
        "patch.visit": records("patch", "", visit=visit, **both),
        "visits.timespan": records("visit", f"visit.timespan OVERLAPS ({_tai(begin)}, {_tai(end)})"),
        "visits.night": records("visit", f"day_obs={int(a['day_obs'][middle])}"),
        "visits.point": records("visit", f"visit.region OVERLAPS POINT({ra}, {dec})"),
        "keys.point": keys(f"POINT({ra}, {dec})"),
        "keys.circle": keys(f"CIRCLE({ra}, {dec}, 0.05)"),
    }


def _tai(nanoseconds: int) -> str:
    return f"T'{np.datetime64(nanoseconds // 10**9, 's')}/tai'"


def listings(size: Size, survey: DeepSurvey) -> Iterator[Row]:
    """Questions about everything: what they cost per row."""
    with size.open(collections=RAW_RUN) as butler:
        counted: list[int] = []
        count = timed(lambda: counted.append(butler.query_datasets("raw").count()), size.server)
        yield _row("count", count, counted[0])
        tables: list[int] = []
        table = timed(lambda: tables.append(len(butler.query_datasets("raw").to_arrow())), size.server)
        yield _row("raw.table", table, tables[0])


def cold(size: Size, survey: DeepSurvey) -> Iterator[Row]:
    """The first question of a process and connection, a point among all outlines; then with the file not in memory."""
    ra, dec = survey.place
    with size.open() as butler:  # modules, not data: another place
        _point(butler, ra, dec + 1.0)
    for key in ("keys.point.first", "keys.point.disk"):
        if key.endswith("disk"):
            _forget(size.repository)
        with size.open() as butler:
            found: list[int] = []
            duration = timed(lambda: found.append(_point(butler, ra, dec)), size.server)  # noqa: B023
            yield _row(key, duration, 1, results=found[0])


def _point(butler: Butler, ra: float, dec: float) -> int:
    """How many detectors have looked at a point."""
    where = f"visit_detector_region.region OVERLAPS POINT({ra}, {dec})"
    return len(butler.query_data_ids(["visit", "detector"], where=where, instrument=INSTRUMENT).to_arrow())


def _forget(repository: Path) -> None:
    """Have the system drop what it keeps of files in memory, as far as it can."""
    for path in repository.glob("*.sqlite3*"):
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


STEPS: dict[str, Step] = {
    "create": create,
    "exposures": exposures,
    "visits": visits,
    "raws": partial(datasets, "raw"),
    "calexps": partial(datasets, "calexp"),
    "adding": adding,
    "questions": questions,
    "cold": cold,
    "listings": listings,
}
"""In the order they must run."""
