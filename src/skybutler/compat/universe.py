"""The dimension universe with the constructor of lsst.daf.butler.  Knows no repository."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from skybutler.dimensions import DimensionGroup
from skybutler.dimensions import DimensionUniverse as PlainUniverse

from .data_ids import dimension_names

__all__ = ["DimensionUniverse"]


class DimensionUniverse(PlainUniverse):
    """All dimensions of a repository; see `skybutler.dimensions.DimensionUniverse`.

    Parameters
    ----------
    config : mapping, optional
        Definition; by default the standard one.
    version : `int`, optional
        Version of the standard one, when there is no definition.
    """

    def __init__(self, config: Mapping[str, Any] | None = None, *, version: int | None = None) -> None:
        super().__init__(config if config is not None else json.loads(PlainUniverse.load(version).to_json()))

    def extract(self, dimensions: Iterable[Any] | DimensionGroup) -> DimensionGroup:
        """The smallest group that holds these dimensions (the older name of `conform`)."""
        return self.conform(dimension_names(dimensions))
