"""The focal plane of one visit or exposure, drawn of all its detectors that a repository has.  Knows no terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.display.mosaic import Mosaic
from skybutler.display.scaling import Scaling
from skybutler.errors import DatasetNotFoundError, ParameterError
from skybutler.ingest.cameras import load_camera

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from skybutler.butler import Butler
    from skybutler.datasets import DatasetType

__all__ = ["draw_mosaic"]


def draw_mosaic(
    butler: Butler,
    dataset_type: DatasetType,
    data_id: Mapping[str, Any],
    *,
    collections: str | Sequence[str],
    scaling: Scaling | None = None,
    level: bool = False,
    size: float = 9.0,
    advance: Callable[[int, int | None], None] | None = None,
) -> Figure:
    """Draw the detectors of one visit or exposure at their places.

    Parameters
    ----------
    butler : `Butler`
        Which has them.
    dataset_type : `DatasetType`
        Of images with the dimension ``detector``.
    data_id : mapping
        All other dimensions.
    collections : `str` or sequence of `str`
        Where to search.
    scaling : `Scaling`, optional
        One for all.
    level : `bool`
        Whether the median of each detector is taken off.
    size : `float`
        Width of the figure, inches.
    advance : callable, optional
        Called with how many detectors are read and how many there are.

    Raises
    ------
    ParameterError
        Raised if the dataset type has no detectors.
    DatasetNotFoundError
        Raised if there is none.
    """
    if "detector" not in dataset_type.dimensions.names:
        raise ParameterError(
            f"A mosaic is made of detectors; '{dataset_type.name}' has dimensions "
            f"{', '.join(dataset_type.dimensions.required)}."
        )
    others = [n for n in dataset_type.dimensions.required if n not in ("detector", "instrument")]
    if lacking := [n for n in others if n not in data_id]:
        raise ParameterError(f"Which {' and '.join(lacking)}?", hint=f"Say, for example, {lacking[0]}=VALUE.")
    refs = list(butler.query_datasets(dataset_type, collections, data_id=data_id, order_by="detector"))
    if not refs:
        given = ", ".join(f"{k}={v}" for k, v in data_id.items())
        raise DatasetNotFoundError(f"There is no {dataset_type.name} of {given} in {collections}.")
    camera, _ = load_camera(butler, {n: refs[0].data_id[n] for n in ("instrument", *others)}, collections=collections)
    mosaic = Mosaic(camera, level=level, dots=round(size * 150))
    for i, ref in enumerate(refs):
        mosaic.add(int(ref.data_id["detector"]), butler.get(ref))
        if advance is not None:
            advance(i + 1, len(refs))
    what = ", ".join(f"{n} {refs[0].data_id[n]}" for n in others)
    title = f"{dataset_type.name}, {what}: {len(refs)} of {len(camera)} detectors"
    from skybutler.display.figures import new_figure

    axes = new_figure(size, size * 0.92, tidy=True).add_subplot()
    mosaic.draw(axes, scaling=scaling, title=title)
    figure = axes.get_figure(root=True)
    assert figure is not None
    return figure
