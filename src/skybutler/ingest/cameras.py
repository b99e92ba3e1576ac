"""The camera that is valid for an observation: a calibration if there is one, else the nominal one.  Knows no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.errors import DatasetNotFoundError, MissingDatasetTypeError
from skybutler.instruments import Instrument

from .curated import CAMERA

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.images import Camera
    from skybutler.sky.timespan import Timespan

__all__ = ["load_camera"]


def load_camera(
    butler: Butler,
    data_id: Mapping[str, Any] | None = None,
    *,
    collections: str | Sequence[str] | None = None,
    timespan: Timespan | None = None,
    **values: Any,
) -> tuple[Camera, bool]:
    """The camera of an instrument.

    Parameters
    ----------
    butler : `Butler`
    data_id : mapping, optional
        With ``instrument`` (unless there is but one), and an exposure or visit, whose time decides.
    collections : `str` or sequence of `str`, optional
        Where to search, instead of the butler's defaults.
    timespan : `Timespan`, optional
        When the camera must be valid, instead of the time of the exposure or visit.
    **values
        More dimension values.

    Returns
    -------
    camera : `Camera`
    versioned : `bool`
        Whether it is a dataset; otherwise it is the nominal camera of the instrument's description.

    Raises
    ------
    DataIdError
        It is not said, or not known, of which instrument the camera is meant.
    NotFoundError
        There is neither a dataset nor a description.
    """
    given = {**(data_id or {}), **values}
    if butler.collections.defaults if collections is None else collections:
        try:
            return butler.get(CAMERA, given, collections=collections, timespan=timespan), True
        except (DatasetNotFoundError, MissingDatasetTypeError):
            pass  # nobody wrote one: the nominal camera is meant
    from skybutler.instruments.nominal_camera import nominal_camera

    named = {"instrument": given["instrument"]} if "instrument" in given else None
    name = butler.expand_data_id(named, dimensions=["instrument"])["instrument"]
    return nominal_camera(Instrument.load(str(name))), False
