"""Registering an instrument: its record, detectors and filters in one transaction.  Knows no files of observations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from skybutler.butler.records import compare, completes, conflict, fitting, rows_of, taken
from skybutler.instruments import Instrument

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["RegisteredInstrument", "register_instrument"]


@dataclass(frozen=True)
class RegisteredInstrument:
    """What registering an instrument changed.

    Parameters
    ----------
    instrument : `Instrument`
        Its description.
    inserted, updated : mapping [`str`, `int`]
        Records made and overwritten, by dimension; dimensions without any are left out.
    """

    instrument: Instrument
    inserted: Mapping[str, int]
    updated: Mapping[str, int]

    @property
    def is_change(self) -> bool:
        """Whether anything was written."""
        return bool(self.inserted or self.updated)


def register_instrument(
    butler: Butler, instrument: str | Path | Instrument, *, update: bool = False
) -> RegisteredInstrument:
    """Make the records of an instrument, its detectors and filters; repeating it is no change.

    Parameters
    ----------
    butler : `Butler`
        Writeable.
    instrument : `str`, `~pathlib.Path` or `Instrument`
        Name, class name (``lsst.obs.lsst.LsstCamImSim``), path of a YAML description, or the description itself.
    update : `bool`
        Overwrite records that have other values; what they lack is filled in anyway.

    Raises
    ------
    NotFoundError
        No instrument of this name; the nearest names are offered.
    ConflictingDefinitionError
        Records exist with other values and ``update`` is false; nothing is changed.
    """
    butler.registry.database.require_writeable()
    chosen = instrument if isinstance(instrument, Instrument) else Instrument.load(instrument)
    inserted: dict[str, int] = {}
    updated: dict[str, int] = {}
    with butler.transaction():
        for name, columns in chosen.records().items():
            element = butler.dimensions[name]
            fit = fitting(element, columns)
            found = compare(butler, name, fit)
            if not update and not all(completes(differences) for differences in found.changed.values()):
                raise conflict(element, fit, found, hint="Overwrite with --update (update=True).")
            elements = butler.registry.elements
            if found.new and rows_of(fit):
                inserted[name] = elements.insert(name, taken(fit, found.new))
            if found.changed:
                updated[name] = elements.insert(name, taken(fit, list(found.changed)), replace=True)
    return RegisteredInstrument(chosen, inserted, updated)
