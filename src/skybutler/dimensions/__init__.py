"""What data can be labelled by: dimensions, data IDs and the records behind them.  Knows no database and no files."""

from .data_id import DataId, DataIdValue
from .element import Column, DimensionElement, SkyPixDimension
from .group import DimensionGroup
from .metadata_keys import split_metadata_keys
from .record import DimensionRecord
from .universe import DimensionUniverse

__all__ = [
    "Column",
    "DataId",
    "DataIdValue",
    "DimensionElement",
    "DimensionGroup",
    "DimensionRecord",
    "DimensionUniverse",
    "SkyPixDimension",
    "split_metadata_keys",
]
