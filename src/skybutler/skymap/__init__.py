"""Sky maps: the division of the sky into tracts and patches.  Knows nothing of repositories."""

from skybutler.skymap.config import SkyMapConfig, load_config, parse_config, parse_yaml
from skybutler.skymap.patch import CellInfo, Index2D, PatchInfo
from skybutler.skymap.sky_map import SkyMap
from skybutler.skymap.tract import TractInfo

__all__ = [
    "CellInfo",
    "Index2D",
    "PatchInfo",
    "SkyMap",
    "SkyMapConfig",
    "TractInfo",
    "load_config",
    "parse_config",
    "parse_yaml",
]
