"""A reference catalog in shards of the sky, made without simulating any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from lsst.sphgeom import HtmPixelization, LonLat, UnitVector3d

from skybutler import Butler
from skybutler.butler.create import create_repository
from skybutler.tables import Field, SimpleCatalog

__all__ = ["CENTER", "add_catalog", "make_catalog"]

CENTER = (359.9, -0.1)
NAME = "cal_ref_cat"


def add_catalog(butler: Butler, n: int = 4000, size: float = 1.5, name: str = NAME) -> Any:
    """Put a catalog of sources around `CENTER`; returns ids, right ascensions and declinations (degrees)."""
    random = np.random.default_rng(7)
    ra = (CENTER[0] + random.uniform(-size, size, n)) % 360
    dec = CENTER[1] + random.uniform(-size, size, n)
    ids = np.arange(n) + 1_000_000_000_000
    flux = random.uniform(1e3, 1e6, n)
    flux[::10] = np.nan
    pixels = HtmPixelization(7)
    shard = np.array([pixels.index(UnitVector3d(LonLat.fromDegrees(*place))) for place in zip(ra, dec, strict=True)])
    fields = [Field("r_flux", "D", "flux in band r", "nJy"), Field("r_fluxErr", "D", "its uncertainty", "nJy")]
    butler.register_dataset_type(name, ["htm7"], "SimpleCatalog")
    with butler.transaction():
        for pixel in np.unique(shard).tolist():
            chosen = shard == pixel
            columns = {
                "id": ids[chosen], "coord_ra": np.radians(ra[chosen]), "coord_dec": np.radians(dec[chosen]),
                "r_flux": flux[chosen], "r_fluxErr": flux[chosen] / 100, "resolved": ids[chosen] % 2 == 0,
            }  # fmt: skip
            butler.put(SimpleCatalog(columns, fields=fields), name, htm7=pixel)
    return ids, ra, dec


def make_catalog(place: Path, database_url: str) -> Any:
    """A repository with nothing but a catalog."""
    create_repository(place, seed={"registry": {"db": database_url}}, override=True)
    with Butler(place, writeable=True, run="refcats") as butler:
        return add_catalog(butler)
