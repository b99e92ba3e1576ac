"""A focal plane is drawn of the detectors that are there, with the nominal camera if there is no other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler import Butler
from skybutler.errors import DatasetNotFoundError, ParameterError
from skybutler.images import Exposure, Image
from skybutler.ingest import register_instrument
from skybutler.upkeep.visit_mosaic import draw_mosaic

CAMERA = "LSSTCam-imSim"


def test_detectors_of_one_exposure(tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", run="r") as butler:
        register_instrument(butler, CAMERA)
        butler.register_dataset_type("snap", ["instrument", "exposure", "detector"], "ExposureF")
        common = {"instrument": CAMERA, "id": 7}
        butler.insert_dimension_data("day_obs", {"instrument": CAMERA, "id": 20260101})
        butler.insert_dimension_data("group", {"instrument": CAMERA, "name": "g"})
        filters = list(butler.query_dimension_records("physical_filter"))
        more = {"physical_filter": filters[0].name, "day_obs": 20260101, "obs_id": "o", "group": "g"}
        butler.insert_dimension_data("exposure", {**common, **more})
        values = np.random.default_rng(1).normal(0, 1, (400, 407)).astype(np.float32)
        butler.put(Exposure(Image(values)), "snap", instrument=CAMERA, exposure=7, detector=94)
        snap = butler.get_dataset_type("snap")
        seen: list[tuple[int, int | None]] = []
        figure = draw_mosaic(
            butler, snap, {"exposure": 7}, collections=["r"], size=4, advance=lambda n, of: seen.append((n, of))
        )
        assert figure.axes[0].get_title() == "snap, exposure 7: 1 of 189 detectors"
        assert seen == [(1, 1)]
        with pytest.raises(DatasetNotFoundError, match="exposure=8"):
            draw_mosaic(butler, snap, {"exposure": 8}, collections=["r"])
        with pytest.raises(ParameterError, match="Which exposure"):
            draw_mosaic(butler, snap, {}, collections=["r"])
        butler.register_dataset_type("night", ["instrument", "day_obs"], "ExposureF")
        with pytest.raises(ParameterError, match="made of detectors"):
            draw_mosaic(butler, butler.get_dataset_type("night"), {}, collections=["r"])
