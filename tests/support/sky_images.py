"""A repository of small images with sky coordinates, to be cut out."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import numpy as np

from skybutler import Butler
from skybutler.images import Exposure, FilterLabel, GaussianPsf, Image, Mask, MaskedImage, Metadata, SkyWcs
from support.world import square

__all__ = ["CENTRE", "WCS", "an_exposure", "make_sky_images"]

CENTRE = (55.7, -32.3)
WCS = SkyWcs.from_affine(*CENTRE, [[-5e-5, 0.0], [0.0, 5e-5]], (120.0, 100.0))
"""Of 220 x 200 pixels, 0.011 x 0.010 degrees."""


def an_exposure(seed: int = 1) -> Exposure:
    """An exposure of which no two pixels are equal."""
    rng = np.random.default_rng(seed)
    image = Image(rng.normal(0.0, 1.0, (200, 220)).astype("f4"), (10, 5))
    mask = Mask.zeros(image.bbox)
    mask.set("SAT", rng.random((200, 220)) < 0.1)
    variance = Image(rng.uniform(0.9, 1.1, (200, 220)).astype("f4"), (10, 5))
    return Exposure(
        MaskedImage(image, mask, variance), wcs=WCS, psf=GaussianPsf(11, 11, 1.5), filter_label=FilterLabel("r"),
        metadata=Metadata({"OBJECT": "a field"}),
    )  # fmt: skip


def _insert_records(butler: Butler) -> None:
    cam, region = {"instrument": "Cam"}, square(*CENTRE, 0.01)
    butler.insert_dimension_data("instrument", {"name": "Cam", "visit_max": 9, "exposure_max": 9, "detector_max": 9})
    butler.insert_dimension_data("physical_filter", {**cam, "name": "r_1", "band": "r"})
    butler.insert_dimension_data("day_obs", {**cam, "id": 20240101})
    butler.insert_dimension_data("visit", {
        **cam, "id": 1, "name": "v1", "physical_filter": "r_1", "day_obs": 20240101, "region": region,
    })  # fmt: skip
    for detector in (0, 1):
        butler.insert_dimension_data("detector", {**cam, "id": detector, "full_name": f"D{detector}"})
        butler.insert_dimension_data(
            "visit_detector_region", {**cam, "visit": 1, "detector": detector, "region": region}
        )


def make_sky_images(place: Path, seed: dict[str, Any] | None = None) -> dict[str, uuid.UUID]:
    """Make a repository; UUIDs of its datasets by name: calexp, other (an exposure too), masked, plain, notes."""
    Butler.create(place, seed=seed or {})
    with Butler(place, writeable=True, run="u/images") as butler:
        _insert_records(butler)
        butler.register_dataset_type("calexp", ["instrument", "visit", "detector"], "ExposureF")
        for name, kind in (("masked", "MaskedImageF"), ("plain", "ImageF"), ("notes", "StructuredDataDict")):
            butler.register_dataset_type(name, ["instrument"], kind)
        exposure = an_exposure()
        made = {
            "calexp": butler.put(exposure, "calexp", instrument="Cam", visit=1, detector=0),
            "other": butler.put(an_exposure(2), "calexp", instrument="Cam", visit=1, detector=1),
            "masked": butler.put(exposure.masked_image, "masked", instrument="Cam"),
            "plain": butler.put(exposure.image, "plain", instrument="Cam"),
            "notes": butler.put({"a": 1}, "notes", instrument="Cam"),
        }
        return {name: ref.id for name, ref in made.items()}
