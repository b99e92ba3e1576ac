"""Slots: which of several measurements of position, shape and fluxes is meant by default.  Knows no files.

A slot is an alias (``slot_Centroid``) for the first part of the names of a measurement's columns
(``base_SdssCentroid_x`` and so on).  The last part has had several spellings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.errors import MissingColumnError

if TYPE_CHECKING:
    from .schema import Schema

__all__ = ["FLUX", "SLOTS", "SlotValue", "SlotValues", "slot_column"]

SLOTS = ("PsfFlux", "ApFlux", "GaussianFlux", "ModelFlux", "CalibFlux", "Centroid", "Shape")
"""Names of slots."""

FLUX = ("instFlux", "flux")
ERROR = ("instFluxErr", "fluxErr", "instFluxSigma", "fluxSigma")
"""Spellings of what the columns of a flux end with, newest first."""

_OLD_NAMES: Mapping[str, str] = {"GaussianFlux": "InstFlux"}
_TYPICAL = {"Centroid": "_x", "Shape": "_xx"}


def slot_column(schema: Schema, slot: str, parts: tuple[str, ...]) -> str:
    """Name of a slot's column.

    Parameters
    ----------
    schema : `Schema`
        Fields and aliases of the catalog.
    slot : `str`
        One of `SLOTS`.
    parts : tuple of `str`
        What the name may end with, in order of preference.

    Raises
    ------
    skybutler.errors.MissingColumnError
        Raised if the slot is not defined or has no such column, with the measurements that could be meant.
    """
    for name in (slot, _OLD_NAMES.get(slot, slot)):
        prefix = f"slot_{name}"
        for part in parts:
            if (column := f"{prefix}_{part}") in schema:
                return schema.find(column).name
    target = schema.aliases.resolve(f"slot_{slot}")
    if target != f"slot_{slot}":
        raise MissingColumnError(
            f"Slot {slot!r} of the catalog stands for {target!r}, which has no column ending with _{parts[0]}.",
            hint=_measurements(schema, slot),
        )
    raise MissingColumnError(
        f"The catalog has no slot {slot!r}, so {parts[0]} is not known.", hint=_measurements(schema, slot)
    )


def _measurements(schema: Schema, slot: str) -> str:
    ends = (_TYPICAL[slot],) if slot in _TYPICAL else tuple(f"_{part}" for part in FLUX)
    found = dict.fromkeys(name.removesuffix(end) for name in schema.names for end in ends if name.endswith(end))
    choice = next(iter(found), "MEASUREMENT")
    listed = f" It has {', '.join(list(found)[:6])}." if found else ""
    return f"Define it with catalog.define_slot({slot!r}, {choice!r}).{listed}"


class SlotValue:
    """An attribute of catalogs and rows that gives a slot's column, or the value of a row.

    Parameters
    ----------
    slot : `str`
        One of `SLOTS`.
    parts : `str`
        What the name of the column may end with.
    """

    def __init__(self, slot: str, *parts: str) -> None:
        self._slot, self._parts = slot, parts

    def __set_name__(self, owner: type, name: str) -> None:
        self.__doc__ = f"{name} of slot {self._slot}."

    def __get__(self, owner: Any, cls: type) -> Any:
        if owner is None:
            return self
        schema = owner.schema if hasattr(owner, "schema") else owner.catalog.schema
        return owner[slot_column(schema, self._slot, self._parts)]


class SlotValues:
    """The attributes of catalogs and rows that have slots: columns of a catalog, values of a row."""

    __slots__ = ()

    x = SlotValue("Centroid", "x")
    y = SlotValue("Centroid", "y")
    x_error = SlotValue("Centroid", "xErr", "xSigma")
    y_error = SlotValue("Centroid", "yErr", "ySigma")
    centroid_flag = SlotValue("Centroid", "flag")
    ixx = SlotValue("Shape", "xx")
    iyy = SlotValue("Shape", "yy")
    ixy = SlotValue("Shape", "xy")
    shape_flag = SlotValue("Shape", "flag")
    psf_flux = SlotValue("PsfFlux", *FLUX)
    psf_flux_error = SlotValue("PsfFlux", *ERROR)
    psf_flux_flag = SlotValue("PsfFlux", "flag")
    ap_flux = SlotValue("ApFlux", *FLUX)
    ap_flux_error = SlotValue("ApFlux", *ERROR)
    ap_flux_flag = SlotValue("ApFlux", "flag")
    gaussian_flux = SlotValue("GaussianFlux", *FLUX)
    gaussian_flux_error = SlotValue("GaussianFlux", *ERROR)
    gaussian_flux_flag = SlotValue("GaussianFlux", "flag")
    model_flux = SlotValue("ModelFlux", *FLUX)
    model_flux_error = SlotValue("ModelFlux", *ERROR)
    model_flux_flag = SlotValue("ModelFlux", "flag")
    calib_flux = SlotValue("CalibFlux", *FLUX)
    calib_flux_error = SlotValue("CalibFlux", *ERROR)
    calib_flux_flag = SlotValue("CalibFlux", "flag")
