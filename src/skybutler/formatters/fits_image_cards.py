"""Cards of the HDUs of an exposure: of its metadata, and of each plane.  Knows no files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skybutler.images import CameraDetector, Exposure, Image, Mask, Metadata, SkyWcs

from . import fits_layout as layout
from .exposure_archive import in_table
from .fits_header import STRUCTURAL
from .fits_planes import END, PLACES
from .formatter import old_provenance

__all__ = ["hdu_cards", "primary_cards"]


def primary_cards(
    obj: object, planes: tuple[str, ...], archive: Metadata, provenance: Mapping[str, Any] | None
) -> Metadata:
    """Cards of the primary HDU: metadata, circumstances, labels, what there is.

    Parameters
    ----------
    obj : `Exposure`, `MaskedImage`, `Image` or `Mask`
        What is written.
    planes : `tuple` [`str`]
        Names of its planes.
    archive : `Metadata`
        Cards that refer to tables after the planes.
    provenance : mapping, optional
        Cards that tell how it was made.
    """
    cards, parts = Metadata(), [plane.lower() for plane in planes]
    if isinstance(obj, Exposure):
        kept = (c for c in obj.metadata.cards() if not (STRUCTURAL.fullmatch(c.key) or layout.is_reserved(c.key)))
        cards = Metadata(kept)
        if obj.visit_info is not None:
            parts.append("visit")
            visit = layout.visit_info_cards(obj.visit_info)
            cards = Metadata([*cards.without(layout.VISIT_KEYS).cards(), *visit.cards()])
        filter_label = None if in_table(obj, "filter_label") else obj.filter_label
        detector = None if isinstance(obj.detector, CameraDetector) else obj.detector
        parts += [part for part, label in (("filter", filter_label), ("detector", detector)) if label is not None]
        cards.update(layout.label_cards(filter_label, detector))
        cards = Metadata([*cards.without(archive).cards(), *archive.cards()])
        if isinstance(obj.detector, CameraDetector):
            cards = cards.without(("DETNAME", "DETSER"))
            cards.update({"DETNAME": obj.detector.name, "DETSER": obj.detector.serial})
        if obj.id is not None:
            parts.append("id")
            cards["EXPID"] = obj.id
    cards = cards.without(old) if (old := old_provenance(cards)) else cards
    cards[layout.PARTS] = ",".join(parts)
    if "VARIANCE" in planes:
        cards.update(dict.fromkeys([*PLACES.values(), END], 0))
    cards.update(provenance or {})
    return cards


def hdu_cards(name: str, plane: Image | Mask, wcs: SkyWcs | None) -> Metadata:
    """Cards of the HDU of a plane: sky coordinates, name, unit or names of bits, place in the parent frame.

    Parameters
    ----------
    name : `str`
        Of the plane.
    plane : `Image` or `Mask`
    wcs : `SkyWcs`, optional
        Left out if cards cannot represent it.
    """
    cards = Metadata()
    if wcs is not None and wcs.has_fits_cards():
        cards.update(wcs.to_fits_header(plane.xy0))
        cards.update(_exact_reference(wcs, plane.xy0))
    cards.update({"INHERIT": True, "EXTTYPE": name, "EXTNAME": name})
    if isinstance(plane, Mask):
        cards.update(layout.plane_cards(plane.planes))
    elif plane.unit is not None:
        cards["BUNIT"] = plane.unit
    cards.update(layout.origin_cards(plane.xy0))
    return cards


def _exact_reference(wcs: SkyWcs, xy0: tuple[int, int]) -> Metadata:
    """Reference pixel in the parent frame, where rounding has made CRPIX - xy0 + xy0 differ from CRPIX."""
    cards, parent, stored = Metadata(), wcs.to_fits_header(), wcs.to_fits_header(xy0)
    for axis, offset in zip("12", xy0, strict=True):
        if stored[f"CRPIX{axis}"] + offset != parent[f"CRPIX{axis}"]:
            cards[f"SB_CRPX{axis}"] = parent[f"CRPIX{axis}"]
    return cards
