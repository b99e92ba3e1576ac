"""A survey as deep as DP0.2 in as many visits as wanted, its regions made part by part.  Knows no repository.

Visits are spread evenly over an area about one tract whose size goes with their number: so a place on the sky has
been observed equally often whatever the size, and a question about it has as many results.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skybutler.instruments import Instrument
from skybutler.instruments.camera import visit_hulls, visit_regions
from skybutler.sky.vectors import lonlat_deg, unit_vectors
from skybutler.skymap import SkyMap
from survey import INSTRUMENT, TRACT, Survey, raw_paths
from workload import AREA, camera, chosen_tracts, dc2_sky_map, observations

DP02_VISITS = 19_852


@dataclass(frozen=True)
class DeepSurvey:
    """Columns of records and datasets, and what they are made of.

    Parameters
    ----------
    columns : `Survey`
        Everything but regions.
    instrument : `Instrument`
        Its camera gives the regions.
    sky_map : `SkyMap`
        The map of the DC2 simulation.
    place : `tuple` [`float`, `float`]
        Middle of `TRACT` and of the survey, degrees.
    """

    columns: Survey
    instrument: Instrument
    sky_map: SkyMap
    place: tuple[float, float]

    @classmethod
    def of(cls, visits: int, seed: int = 1, spread: int | None = None) -> DeepSurvey:
        """Make one; equal arguments give equal surveys.

        Parameters
        ----------
        visits : `int`
            How many.
        seed : `int`
            Another number gives another survey.
        spread : `int`, optional
            Size of a survey whose area they are spread over, if not that of their own.
        """
        random = np.random.default_rng(seed)
        instrument, sky_map = Instrument.load(INSTRUMENT), dc2_sky_map()
        centre = next(iter(sky_map.record_columns([TRACT])))["tract"]["region"][0].mean(axis=0)
        ra0, dec0 = (float(v) for v in lonlat_deg(centre))
        west, east, south, north = AREA
        half = np.sqrt((spread or visits) / DP02_VISITS) / 2
        ra = ra0 + random.uniform(-half, half, visits) * (east - west)
        low, high = np.sin(np.radians(dec0 + half * (north - south) * np.array([-1.0, 1.0]))).tolist()
        dec = np.degrees(np.arcsin(random.uniform(low, high, visits)))
        arrays = observations(random, ra, dec, random.uniform(0.0, 360.0, visits)) | camera(instrument)
        record = sky_map.record()
        limits = {"tract_max": "tract_max", "patch_nx": "patch_nx_max", "patch_ny": "patch_ny_max"}
        arrays |= {name: np.array(record[field]) for name, field in limits.items()}
        arrays["target"] = np.full(visits, "wide")
        return cls(Survey(arrays, Path()), instrument, sky_map, (ra0, dec0))

    def tracts(self, *, whole: bool) -> list[int]:
        """All tracts of the map, or those within four degrees of the middle."""
        return chosen_tracts(self.sky_map, "all" if whole else "near", unit_vectors(*self.place))

    def visit_columns(self, part: slice) -> dict[str, dict[str, Any]]:
        """Records that define visits, with the regions of visits and their detectors."""
        a, found = self.columns.arrays, self.columns.visit_columns(part)
        looks = a["ra"][part], a["dec"][part], a["rot"][part]
        found["visit"]["region"] = visit_hulls(self.instrument, *looks, 0.0)
        found["visit_detector_region"]["region"] = visit_regions(self.instrument, *looks, 0.0).reshape(-1, 4, 3)
        return found

    def uris(self, dataset_type: str, part: slice) -> list[str]:
        """Where the files of all detectors would be."""
        return raw_paths(f"s3://dp02/{dataset_type}", self.columns.arrays, part)

    def busy_visit(self) -> int:
        """The visit that looks nearest to the middle."""
        a, (ra, dec) = self.columns.arrays, self.place
        away = np.hypot((a["ra"] - ra) * np.cos(np.radians(dec)), a["dec"] - dec)
        return int(a["visit_id"][away.argmin()])
