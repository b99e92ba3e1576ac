"""Dataset types: a name, the dimensions that tell datasets apart, and what they are in memory.  Knows no database."""

from __future__ import annotations

import re
from dataclasses import dataclass

from skybutler.dimensions import DimensionGroup
from skybutler.errors import DatasetTypeError

__all__ = ["DatasetType"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?")


@dataclass(frozen=True, slots=True, repr=False)
class DatasetType:
    """A kind of dataset.

    Parameters
    ----------
    name : `str`
        Letters, digits and ``_``; a component has its name behind a point (``calexp.wcs``).
    dimensions : `DimensionGroup`
        What tells its datasets apart.
    storage_class : `str`
        Name of the in-memory type.
    is_calibration : `bool`
        Whether datasets are looked up by validity range.

    Raises
    ------
    DatasetTypeError
        The name has characters that are not allowed.
    """

    name: str
    dimensions: DimensionGroup
    storage_class: str
    is_calibration: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise DatasetTypeError(
                f"{self.name!r} cannot name a dataset type.", hint="Use letters, digits and _, starting with a letter."
            )

    @staticmethod
    def split(name: str) -> tuple[str, str | None]:
        """Dataset type and component of a name: ``calexp.wcs`` → (``calexp``, ``wcs``)."""
        parent, _, component = name.partition(".")
        return parent, component or None

    @property
    def component(self) -> str | None:
        """Component name, or `None` for a whole dataset."""
        return self.split(self.name)[1]

    def component_name(self, component: str) -> str:
        """Name of a component's dataset type."""
        return f"{self.split(self.name)[0]}.{component}"

    def __repr__(self) -> str:
        tail = ", isCalibration=True" if self.is_calibration else ""
        return f"DatasetType('{self.name}', {self.dimensions}, {self.storage_class}{tail})"

    __str__ = __repr__
