"""A survey like DP0.2, made up: the same arrays for the same arguments.  Knows no repository.

``python workload.py --visits 100 --out survey.npz [--files FOLDER] [--tracts near|area|all]``

A fraction of the visits is spread over the survey area, the others look at the surroundings of one tract.

Arrays (N visits, D detectors, T tracts, P patches, H corners of a camera's hull; polygons are counter-clockwise
on the sky, degrees ICRS; times TAI nanoseconds since 1970-01-01):

- det_id, det_name, det_raft, det_sensor (D,); filt_name, filt_band (6,)
- visit_id, exp_id, obs_id, filt_idx, ra, dec, rot, t_begin, t_end, day_obs, seq_num, target, exptime, azimuth,
  zenith_angle (N,); visit_poly (N, H, 2); vd_poly (N, D, 4, 2)
- tract_id (T,), tract_poly (T, 4, 2); patch_tract, patch_id, patch_x, patch_y (P,), patch_poly (P, 4, 2)
- tract_max, patch_nx, patch_ny

``--files`` makes one small FITS file per exposure with one hard link per detector, and some with headers like a raw's.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skybutler.instruments import Instrument
from skybutler.instruments.camera import visit_hulls, visit_regions
from skybutler.sky.vectors import lonlat_deg, unit_vectors
from skybutler.skymap import SkyMap
from survey import DETECTORS, HEADERS, TRACT, header_paths, raw_paths

AREA = (50.0, 75.0, -44.0, -27.0)
WIDE_FRACTION = 0.7
DITHER_DEG = 0.7
VISITS_PER_NIGHT = 20
SECONDS_BETWEEN = 39
FIRST_NIGHT = np.datetime64("2022-01-01")
EXPOSURE_NS = 30 * 10**9
BLOCK = 2880


def survey(visits: int, tracts: str = "area", seed: int = 1) -> dict[str, Any]:
    """All arrays.

    Parameters
    ----------
    visits : `int`
        How many.
    tracts : {"near", "area", "all"}
        Sky map registered: around one tract, in the survey's area, or everywhere.
    seed : `int`
        Equal seeds give equal surveys.
    """
    random = np.random.default_rng(seed)
    instrument, sky_map = Instrument.load("LSSTCam-imSim"), dc2_sky_map()
    centre = next(iter(sky_map.record_columns([TRACT])))["tract"]["region"][0].mean(axis=0)
    return {
        **camera(instrument),
        **_visits(visits, random, instrument, centre),
        **_tracts(sky_map, tracts, centre),
    }


def dc2_sky_map() -> SkyMap:
    """The rings map of the DC2 simulation."""
    return SkyMap.from_config(
        {
            "kind": "rings",
            "numRings": 120,
            "projection": "TAN",
            "pixelScale": 0.2,
            "tractOverlap": 1.0 / 60.0,
            "patchInnerDimensions": [4000, 4000],
            "patchBorder": 100,
        }
    )


def camera(instrument: Instrument) -> dict[str, Any]:
    detectors = instrument.records()["detector"]
    filters = {name: band for name, band in instrument.filters.items() if band is not None}
    chosen = {band: name for name, band in filters.items()}
    return {
        "det_id": np.array(detectors["id"]),
        "det_name": np.array(detectors["full_name"]),
        "det_raft": np.array(detectors["raft"]),
        "det_sensor": np.array(detectors["name_in_raft"]),
        "filt_name": np.array(list(chosen.values())),
        "filt_band": np.array(list(chosen)),
    }


def _visits(n: int, random: np.random.Generator, instrument: Instrument, centre: Any) -> dict[str, Any]:
    west, east, south, north = AREA
    wide = random.uniform(size=n) < WIDE_FRACTION
    low, high = np.sin(np.radians([south, north])).tolist()
    ra, z = random.uniform(west, east, n), random.uniform(low, high, n)
    near_ra, near_dec = lonlat_deg(centre)
    dec = np.where(wide, np.degrees(np.arcsin(z)), near_dec + random.normal(0.0, DITHER_DEG, n))
    shift = random.normal(0.0, DITHER_DEG, n) / np.cos(np.radians(dec))
    ra, angle = np.where(wide, ra, near_ra + shift), random.uniform(0.0, 360.0, n)
    hull, outlines = visit_hulls(instrument, ra, dec, angle, 0.0), visit_regions(instrument, ra, dec, angle, 0.0)
    return {
        **observations(random, ra, dec, angle),
        "target": np.where(wide, "wide", "deep"),
        "visit_poly": np.stack(lonlat_deg(hull), -1),
        "vd_poly": np.stack(lonlat_deg(outlines), -1),
    }


def observations(random: np.random.Generator, ra: Any, dec: Any, angle: Any) -> dict[str, Any]:
    """Columns of one exposure and visit per boresight, but its target and regions."""
    n = len(ra)
    order = np.arange(n)
    night, sequence = order // VISITS_PER_NIGHT, order % VISITS_PER_NIGHT
    dates = FIRST_NIGHT + night
    begin = (dates.astype("datetime64[s]").astype(np.int64) + 4000 + SECONDS_BETWEEN * sequence) * 10**9
    numbers = 180_000 + 11 * order + random.integers(0, 11, n)
    return {
        "visit_id": numbers,
        "exp_id": numbers,
        "obs_id": np.array([f"MC_O_{v:08d}" for v in numbers.tolist()]),
        "filt_idx": random.integers(0, 6, n),
        "ra": ra,
        "dec": dec,
        "rot": angle,
        "t_begin": begin,
        "t_end": begin + EXPOSURE_NS,
        "day_obs": np.array([int(str(d).replace("-", "")) for d in (dates - 1).tolist()]),
        "seq_num": sequence,
        "exptime": np.full(n, EXPOSURE_NS / 1e9),
        "azimuth": random.uniform(0.0, 360.0, n),
        "zenith_angle": random.uniform(0.0, 60.0, n),
    }


def _tracts(sky_map: SkyMap, which: str, centre: Any) -> dict[str, Any]:
    chunks = list(sky_map.record_columns(chosen_tracts(sky_map, which, centre)))
    tract = {k: np.concatenate([c["tract"][k] for c in chunks]) for k in ("id", "region")}
    names = ("tract", "id", "cell_x", "cell_y", "region")
    patch = {k: np.concatenate([c["patch"][k] for c in chunks]) for k in names}
    record = sky_map.record()
    return {
        "tract_id": tract["id"],
        "tract_poly": np.stack(lonlat_deg(tract["region"]), -1),
        "patch_tract": patch["tract"],
        "patch_id": patch["id"],
        "patch_x": patch["cell_x"],
        "patch_y": patch["cell_y"],
        "patch_poly": np.stack(lonlat_deg(patch["region"]), -1),
        "tract_max": np.array(record["tract_max"]),
        "patch_nx": np.array(record["patch_nx_max"]),
        "patch_ny": np.array(record["patch_ny_max"]),
    }


def chosen_tracts(sky_map: SkyMap, which: str, centre: Any) -> list[int]:
    """Tracts that points on a grid of a third of a degree fall into."""
    if which == "all":
        return list(range(len(sky_map)))
    west, east, south, north = AREA
    ra, dec = np.meshgrid(np.arange(west - 3, east + 3, 0.3), np.arange(south - 2.5, north + 2.5, 0.3))
    if which == "near":
        close = unit_vectors(ra, dec) @ (centre / np.linalg.norm(centre)) > np.cos(np.radians(4.0))
        ra, dec = ra[close], dec[close]
    chosen: list[int] = np.unique(sky_map.find_tract_ids(ra, dec)).tolist()
    return chosen


def make_files(folder: Path, arrays: Mapping[str, Any]) -> None:
    """Write the raw files that are not there yet."""
    cards = {"SIMPLE": "T", "BITPIX": "16", "NAXIS": "2", "NAXIS1": "32", "NAXIS2": "32"}
    head = "".join(f"{k:<8}= {v:>20}".ljust(80) for k, v in cards.items()) + "END"
    content = head.ljust(BLOCK).encode() + bytes(BLOCK)
    for i in range(len(arrays["exp_id"])):
        paths = raw_paths(folder, arrays, slice(i, i + 1))
        first = Path(paths[0])
        if Path(paths[-1]).exists():
            continue
        first.parent.mkdir(parents=True, exist_ok=True)
        first.write_bytes(content)
        for path in paths[1:]:
            if not os.path.exists(path):
                os.link(first, path)


def make_headers(folder: Path) -> None:
    """Write files that are a raw's primary header each, as imSim writes it, those that are not there yet."""
    instrument = Instrument.load("LSSTCam-imSim")
    folder.mkdir(parents=True, exist_ok=True)
    for i, path in enumerate(header_paths(folder)):
        if not os.path.exists(path):
            exposure, detector = divmod(i, DETECTORS)
            Path(path).write_bytes(_raw_header(exposure, instrument.detector(detector)))


