"""Which formatter reads and writes what, by short names.  The only place that turns a formatter's name into code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from skybutler.errors import ConfigError, FormatError, StorageClassError, nearest

from .formatter import Formatter
from .lookup import Lookup

if TYPE_CHECKING:
    from skybutler.datasets.dataset_type import DatasetType

__all__ = [
    "ALIASES",
    "BUILTIN",
    "DEFAULTS",
    "ENTRY_POINTS",
    "FormatterChoice",
    "FormatterTable",
    "load",
    "make",
    "short_name",
]

BUILTIN: Mapping[str, str] = {
    "afw-catalog": "skybutler.formatters.afw_catalog:AfwCatalogFormatter",
    "afw-object": "skybutler.formatters.afw_object:AfwObjectFormatter",
    "astropy-table": "skybutler.formatters.astropy_table:AstropyTableFormatter",
    "calibration-text": "skybutler.formatters.calibration_text:CalibrationTextFormatter",
    "camera": "skybutler.formatters.afw_object:AfwObjectFormatter",  # as it was recorded before others were written so
    "fits-image": "skybutler.formatters.fits_image:FitsImageFormatter",
    "fits-table": "skybutler.formatters.fits_table:FitsTableFormatter",
    "json": "skybutler.formatters.json:JsonFormatter",
    "numpy": "skybutler.formatters.numpy:NumpyFormatter",
    "packages": "skybutler.formatters.packages:PackagesFormatter",
    "parquet": "skybutler.formatters.parquet:ParquetFormatter",
    "plot": "skybutler.formatters.plot:PlotFormatter",
    "property-set": "skybutler.formatters.property_set:PropertySetFormatter",
    "raw": "skybutler.instruments.raw_formatter:RawFormatter",
    "skymap": "skybutler.formatters.skymap:SkyMapFormatter",
    "task-metadata": "skybutler.formatters.task_metadata:TaskMetadataFormatter",
    "text": "skybutler.formatters.text:TextFormatter",
    "yaml": "skybutler.formatters.yaml:YamlFormatter",
}
"""Module and class of every formatter we bring, by the short name that is recorded with each file."""

ENTRY_POINTS = "skybutler.formatters"
"""Entry-point group through which other packages add formatters."""

DEFAULTS: Mapping[str, str] = {
    "ApCorr": "afw-object",
    "ArrowAstropy": "parquet",
    "ArrowNumpy": "parquet",
    "ArrowNumpyDict": "parquet",
    "ArrowSchema": "parquet",
    "ArrowTable": "parquet",
    "AstropyQTable": "astropy-table",
    "AstropyTable": "astropy-table",
    "BrighterFatterKernel": "calibration-text",
    "ButlerLogRecords": "json",
    "Camera": "afw-object",
    "Catalog": "afw-catalog",
    "CoaddInputs": "afw-object",
    "Config": "text",
    "CrosstalkCalib": "fits-table",
    "DataFrame": "parquet",
    "DecoratedImage": "fits-image",
    "DecoratedImageU": "fits-image",
    "Defects": "fits-table",
    "Detector": "afw-object",
    "DifferenceImage": "fits-image",
    "Exposure": "fits-image",
    "ExposureCatalog": "afw-catalog",
    "ExposureF": "fits-image",
    "ExposureI": "fits-image",
    "ExposureSummaryStats": "afw-object",
    "ExposureU": "fits-image",
    "FilterLabel": "afw-object",
    "Image": "fits-image",
    "ImageF": "fits-image",
    "ImageI": "fits-image",
    "ImageU": "fits-image",
    "ImageV2": "fits-image",
    "IsrCalib": "fits-table",
    "Linearizer": "fits-table",
    "Mask": "fits-image",
    "MaskV2": "fits-image",
    "MaskX": "fits-image",
    "MaskedImage": "fits-image",
    "MaskedImageF": "fits-image",
    "MaskedImageI": "fits-image",
    "MaskedImageU": "fits-image",
    "MaskedImageV2": "fits-image",
    "MetricMeasurementBundle": "json",
    "MetricValue": "yaml",
    "NumpyArray": "numpy",
    "Packages": "packages",
    "PeakCatalog": "afw-catalog",
    "PhotoCalib": "afw-object",
    "PhotonTransferCurveDataset": "fits-table",
    "Plot": "plot",
    "Polygon": "afw-object",
    "PropertyList": "property-set",
    "PropertySet": "property-set",
    "Psf": "afw-object",
    "QECurve": "fits-table",
    "RegionTimeInfo": "json",
    "SimpleCatalog": "afw-catalog",
    "SkyMap": "skymap",
    "SourceCatalog": "afw-catalog",
    "StructuredDataDict": "yaml",
    "StructuredDataList": "yaml",
    "TablePersistable": "afw-object",
    "TaskMetadata": "task-metadata",
    "Thumbnail": "numpy",
    "Timespan": "json",
    "TransmissionCurve": "afw-object",
    "VisitBackgroundModel": "json",
    "VisitGeometry": "json",
    "VisitImage": "fits-image",
    "VisitInfo": "afw-object",
    "Wcs": "afw-object",
    "int": "json",
}
"""Formatter of each storage class unless the datastore configuration says otherwise."""

ALIASES: Mapping[str, tuple[str, ...]] = {
    "lsst.daf.butler.formatters.astropyTable.AstropyTableFormatter": ("astropy-table",),
    "lsst.daf.butler.formatters.json.JsonFormatter": ("json", "task-metadata", "property-set"),
    "lsst.daf.butler.formatters.logs.ButlerLogRecordsFormatter": ("json",),
    "lsst.daf.butler.formatters.matplotlib.MatplotlibFormatter": ("plot",),
    "lsst.daf.butler.formatters.packages.PackagesFormatter": ("packages",),
    "lsst.daf.butler.formatters.parquet.ParquetFormatter": ("parquet",),
    "lsst.daf.butler.formatters.pickle.PickleFormatter": ("numpy", "skymap"),
    "lsst.daf.butler.formatters.yaml.YamlFormatter": (
        "yaml",
        "property-set",
        "task-metadata",
        "calibration-text",
        "skymap",
    ),
    "lsst.obs.base.fitsExposureFormatter.FitsExposureFormatter": ("fits-image",),
    "lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter": ("fits-image",),
    "lsst.obs.base.formatters.fitsExposure.FitsImageFormatter": ("fits-image",),
    "lsst.obs.base.formatters.fitsExposure.FitsImageFormatterBase": ("fits-image",),
    "lsst.obs.base.formatters.fitsExposure.FitsMaskFormatter": ("fits-image",),
    "lsst.obs.base.formatters.fitsExposure.FitsMaskedImageFormatter": ("fits-image",),
    "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter": (
        "fits-table",
        "fits-image",
        "afw-object",
        "afw-catalog",
    ),
    "lsst.obs.base.formatters.pexConfig.PexConfigFormatter": ("text",),
    "lsst.pipe.base.formatters.pexConfig.PexConfigFormatter": ("text",),
    "lsst.pipe.base.pexConfig.PexConfigFormatter": ("text",),
    "lsst.pipe.base.formatters.packages.PackagesFormatter": ("packages",),
    "lsst.obs.base.formatters.packages.PackagesFormatter": ("packages",),
}
"""Short names for formatter classes that foreign repositories have recorded.

