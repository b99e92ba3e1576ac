"""Objects of ours with the spellings of another library around them, and the one place that goes from one to the other.

Knows no spellings: the classes with them are found by name, when an object for them is met first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Self

from skybutler.errors import nearest

__all__ = ["WRAPPERS", "Wrapped", "plain_parameters", "to_compat", "to_plain"]

WRAPPERS: Mapping[str, str] = {
    "skybutler.datasets.property_set.PropertySet": "skybutler.compat.daf_base:PropertySet.of",
    "skybutler.datasets.property_set.TaskMetadata": "skybutler.compat.daf_base:TaskMetadata.of",
    "skybutler.images.aperture_corrections.ApertureCorrections": "skybutler.compat.afw.parts:ApCorrMap.of",
    "skybutler.images.box.Box": "skybutler.compat.afw.pixels:box_of",
    "skybutler.images.camera.Camera": "skybutler.compat.afw.camera:Camera.of",
    "skybutler.images.camera.CameraAmplifier": "skybutler.compat.afw.camera:Amplifier.of",
    "skybutler.images.camera.CameraDetector": "skybutler.compat.afw.camera:Detector.of",
    "skybutler.images.coadd_inputs.CoaddInputs": "skybutler.compat.afw.parts:CoaddInputs.of",
    "skybutler.images.exposure.DetectorLabel": "skybutler.compat.afw.camera:Detector.of",
    "skybutler.images.exposure.Exposure": "skybutler.compat.afw.exposure:exposure_of",
    "skybutler.images.exposure.FilterLabel": "skybutler.compat.afw.visit_info:FilterLabel.of",
    "skybutler.images.fields.BoundedField": "skybutler.compat.afw.parts:BoundedField.of",
    "skybutler.images.image.Image": "skybutler.compat.afw.pixels:image_of",
    "skybutler.images.mask.Mask": "skybutler.compat.afw.mask:Mask.of",
    "skybutler.images.masked_image.MaskedImage": "skybutler.compat.afw.masked_image:masked_image_of",
    "skybutler.images.metadata.Metadata": "skybutler.compat.daf_base:PropertyList.of",
    "skybutler.images.photo_calib.PhotoCalib": "skybutler.compat.afw.photo_calib:PhotoCalib.of",
    "skybutler.images.polygon.Polygon": "skybutler.compat.afw.parts:Polygon.of",
    "skybutler.images.psf.Psf": "skybutler.compat.afw.psf:psf_of",
    "skybutler.images.summary_stats.SummaryStats": "skybutler.compat.afw.parts:SummaryStats.of",
    "skybutler.images.transmission.TransmissionCurve": "skybutler.compat.afw.parts:TransmissionCurve.of",
    "skybutler.images.visit_info.Observatory": "skybutler.compat.afw.visit_info:Observatory.of",
    "skybutler.images.visit_info.VisitInfo": "skybutler.compat.afw.visit_info:VisitInfo.of",
    "skybutler.images.visit_info.Weather": "skybutler.compat.afw.visit_info:Weather.of",
    "skybutler.images.wcs.SkyWcs": "skybutler.compat.afw.wcs:SkyWcs.of",
    "skybutler.skymap.sky_map.SkyMap": "skybutler.compat.skymap:sky_map_of",
    "skybutler.tables.catalog.Catalog": "skybutler.compat.afw.catalogs:catalog_of",
    "skybutler.tables.footprint.Footprint": "skybutler.compat.afw.footprints:footprint_of",
}
"""What is handed out with other spellings: class of ours → function that wraps its objects.

A class stands for those derived from it, unless these have an entry of their own.
"""


_PAIRS = {"dimensions": "Extent2I", "xy0": "Point2I"}
"""Components that are pairs of numbers with us."""


class Wrapped:
    """An object of ours with other spellings; what is not spelt otherwise is asked of ours.

    Attributes
    ----------
    plain
        Ours, shared: what is written into it is seen through all its wrappers.
    """

    __slots__ = ("plain",)

    plain: Any

    @classmethod
    def of(cls, plain: Any) -> Self:
        """Wrap an object of ours."""
        made = cls.__new__(cls)
        made.plain = plain
        return made

    def __getattr__(self, name: str) -> Any:
        if name == "plain" or (name.startswith("_") and not name.startswith("_repr_")):
            raise AttributeError(name)
        try:
            return getattr(self.plain, name)
        except AttributeError:
            pass
        hint = nearest(name, (known for known in dir(self) if not known.startswith("_")))
        raise AttributeError(f"{type(self).__name__} has no '{name}' here. {hint}".strip())

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(n for n in dir(self.plain) if not n.startswith("_"))})

    def __eq__(self, other: object) -> bool:
        return bool(self.plain == to_plain(other))

    def __hash__(self) -> int:
        return hash(self.plain)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).of, (self.plain,)

    def __repr__(self) -> str:
        return repr(self.plain)

    def __str__(self) -> str:
        return str(self.plain)


_known: dict[type, Callable[[Any], Any] | None] = {}


def _wrapper(kind: type) -> Callable[[Any], Any] | None:
    if kind not in _known:
        _known[kind] = _find(kind)
    return _known[kind]


def _find(kind: type) -> Callable[[Any], Any] | None:
    for parent in kind.__mro__:
        found = WRAPPERS.get(f"{parent.__module__}.{parent.__qualname__}")
        if found is not None:
            module, _, path = found.partition(":")
            wrap: Any = import_module(module)
            for name in path.split("."):
                wrap = getattr(wrap, name)
            return wrap  # type: ignore[no-any-return]
    return None


def to_compat(obj: Any, component: str | None = None) -> Any:
    """An object as scripts that use other spellings expect it; itself if there are none for it.  Pixels are shared.

    Parameters
    ----------
    obj
        Anything.
    component : `str`, optional
        As which component it was read: pairs of numbers become what the component is called by.
    """
    if isinstance(obj, tuple) and component in _PAIRS:
        from .geom import Extent2I, Point2I

        return (Extent2I if _PAIRS[component] == "Extent2I" else Point2I)(*obj)
    wrap = _wrapper(type(obj))
    return obj if wrap is None else wrap(obj)


def to_plain(obj: Any) -> Any:
    """Our object in what a script gives: of a wrapper what it wraps, of a box ours, all else as it is."""
    if isinstance(obj, Wrapped):
        return obj.plain
    from .geom import Box2I

    if isinstance(obj, Box2I):
        from .afw.pixels import plain_box

        return plain_box(obj)
    return obj


def plain_parameters(parameters: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Read parameters with our objects in place of those with other spellings."""
    return None if parameters is None else {name: to_plain(value) for name, value in parameters.items()}
