"""A small repository that looks like Data Preview 0.2: its names, camera and sky map, a handful of visits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler import Butler, CollectionType
from skybutler.datasets.property_set import PropertySet
from skybutler.images import Exposure, Image
from skybutler.instruments import Instrument
from skybutler.skymap import SkyMap, load_config
from support.source import ROOT

COLLECTION = "2.2i/runs/DP0.2"
RUN = f"{COLLECTION}/v23_0_0_rc5/PREOPS-905"
INSTRUMENT = "LSSTCam-imSim"
TRACTS = (3828, 3829, 4026)
TRACT, PATCH, DETECTOR = 3828, 42, 42

OVERLAPPING = {
    414872: "r_sim_1.4",
    457676: "i_sim_1.4",
    713247: "i_sim_1.4",
    1013706: "i_sim_1.4",
    1138156: "y_sim_1.4",
    1155522: "r_sim_1.4",
    1174350: "z_sim_1.4",
    1192139: "r_sim_1.4",
}
"""Visits whose detector 42 overlaps the patch, and their filters."""
ELSEWHERE = {200000: "g_sim_1.4", 200001: "r_sim_1.4"}

METADATA_TASKS = ("isr", "characterizeImage", "calibrate", "transformSourceTable")
"""Tasks whose metadata are of storage class PropertySet."""


def dc2_sky_map() -> SkyMap:
    """The sky map of the DC2 simulation, from the example that comes with us."""
    return SkyMap(load_config(ROOT / "examples" / "DC2.py"))


def task_metadata(visit: int) -> PropertySet:
    """What characterizeImage left: sets of its subtasks, most of them empty."""
    usage = {
        "StartUtc": f"2022-01-03T14:26:{visit % 60:02}.961867",
        "StartCpuTime": 10567.533159602,
        "EndBlockInputs": 8,
    }
    once = {f"run{name}": value for name, value in usage.items()}
    return PropertySet(
        {
            "characterizeImage:background": {},
            "characterizeImage:detection": {},
            "characterizeImage:measurePsf": {**once, "spatialFitChi2": 1.5},
            "characterizeImage": {name: [value, value] for name, value in once.items()},
        }
    )


def make_dp02(root: Path, universe: int) -> None:
    """Make the repository with a version of the dimension universe."""
    Butler.create(root, dimensions=universe)
    with Butler(root, run=RUN) as butler, butler.transaction():
        _records(butler)
        _datasets(butler)
        butler.collections.register(COLLECTION, CollectionType.CHAINED)
        butler.collections.redefine_chain(COLLECTION, [RUN])


def _insert(butler: Butler, element: str, columns: dict[str, Any]) -> None:
    """Insert those of the columns that this version of the universe has."""
    if element in butler.dimensions:
        fields = butler.dimensions[element].fields
        butler.registry.elements.insert(element, {f: c for f, c in columns.items() if f in fields})


def _records(butler: Butler) -> None:
    for element, columns in Instrument.load(INSTRUMENT).records().items():
        _insert(butler, element, columns)
    visits = {**OVERLAPPING, **ELSEWHERE}
    n = len(visits)
    _insert(butler, "visit_system", {"instrument": [INSTRUMENT], "id": [1], "name": ["one-to-one"]})
    _insert(butler, "day_obs", {"instrument": [INSTRUMENT], "id": [20261013]})
    here, there = _center(TRACT, PATCH), _center(TRACT, 0)
    centers = [here] * len(OVERLAPPING) + [there] * len(ELSEWHERE)
    names = [str(visit) for visit in visits]
    _insert(
        butler,
        "visit",
        {
            "instrument": [INSTRUMENT] * n,
            "id": list(visits),
            "name": names,
            "physical_filter": list(visits.values()),
            "visit_system": [1] * n,
            "day_obs": [20261013] * n,
            "exposure_time": [30.0] * n,
            "target_name": ["UNKNOWN"] * n,
            "observation_reason": ["imsim"] * n,
            "science_program": names,
            "zenith_angle": [33.24096737781019] * n,
            "region": np.stack([_square(c, 1.6, visit) for c, visit in zip(centers, visits, strict=True)]),
        },
    )
    for detector in (DETECTOR, DETECTOR + 1):
        squares = [_square(c, 0.12, visit) for c, visit in zip(centers, visits, strict=True)]
        columns = {"instrument": [INSTRUMENT] * n, "visit": list(visits), "detector": [detector] * n}
        _insert(butler, "visit_detector_region", {**columns, "region": np.stack(squares)})
    _sky_map_records(butler)


def _sky_map_records(butler: Butler) -> None:
    sky_map = dc2_sky_map()
    _insert(butler, "skymap", {"name": ["DC2"], **{k: [v] for k, v in sky_map.record().items()}})
    for elements in sky_map.record_columns(TRACTS):
        for element, columns in elements.items():
            _insert(butler, element, {"skymap": ["DC2"] * len(columns["id"]), **columns})


def _center(tract: int, patch: int) -> npt.NDArray[np.float64]:
    vertices = dc2_sky_map()[tract][patch].outer_sky_polygon.getVertices()
    mean = np.mean([[v.x(), v.y(), v.z()] for v in vertices], axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def _square(center: npt.NDArray[np.float64], half_deg: float, turn: int) -> npt.NDArray[np.float64]:
    """Corners of a square on the sky, turned by some angle."""
    east = np.cross([0.0, 0.0, 1.0], center)
    east /= np.linalg.norm(east)
    north = np.cross(center, east)
    angles = np.radians(turn % 90 + 45.0 + 90.0 * np.arange(4))
    reach = np.radians(half_deg) * np.sqrt(2.0)
    corners = center + reach * (np.cos(angles)[:, None] * east + np.sin(angles)[:, None] * north)
    return np.asarray(corners / np.linalg.norm(corners, axis=1)[:, None])


def _datasets(butler: Butler) -> None:
    per_detector = ["instrument", "visit", "detector"]
    butler.register_dataset_type("calexp", per_detector, "ExposureF")
    for task in METADATA_TASKS:
        dimensions = ["instrument", "exposure", "detector"] if task == "isr" else per_detector
        butler.register_dataset_type(f"{task}_metadata", dimensions, "PropertySet")
    butler.register_dataset_type("forcedPhotCcd_metadata", per_detector, "TaskMetadata")
    butler.register_dataset_type("isr_log", per_detector, "ButlerLogRecords")
    pixels = np.arange(12, dtype=np.float32).reshape(3, 4)
    for visit in (*OVERLAPPING, *ELSEWHERE):
        for detector in (DETECTOR, DETECTOR + 1):
            data_id = {"instrument": INSTRUMENT, "visit": visit, "detector": detector}
            butler.put(Exposure(Image(pixels)), "calexp", data_id)
            butler.put(task_metadata(visit), "characterizeImage_metadata", data_id)