def _raw_header(exposure: int, detector: Any) -> bytes:
    """Some 100 cards, those that ingest needs among them: four blocks."""
    cards: dict[str, Any] = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True, "TESTTYPE": "IMSIM"}
    cards |= {f"WCS{i:05d}": i / 7 for i in range(80)}
    cards |= {"IMGTYPE": "SKYEXP", "OBSID": 500 + exposure, "RUNNUM": str(500 + exposure), "FILTER": "i"}
    cards |= {"PKG00000": "throughputs", "VER00000": "1.4", "MJD-OBS": 59857.25 + exposure / 1000}
    cards |= {"EXPTIME": 30.0, "DARKTIME": 30.0, "LSST_NUM": f"LCA-{detector.id:05d}"}
    cards |= {"RAFTNAME": str(detector.raft), "SENSNAME": str(detector.name_in_raft)}
    cards |= {"RATEL": 56.7, "DECTEL": -36.4, "ROTANGLE": 10.0, "HASTART": 5.0, "AMSTART": 1.1}
    text = "".join(f"{key:<8}= {_fits_value(value)}".ljust(80) for key, value in cards.items()) + "END"
    return text.ljust(-(-len(text) // BLOCK) * BLOCK).encode("ascii")


def _fits_value(value: Any) -> str:
    """In fixed format (FITS standard, section 4.2)."""
    if isinstance(value, bool):
        return f"{'FT'[value]:>20}"
    return f"'{value:<8}'" if isinstance(value, str) else f"{value!r:>20}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--files", type=Path)
    parser.add_argument("--tracts", default="area", choices=["near", "area", "all"])
    options = parser.parse_args()
    arrays = survey(options.visits, options.tracts)
    np.savez(options.out, **arrays)
    if options.files:
        make_files(options.files, arrays)
        make_headers(options.files / HEADERS)


if __name__ == "__main__":
    main()
