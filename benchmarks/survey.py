"""A survey as arrays, and what is asked of it: the input that both sides get.  Knows neither skybutler nor the peer.

Arrays are those that `workload.py` documents.  Angles are ICRS degrees, times TAI nanoseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

INSTRUMENT, SKYMAP = "LSSTCam-imSim", "DC2"
RAW_RUN, CALEXP_RUN, METRIC_RUN = "LSSTCam-imSim/raw/all", "2.2i/runs/calexp", "u/bench/metrics"
METRIC = {"psf": 0.7, "zero_point": 31.4, "n": 1234, "list": [1.0, 2.0, 3.0]}
TRACT, PATCH, DETECTOR = 3828, 24, 42
SKY_RADIUS = 0.05
DETECTORS, HEADERS = 189, "headers"
"""Detectors of the camera; the folder of files with headers like a raw's."""


@dataclass(frozen=True)
class Survey:
    """Columns of dimension records and files.

    Parameters
    ----------
    arrays : mapping
        See `workload.py`.
    files : `Path`
        Where the raw files are.
    """

    arrays: Mapping[str, Any]
    files: Path

    @classmethod
    def load(cls, arrays: Path, files: Path) -> Survey:
        """Read an ``.npz``."""
        return cls(dict(np.load(arrays, allow_pickle=False)), files)

    @property
    def visits(self) -> int:
        """How many visits (and exposures)."""
        return len(self.arrays["visit_id"])

    @property
    def detectors(self) -> int:
        """How many detectors."""
        return len(self.arrays["det_id"])

    def parts(self, begin: int, end: int, step: int) -> Iterator[slice]:
        """Visits in calls of at most ``step``."""
        return (slice(i, min(i + step, end)) for i in range(begin, end, step))

    # ---------------------------------------------------------------- records
    def instrument(self) -> dict[str, Any]:
        """The instrument record."""
        return {
            "name": INSTRUMENT,
            "visit_max": 10**8,
            "visit_system": 0,
            "exposure_max": 10**8,
            "detector_max": 1000,
            "class_name": "bench.Imsim",
        }

    def skymap(self) -> dict[str, Any]:
        """The sky map record."""
        sizes = {name: int(self.arrays[name]) for name in ("tract_max", "patch_nx", "patch_ny")}
        return {
            "name": SKYMAP,
            "hash": b"x" * 20,
            "tract_max": sizes["tract_max"],
            "patch_nx_max": sizes["patch_nx"],
            "patch_ny_max": sizes["patch_ny"],
        }

    def small_columns(self) -> dict[str, dict[str, Any]]:
        """Columns of elements with few rows, in the order of insertion."""
        a = self.arrays
        days, groups = np.unique(a["day_obs"]), a["exp_id"].astype(str)
        return {
            "physical_filter": {
                "instrument": [INSTRUMENT] * len(a["filt_name"]),
                "name": a["filt_name"],
                "band": a["filt_band"],
            },
            "detector": {
                "instrument": [INSTRUMENT] * self.detectors,
                "id": a["det_id"],
                "full_name": a["det_name"],
                "raft": a["det_raft"],
                "name_in_raft": a["det_sensor"],
                "purpose": ["SCIENCE"] * self.detectors,
            },
            "day_obs": {"instrument": [INSTRUMENT] * len(days), "id": days},
            "group": {"instrument": [INSTRUMENT] * len(groups), "name": groups},
        }

    def _observations(self, part: slice) -> dict[str, Any]:
        a = self.arrays
        return {
            "instrument": [INSTRUMENT] * len(a["visit_id"][part]),
            "physical_filter": a["filt_name"][a["filt_idx"][part]],
            "day_obs": a["day_obs"][part],
            "seq_num": a["seq_num"][part],
            "exposure_time": a["exptime"][part],
            "target_name": a["target"][part],
            "observation_reason": ["survey"] * len(a["visit_id"][part]),
            "science_program": ["DC2"] * len(a["visit_id"][part]),
            "azimuth": a["azimuth"][part],
            "zenith_angle": a["zenith_angle"][part],
            "timespan_begin": a["t_begin"][part],
            "timespan_end": a["t_end"][part],
        }

    def exposures(self, part: slice) -> dict[str, Any]:
        """Exposure records."""
        a = self.arrays
        return self._observations(part) | {
            "id": a["exp_id"][part],
            "obs_id": a["obs_id"][part],
            "group": a["exp_id"][part].astype(str),
            "dark_time": a["exptime"][part],
            "observation_type": ["science"] * len(a["exp_id"][part]),
            "seq_start": a["seq_num"][part],
            "seq_end": a["seq_num"][part],
            "tracking_ra": a["ra"][part],
            "tracking_dec": a["dec"][part],
            "sky_angle": a["rot"][part],
        }

    def visit_columns(self, part: slice) -> dict[str, dict[str, Any]]:
        """Records that define visits, without regions, in the order of insertion."""
        a = self.arrays
        visits, many = a["visit_id"][part], [INSTRUMENT] * len(a["visit_id"][part])
        return {
            "visit": self._observations(part) | {"id": visits, "name": a["obs_id"][part]},
            "visit_definition": {"instrument": many, "visit": visits, "exposure": a["exp_id"][part]},
            "visit_system_membership": {"instrument": many, "visit": visits, "visit_system": [0] * len(visits)},
            "visit_detector_region": {
                "instrument": many * self.detectors,
                "visit": np.repeat(visits, self.detectors),
                "detector": np.tile(a["det_id"], len(visits)),
            },
        }

    # --------------------------------------------------------------- datasets
    def data_ids(self, dimension: str, part: slice) -> dict[str, Any]:
        """Columns of the data IDs of all detectors, by ``exposure`` or ``visit``."""
        observed = self.arrays["exp_id" if dimension == "exposure" else "visit_id"][part]
        return {
            "instrument": [INSTRUMENT] * (len(observed) * self.detectors),
            dimension: np.repeat(observed, self.detectors),
            "detector": np.tile(self.arrays["det_id"], len(observed)),
        }

    def paths(self, part: slice) -> list[str]:
        """Raw files in the same order."""
        return raw_paths(self.files, self.arrays, part)

    def header_paths(self) -> list[str]:
        """Files with headers like a raw's."""
        return header_paths(self.files / HEADERS)

    # -------------------------------------------------------------- questions
    def busy_visit(self) -> int:
        """A visit that looks at `TRACT`: the one nearest to its centre."""
        ra, dec = self.tract_centre()
        a = self.arrays
        away = np.hypot((a["ra"] - ra) * np.cos(np.radians(dec)), a["dec"] - dec)
        return int(a["visit_id"][away.argmin()])

    def tract_centre(self) -> tuple[float, float]:
        """Middle of `TRACT`, degrees."""
        corners = self.arrays["tract_poly"][int(np.flatnonzero(self.arrays["tract_id"] == TRACT)[0])]
        ra, dec = corners.mean(axis=0).tolist()
        return float(ra), float(dec)


