"""The names of ``lsst.obs.base`` that scripts use: ``Instrument`` and ``loadCamera``.  Adapters without geometry."""

# ruff: noqa: N802, N803 - the names are those of lsst.obs.base

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from skybutler.ingest import load_camera, register_instrument, write_curated_calibrations
from skybutler.instruments import Instrument as Description

from .butler import Butler
from .registry import Registry
from .wrapping import to_compat

__all__ = ["Instrument", "loadCamera"]


class Instrument:
    """An instrument by the methods of ``lsst.obs.base.Instrument``.

    Parameters
    ----------
    description : `skybutler.instruments.Instrument`
        What it is.
    collection_prefix : `str`, optional
        Begin of the names of its collections; its name by default.
    """

    def __init__(self, description: Description, collection_prefix: str | None = None) -> None:
        self.description = description
        self.collection_prefix = collection_prefix or description.name

    @staticmethod
    def fromName(name: str, registry: Registry, collection_prefix: str | None = None) -> Instrument:
        """A registered instrument.

        Raises
        ------
        DataIdValueError
            It is not registered.
        """
        registry.expandDataId(instrument=name)
        return Instrument(Description.load(name), collection_prefix)

    @staticmethod
    def from_string(name: str, registry: Registry | None = None, collection_prefix: str | None = None) -> Instrument:
        """An instrument by name or class name, registered or not."""
        return Instrument(Description.load(name), collection_prefix)

    def getName(self) -> str:
        """Name of the instrument."""
        return self.description.name

    def getCamera(self) -> Any:
        """The nominal camera, as `lsst.afw.cameraGeom` has it."""
        from skybutler.instruments.nominal_camera import nominal_camera

        return to_compat(nominal_camera(self.description))

    def register(self, registry: Registry, *, update: bool = False) -> None:
        """Make the records of the instrument, its detectors and filters."""
        register_instrument(registry._butler, self.description, update=update)

    def makeDefaultRawIngestRunName(self) -> str:
        """RUN of raws."""
        return self.makeCollectionName("raw", "all")

    def makeCollectionName(self, *labels: str) -> str:
        """A collection of this instrument."""
        return "/".join((self.collection_prefix, *labels))

    def makeCalibrationCollectionName(self, *labels: str) -> str:
        """A CALIBRATION collection of this instrument."""
        return self.makeCollectionName("calib", *labels)

    def makeUnboundedCalibrationRunName(self, *labels: str) -> str:
        """RUN of calibrations that are always valid."""
        return self.makeCalibrationCollectionName(*labels, "unbounded")

    def makeCuratedCalibrationRunName(self, calibDate: str, *labels: str) -> str:
        """RUN of curated calibrations since a date."""
        return self.makeCalibrationCollectionName(*labels, "curated", calibDate)

    def writeCuratedCalibrations(
        self, butler: Butler, collection: str | None = None, labels: Iterable[str] = ()
    ) -> None:
        """Write the camera, and the text calibrations that the repository's configuration names."""
        named = [labels] if isinstance(labels, str) else list(labels)
        write_curated_calibrations(
            butler._plain, self.description, labels=named, collection=collection, prefix=self.collection_prefix
        )


def loadCamera(
    butler: Butler, dataId: Mapping[str, Any] | None = None, *, collections: Any = None, **kwargs: Any
) -> tuple[Any, bool]:
    """The camera of an observation, and whether it is a dataset (or else the nominal one)."""
    camera, versioned = load_camera(butler._plain, {**(dataId or {}), **kwargs}, collections=collections)
    return to_compat(camera), versioned
