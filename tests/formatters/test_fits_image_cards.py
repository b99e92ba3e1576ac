"""Which cards the HDUs of an exposure have."""

from __future__ import annotations

import numpy as np

from skybutler.formatters.fits_image_cards import hdu_cards, primary_cards
from skybutler.images import DetectorLabel, Exposure, Image, Mask, Metadata, SkyWcs, VisitInfo

WCS = SkyWcs.from_affine(10.0, 20.0, [[-5e-5, 0.0], [0.0, 5e-5]], (0.1, 1.0 / 3.0))


def test_a_plane_tells_where_it_is() -> None:
    image = Image(np.zeros((2, 3), "f4"), (10**6, 9), "nJy")
    cards = hdu_cards("IMAGE", image, WCS)
    assert (cards["EXTNAME"], cards["BUNIT"], cards["LTV1"], cards["CRVAL2A"]) == ("IMAGE", "nJy", -1e6, 9.0)
    assert cards["CRPIX1"] == WCS.to_fits_header()["CRPIX1"] - 10**6
    assert cards["SB_CRPX1"] == WCS.to_fits_header()["CRPIX1"]  # which the difference has lost digits of
    mask = hdu_cards("MASK", Mask.zeros(image.bbox, {"BAD": 3}), None)
    assert mask["MP_BAD"] == 3
    assert "CRPIX1" not in mask
    assert "BUNIT" not in mask


def test_the_primary_header_tells_what_there_is() -> None:
    metadata = Metadata({"TITLE": "M31", "BITPIX": 9, "LTV1": 3.0, "FILTER": "wrong"})
    exposure = Exposure(
        Image(np.zeros((2, 3), "f4")), metadata=metadata, visit_info=VisitInfo(id=1), detector=DetectorLabel(3), id=7
    )
    cards = primary_cards(exposure, ("IMAGE", "MASK", "VARIANCE"), Metadata({"PSF_ID": 2}), {"LSST BUTLER RUN": "u"})
    assert cards["SB_PARTS"] == "image,mask,variance,visit,detector,id"
    assert (cards["TITLE"], cards["EXPID"], cards["PSF_ID"], cards["LSST BUTLER RUN"]) == ("M31", 7, 2, "u")
    assert cards["SB_ENDP"] == 0
    assert not {"BITPIX", "LTV1"} & set(cards)
    assert list(primary_cards(exposure.image, ("IMAGE",), Metadata(), None)) == ["SB_PARTS"]