Where there are several, the one that is the default of the dataset's storage class is meant, or else the first.
"""

RECIPES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "fits-image": {
        "default": {},
        "lossless": {},
        "lossy": {"quantize": 16.0},
        "lossy16": {"quantize": 16.0},
        "noCompression": {"compress": False},
    },
}
"""Write parameters by the names that configurations of the Gen3 butler use for them."""

_RAW_ALIAS = re.compile(r"lsst\.obs\.[\w.]*RawFormatter\Z")


@dataclass(frozen=True, slots=True)
class FormatterChoice:
    """A formatter's short name and its write parameters."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def short_name(recorded: str, storage_class: str = "") -> str:
    """Our name for a recorded formatter: foreign class names are translated, all else is returned as it is."""
    if recorded in BUILTIN:
        return recorded
    if _RAW_ALIAS.match(recorded):
        return "raw"
    candidates = ALIASES.get(recorded)
    if candidates is None:
        return recorded
    usual = DEFAULTS.get(storage_class, "")
    return usual if usual in candidates else candidates[0]


@cache
def load(name: str) -> Formatter:
    """The formatter of a short name, or of a foreign class name that has one; for reading.

    Raises
    ------
    skybutler.errors.FormatError
        If no installed package brings it.
    """
    return make(FormatterChoice(name))


