"""A repository as ObsCore sees Data Preview 0.2: raws, calexps, difference images and coadds, without their files.

Visits are spread over the survey area; the coadds are those of the tracts nearest to the place that the tutorial of
Rubin's image services looks at, which lies in patch 17 of tract 4431.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dp02_steps import EXPOSURES_PER_CALL
from dp02_survey import DP02_VISITS, DeepSurvey
from skybutler import Butler
from skybutler.sky.vectors import unit_vectors
from survey import DETECTORS, INSTRUMENT, SKYMAP
from workload import chosen_tracts

__all__ = ["PLACE", "images", "make_repository"]

PLACE = (55.74673760481304, -32.286155241413624)
"""Of the tutorial, ICRS degrees."""
BANDS = tuple("ugrizy")
RUN = "2.2i/runs/DP0.2/v23"
OBSERVED = {"raw": "exposure", "calexp": "visit", "goodSeeingDiff_differenceExp": "visit"}
COADDS = ("deepCoadd_calexp", "goodSeeingCoadd")
_OPTIONS: dict[str, Any] = {
    "run": RUN,
    "transfer": "direct",
    "formatter": "json",
    "record_validation_info": False,
}


def images(visits: int, tracts: int) -> int:
    """How many rows ObsCore has."""
    return visits * DETECTORS * len(OBSERVED) + tracts * 49 * len(BANDS) * len(COADDS)


def make_repository(folder: Path, database_url: str = "", visits: int = 794, tracts: int = 85) -> None:
    """Make it; by default with half a million rows of ObsCore.

    Parameters
    ----------
    folder : `Path`
        Where.
    database_url : `str`
        Of an empty PostgreSQL database; SQLite if empty.
    visits, tracts : `int`
        How many.
    """
    Butler.create(folder, seed={"registry": {"db": database_url}} if database_url else None)
    survey = DeepSurvey.of(visits, spread=DP02_VISITS)
    with Butler(folder, writeable=True, run=RUN) as butler:
        _observations(butler, survey, visits)
        _coadds(butler, survey, tracts)
        butler.registry.database.analyze()


def _observations(butler: Butler, survey: DeepSurvey, visits: int) -> None:
    columns, insert = survey.columns, butler.registry.elements.insert
    butler.sync_dimension_data("instrument", columns.instrument())
    butler.sync_dimension_data("visit_system", {"instrument": INSTRUMENT, "id": 0, "name": "one-to-one"})
    with butler.transaction():
        for element, values in columns.small_columns().items():
            insert(element, values)
        insert("exposure", columns.exposures(slice(0, visits)))
        for element, values in survey.visit_columns(slice(0, visits)).items():
            insert(element, values)
    for name, dimension in OBSERVED.items():
        butler.register_dataset_type(name, ["instrument", dimension, "detector"])
        for part in columns.parts(0, visits, EXPOSURES_PER_CALL):
            butler.ingest_columns(name, columns.data_ids(dimension, part), survey.uris(name, part), **_OPTIONS)


def _coadds(butler: Butler, survey: DeepSurvey, tracts: int) -> None:
    place = unit_vectors(*PLACE)
    centers = [(t, c) for part in survey.sky_map.record_columns(chosen_tracts(survey.sky_map, "area", place))
               for t, c in zip(part["tract"]["id"], part["tract"]["region"].mean(axis=1), strict=True)]  # fmt: skip
    nearest = [int(t) for t, c in sorted(centers, key=lambda found: float(-found[1] @ place))[:tracts]]
    butler.sync_dimension_data("skymap", survey.columns.skymap())
    for part in survey.sky_map.record_columns(nearest):
        patches = len(part["patch"]["id"])
        with butler.transaction():
            for element in ("tract", "patch"):
                skymap = [SKYMAP] * len(part[element]["id"])
                butler.registry.elements.insert(element, {"skymap": skymap, **part[element]})
        data_ids: dict[str, Any] = {
            "band": np.repeat(BANDS, patches),
            "skymap": [SKYMAP] * (patches * len(BANDS)),
            "tract": np.tile(part["patch"]["tract"], len(BANDS)),
            "patch": np.tile(part["patch"]["id"], len(BANDS)),
        }
        for name in COADDS:
            butler.register_dataset_type(name, ["band", "skymap", "tract", "patch"])
            where = zip(*(data_ids[d] for d in ("band", "tract", "patch")), strict=True)
            paths = [f"s3://dp02/{name}/{t}/{p}/{b}.fits" for b, t, p in where]
            butler.ingest_columns(name, data_ids, paths, **_OPTIONS)
