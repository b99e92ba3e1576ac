from __future__ import annotations

import struct

import numpy as np

from skybutler.skymap import SkyMap
from skybutler.skymap.discrete import DiscreteTiling


def test_tracts_are_where_they_were_asked_for() -> None:
    tiling = DiscreteTiling([370.0, -10.0], [5.0, -90.0], [1.0, 2.0], 0.5)
    ra, dec = tiling.centers(np.array([1, 0]))
    assert (ra.tolist(), dec.tolist()) == ([350.0, 10.0], [-90.0, 5.0])
    assert tiling.extent_deg == 2.5


def test_half_sizes_include_the_overlap() -> None:
    options = {
        "raList": [10.0],
        "decList": [40.0],
        "radiusList": [0.4],
        "tractOverlap": 0.1,
        "patchInnerDimensions": [1, 1],
    }
    tract = SkyMap.from_config({"kind": "discrete", "projection": "TAN", "pixelScale": 10.0, **options})[0]
    half = np.degrees(np.tan(np.radians(0.5))) * 360.0  # pixels from the centre to an edge
    assert tract.bbox.dimensions == (2 * round(half) + 1, 2 * round(half) + 1)


def test_hash_bytes() -> None:
    assert DiscreteTiling([1.0, 2.0], [3.0, 4.0], [5.0, 6.0], 0.0).hash_bytes() == struct.pack("<6d", 1, 2, 3, 4, 5, 6)
