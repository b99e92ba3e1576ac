"""A repository of images of every kind that ObsCore tells of, without pixels, and what ObsCore should say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skybutler import Butler
from skybutler.butler.create import create_repository
from support.world import Rows, fill_records

__all__ = ["IMAGES", "RUN", "make_observations"]

RUN = "run/images"
IMAGES: dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]] = {
    "raw": (
        ("instrument", "detector", "exposure"),
        [("Cam", d, e) for e in (10, 11, 12, 14, 15) for d in (0, 1)] + [("Other", 0, 10)],
    ),
    "calexp": (("instrument", "detector", "visit"), [("Cam", d, v) for v in (10, 11, 12) for d in range(4)]),
    "deepCoadd": (
        ("band", "skymap", "tract", "patch"),
        [(b, "Map", t, p) for b in "gr" for t in range(6) for p in range(4)],
    ),
}
"""Dimensions and data IDs by dataset type."""


def make_observations(place: Path, database_url: str) -> Rows:
    """Make a repository in a directory; return the records of its dimensions."""
    create_repository(place, seed={"registry": {"db": database_url}}, override=True)
    with Butler(place, writeable=True, run=RUN) as butler:
        rows = fill_records(butler.registry)
        with butler.transaction():
            for name, (dimensions, data_ids) in IMAGES.items():
                butler.register_dataset_type(name, dimensions, "StructuredDataDict")
                for values in data_ids:
                    butler.put({"image": name}, name, dict(zip(dimensions, values, strict=True)))
            butler.register_dataset_type("notes", ("instrument",), "StructuredDataDict")
            butler.put({}, "notes", instrument="Cam")
    return rows