def raw_paths(files: Path | str, arrays: Mapping[str, Any], part: slice) -> list[str]:
    """Where the raw files of some exposures are: one folder per exposure, one file per detector."""
    names = arrays["det_name"].tolist()
    return [f"{files}/{e}/{e}_{n}.fits" for e in arrays["exp_id"][part].tolist() for n in names]


def header_paths(folder: Path) -> list[str]:
    """Files with headers like a raw's: two exposures, all detectors."""
    return [f"{folder}/{500 + i // DETECTORS}_{i % DETECTORS:03d}.fits" for i in range(2 * DETECTORS)]


@dataclass(frozen=True)
class Question:
    """One query, as both sides can ask it.

    Parameters
    ----------
    key : `str`
        Name of the row.
    kind : {"datasets", "data_ids", "records", "count"}
        What is wanted.
    what : `str` or `tuple` of `str`
        Dataset type, dimensions, or dimension element.
    where : `str`
        Condition, in the language of both.
    bind : mapping
        Values of names in it.
    """

    key: str
    kind: str
    what: Any
    where: str
    bind: Mapping[str, Any] = field(default_factory=dict)


def questions(survey: Survey) -> list[Question]:
    """The queries; names of governors are spelled out because the peer wants it so."""
    camera, sky = f"instrument='{INSTRUMENT}'", f"skymap='{SKYMAP}'"
    both = f"{camera} AND {sky}"
    visit, exposure = survey.busy_visit(), int(survey.arrays["exp_id"][0])
    patch = f"{both} AND tract={TRACT} AND patch={PATCH}"
    tract = f"{both} AND tract={TRACT}"
    ra, dec = survey.tract_centre()
    near = f"{camera} AND visit_detector_region.region"
    begin, end = (_tai(int(survey.arrays["t_begin"][i])) for i in (0, survey.visits // 4))
    return [
        Question("raw.exposure", "datasets", "raw", f"{camera} AND exposure={exposure}"),
        Question("calexp.patch_detector", "datasets", "calexp", f"{patch} AND detector={DETECTOR}"),
        Question("calexp.patch", "datasets", "calexp", patch),
        Question("calexp.tract_band", "datasets", "calexp", f"{tract} AND band='r'"),
        Question("raw.patch_detector", "datasets", "raw", f"{patch} AND detector={DETECTOR}"),
        Question("patch.visit_detector", "records", "patch", f"{both} AND visit={visit} AND detector=94"),
        Question("patch.visit", "records", "patch", f"{both} AND visit={visit}"),
        Question("ids.detector.tract", "data_ids", ("visit", "detector"), tract),
        Question("ids.detector_patch.tract", "data_ids", ("visit", "detector", "patch"), tract),
        Question("calexp.circle", "datasets", "calexp", f"{near} OVERLAPS place", {"place": _circle(ra, dec)}),
        Question("calexp.circle.text", "datasets", "calexp", f"{near} OVERLAPS CIRCLE({ra}, {dec}, {SKY_RADIUS})"),
        Question("visits.time", "records", "visit", f"{camera} AND visit.timespan OVERLAPS ({begin}, {end})"),
        Question("count", "count", "raw", camera),
        Question("raw.all", "datasets", "raw", camera),
    ]


def _circle(ra: float, dec: float) -> Any:
    from lsst.sphgeom import Angle, Circle, LonLat, UnitVector3d

    return Circle(UnitVector3d(LonLat.fromDegrees(ra, dec)), Angle.fromDegrees(SKY_RADIUS))


def _tai(nanoseconds: int) -> str:
    """A time literal to the second."""
    return f"T'{np.datetime64(nanoseconds // 10**9, 's')}/tai'"
