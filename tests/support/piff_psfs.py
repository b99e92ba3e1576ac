"""A real PSF of Piff, fitted to stars that GalSim draws."""

from __future__ import annotations

from functools import cache
from typing import Any

import galsim
import numpy as np
import piff

WIDTH = 15


@cache
def fitted_piff() -> Any:
    """A pixel grid whose pixels change linearly with position; made once."""
    rng = np.random.default_rng(5)
    wcs = galsim.PixelScale(1.0)
    stars = []
    for x, y in rng.uniform(20, 180, (7, 2)):
        profile = galsim.Gaussian(sigma=1.5 + 0.001 * (x - 100)).shear(g1=0.05 + 2e-4 * (y - 100))
        bounds = galsim.BoundsI(int(x) - 7, int(x) + 7, int(y) - 7, int(y) + 7)
        image = galsim.Image(bounds, dtype=float, wcs=wcs)
        profile.drawImage(image, center=galsim.PositionD(x, y), method="no_pixel")
        stars.append(piff.Star(piff.StarData(image, galsim.PositionD(x, y), weight=image * 0 + 1e6), None))
    model = piff.PixelGrid(1.0, 9, interp=galsim.Lanczos(3))
    psf = piff.SimplePSF(model, piff.BasisPolynomial(1), outliers=[piff.ChisqOutliers(nsigma=5)], max_iter=2)
    psf.fit(stars, {0: wcs}, None)
    return psf
