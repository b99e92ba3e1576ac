"""Where on the sky datasets of one type are: a map of how many there are at each place.  Knows no terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from skybutler.display.figures import PAPER, STYLE, new_figure, require_matplotlib
from skybutler.errors import EmptyQueryResultError, ParameterError

from .coverage import coverage_of_regions, tract_outlines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from skybutler.butler import Butler
    from skybutler.datasets import DatasetType
    from skybutler.sky.count_map import Coverage

__all__ = ["draw_dataset_coverage", "measure_dataset_coverage"]

_BATCH = 5_000


def measure_dataset_coverage(
    butler: Butler, dataset_type: DatasetType, collections: str | Sequence[str], where: str = ""
) -> Coverage:
    """Counts of datasets over the sky, by band.

    Parameters
    ----------
    butler : `Butler`
        Which has them.
    dataset_type : `DatasetType`
        Of something with a place: a visit, a detector of one, a tract, a patch ...
    collections : `str` or sequence of `str`
        Names and globs.
    where : `str`
        Condition.

    Raises
    ------
    ParameterError
        Raised if datasets of this type have no place on the sky.
    EmptyQueryResultError
        Raised if there is no dataset, or none whose region is known.
    """
    if not any(element.has_region for element in dataset_type.dimensions.elements):
        raise ParameterError(
            f"Datasets '{dataset_type.name}' have no place on the sky: their dimensions are "
            f"{', '.join(dataset_type.dimensions.required)}.",
            hint="Draw the visits of the repository with: butler summary REPO --plot FILE",
        )
    found = butler.query_datasets(dataset_type, collections, where=where, with_dimension_records=True)
    regions, bands = [], []
    for ref in found:
        region = ref.data_id.region
        if region is not None:
            regions.append(region.encode())
            bands.append(str(ref.data_id.mapping.get("band", "")))
    if not regions:
        raise EmptyQueryResultError(f"There is no {dataset_type.name} whose region is known.", found.explain())
    return coverage_of_regions(regions, bands)


def draw_dataset_coverage(
    butler: Butler, dataset_type: DatasetType, collections: str | Sequence[str], where: str = "", *, size: float = 8.0
) -> Figure:
    """Draw where datasets of a type are, with the tracts of the sky maps.

    Parameters
    ----------
    butler, dataset_type, collections, where
        As for `measure_dataset_coverage`.
    size : `float`
        Width of the figure, inches.
    """
    require_matplotlib()
    import matplotlib as mpl

    from skybutler.display.sky_picture import SkyMaps, colour_bar

    coverage = measure_dataset_coverage(butler, dataset_type, collections, where)
    sky = SkyMaps(coverage, tract_outlines(butler))
    with mpl.rc_context(STYLE):
        figure = new_figure(size, size * (0.62 if sky.is_whole else 0.9), dpi=120)
        axes = sky.axes(figure, (0.1, 0.17 if sky.is_whole else 0.09, 0.85 if sky.is_whole else 0.72, 0.76))
        image = sky.draw(axes, None, large=True)
        n = f"{coverage.footprints:,} dataset{'' if coverage.footprints == 1 else 's'}"
        axes.set_title(f"{dataset_type.name}: {n}, {coverage.area_deg2():.3g} deg²", fontsize=12, loc="left", pad=9)
        place = (0.15, 0.09, 0.75, 0.02) if sky.is_whole else (0.86, 0.12, 0.02, 0.7)
        colour_bar(figure, image, place, flat=sky.is_whole, label="datasets of a place")
        figure.set_facecolor(PAPER)
    return figure
