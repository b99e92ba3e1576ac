"""Where datasets are: areas by band, a picture in their colours, and reasons when there is nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from skybutler import Butler
from skybutler.display.sky_picture import _SCALE
from skybutler.errors import EmptyQueryResultError, ParameterError
from skybutler.sky.region import polygon_deg
from skybutler.upkeep.dataset_coverage import draw_dataset_coverage, measure_dataset_coverage


@pytest.fixture
def butler(tmp_path: Path) -> Iterator[Butler]:
    """Three visits, datasets of two of them."""
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.insert_dimension_data("day_obs", {"instrument": "Cam", "id": 20260101})
        for i, band in enumerate("gri"):
            butler.insert_dimension_data("physical_filter", {"instrument": "Cam", "name": band, "band": band})
            corners = [(10 + 2 * i, 0), (11 + 2 * i, 0), (11 + 2 * i, 1), (10 + 2 * i, 1)]
            named = {"instrument": "Cam", "id": i, "name": f"v{i}", "physical_filter": band, "day_obs": 20260101}
            butler.insert_dimension_data("visit", {**named, "region": polygon_deg(corners)})
        butler.register_dataset_type("stars", ["instrument", "visit"], "StructuredDataDict")
        butler.register_dataset_type("note", ["instrument"], "StructuredDataDict")
        for visit in (0, 1):
            butler.put({}, "stars", instrument="Cam", visit=visit)
        yield butler


def test_only_places_of_datasets_count(butler: Butler) -> None:
    kind = butler.get_dataset_type("stars")
    coverage = measure_dataset_coverage(butler, kind, "r")
    assert set(coverage.bands) == {"g", "r"}
    assert coverage.footprints == 2
    assert coverage.area_deg2() == pytest.approx(2.0, rel=0.02)
    assert measure_dataset_coverage(butler, kind, "r", "band = 'g'").area_deg2() == pytest.approx(1.0, rel=0.02)


def test_the_picture_shows_them(butler: Butler) -> None:
    from matplotlib.colors import to_rgb

    figure = draw_dataset_coverage(butler, butler.get_dataset_type("stars"), "r", size=5)
    figure.canvas.draw()
    picture = np.asarray(figure.canvas.buffer_rgba())[..., :3] / 255  # type: ignore[attr-defined]
    colours = [np.array(to_rgb(c)) for c in _SCALE]
    blue = min(np.abs(picture - c).max(axis=-1).min() for c in colours)
    assert blue < 0.02
    assert figure.axes[0].get_title(loc="left").startswith("stars: 2 datasets, ")


def test_nothing_to_draw(butler: Butler) -> None:
    with pytest.raises(ParameterError, match="no place on the sky"):
        measure_dataset_coverage(butler, butler.get_dataset_type("note"), "r")
    with pytest.raises(EmptyQueryResultError) as caught:
        measure_dataset_coverage(butler, butler.get_dataset_type("stars"), "r", "visit = 2")
    assert caught.value.reasons