def make(choice: FormatterChoice) -> Formatter:
    """A formatter with its write parameters.

    Raises
    ------
    skybutler.errors.ConfigError
        If it does not know one of the parameters.
    skybutler.errors.FormatError
        If no installed package brings it.
    """
    cls = _formatter_class(short_name(choice.name))
    try:
        return cls(**choice.parameters)
    except TypeError as error:
        raise ConfigError(
            f"Formatter {choice.name!r} does not take the parameters {dict(choice.parameters)}: {error}."
        ) from error


@cache
def _formatter_class(name: str) -> type[Formatter]:
    if name in BUILTIN:
        module, _, attribute = BUILTIN[name].partition(":")
        found: type[Formatter] = getattr(import_module(module), attribute)
        return found
    from importlib.metadata import entry_points

    for entry in entry_points(group=ENTRY_POINTS, name=name):
        loaded: type[Formatter] = entry.load()
        return loaded
    known = [*BUILTIN, *(entry.name for entry in entry_points(group=ENTRY_POINTS))]
    raise FormatError(
        f"There is no formatter {name!r}.",
        hint=nearest(name, known) or f"Known are {', '.join(sorted(known))}; packages add them as {ENTRY_POINTS!r}.",
    )


class FormatterTable:
    """Which formatter writes which dataset, from the built-in table and a datastore's configuration.

    Parameters
    ----------
    config : mapping, optional
        Formatter names, or mappings with ``formatter`` and ``parameters``, by the keys of
        `skybutler.formatters.lookup.Lookup`; ``write_recipes`` holds named parameter sets by formatter, to which a
        parameter ``recipe`` refers.

    Raises
    ------
    skybutler.errors.ConfigError
        If an entry is malformed.
    """

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        entries = {key: value for key, value in (config or {}).items() if key not in ("write_recipes", "default")}
        self._recipes: Mapping[str, Mapping[str, Any]] = (config or {}).get("write_recipes", {})
        self._lookup: Lookup[Any] = Lookup({**DEFAULTS, **entries})
        for value in self._lookup.values():
            self._choice(value, "")

    def choose(
        self,
        dataset_type: DatasetType,
        *,
        instrument: str | None = None,
        component: str | None = None,
        storage_class: str | None = None,
    ) -> FormatterChoice:
        """The formatter that writes a dataset; for the parameters see `skybutler.formatters.lookup.Lookup.find`.

        Raises
        ------
        skybutler.errors.StorageClassError
            If none is configured.
        """
        name = storage_class or dataset_type.storage_class
        found = self._lookup.find(dataset_type, instrument=instrument, component=component, storage_class=name)
        if found is None:
            raise StorageClassError(
                f"No formatter is configured for storage class {name!r} of dataset type {dataset_type.name!r}.",
                hint=f"Add 'datastore: formatters: {name}: NAME' to butler.yaml; names: {', '.join(sorted(BUILTIN))}.",
            )
        return self._choice(found, name)

    def _choice(self, value: Any, storage_class: str) -> FormatterChoice:
        if isinstance(value, str):
            return FormatterChoice(short_name(value, storage_class))
        if not isinstance(value, Mapping) or not isinstance(value.get("formatter"), str):
            raise ConfigError(
                f"A formatter entry is a name, or a mapping with 'formatter' and 'parameters': {value!r}."
            )
        name = short_name(value["formatter"], storage_class)
        parameters = dict(value.get("parameters") or {})
        if (recipe := parameters.pop("recipe", None)) is not None:
            recipes = {**RECIPES.get(name, {}), **self._recipes.get(value["formatter"], {})}
            if recipe not in recipes:
                raise ConfigError(f"Formatter {name!r} has no write recipe {recipe!r}.", hint=nearest(recipe, recipes))
            parameters = {**recipes[recipe], **parameters}
        return FormatterChoice(name, parameters)
