"""Our formatters under the class names that other software records for them.  Loads no formatter."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["foreign_name"]

_FITS = "lsst.obs.base.formatters.fitsExposure."
_NAMES: Mapping[str, str] = {
    "afw-catalog": "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter",
    "afw-object": "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter",
    "astropy-table": "lsst.daf.butler.formatters.astropyTable.AstropyTableFormatter",
    "calibration-text": "lsst.daf.butler.formatters.astropyTable.AstropyTableFormatter",
    "camera": "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter",
    "fits-image": _FITS + "FitsExposureFormatter",
    "fits-table": "lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter",
    "json": "lsst.daf.butler.formatters.json.JsonFormatter",
    "numpy": "lsst.daf.butler.formatters.pickle.PickleFormatter",
    "packages": "lsst.daf.butler.formatters.packages.PackagesFormatter",
    "parquet": "lsst.daf.butler.formatters.parquet.ParquetFormatter",
    "plot": "lsst.daf.butler.formatters.matplotlib.MatplotlibFormatter",
    "property-set": "lsst.daf.butler.formatters.yaml.YamlFormatter",
    "skymap": "lsst.daf.butler.formatters.yaml.YamlFormatter",
    "task-metadata": "lsst.daf.butler.formatters.json.JsonFormatter",
    "text": "lsst.pipe.base.formatters.pexConfig.PexConfigFormatter",
    "yaml": "lsst.daf.butler.formatters.yaml.YamlFormatter",
}
"""Class by our short name.  There is none for .npy files; that of pickles is the one of their storage class."""

_OF_STORAGE_CLASS: Mapping[tuple[str, str], str] = {
    ("calibration-text", "BrighterFatterKernel"): "lsst.daf.butler.formatters.yaml.YamlFormatter",
    ("fits-image", "Image"): _FITS + "FitsImageFormatter",
    ("fits-image", "ImageF"): _FITS + "FitsImageFormatter",
    ("fits-image", "ImageI"): _FITS + "FitsImageFormatter",
    ("fits-image", "ImageU"): _FITS + "FitsImageFormatter",
    ("fits-image", "Mask"): _FITS + "FitsMaskFormatter",
    ("fits-image", "MaskX"): _FITS + "FitsMaskFormatter",
    ("fits-image", "MaskedImage"): _FITS + "FitsMaskedImageFormatter",
    ("fits-image", "MaskedImageF"): _FITS + "FitsMaskedImageFormatter",
    ("fits-image", "MaskedImageI"): _FITS + "FitsMaskedImageFormatter",
    ("fits-image", "MaskedImageU"): _FITS + "FitsMaskedImageFormatter",
    ("json", "ButlerLogRecords"): "lsst.daf.butler.formatters.logs.ButlerLogRecordsFormatter",
}


def foreign_name(recorded: str, storage_class: str, instrument_class: str = "") -> str:
    """The class name that other software has for a formatter.

    Parameters
    ----------
    recorded : `str`
        What the repository has recorded: a short name of ours, or a class name already.
    storage_class : `str`
        Storage class of the datasets.
    instrument_class : `str`
        Class name of the instrument, which raws have formatters of.

    Returns
    -------
    name : `str`
        The class name; ``recorded`` where there is none.
    """
    if recorded == "raw" and "." in instrument_class:
        package, _, instrument = instrument_class.rpartition(".")
        return f"{package}.rawFormatter.{instrument}RawFormatter"
    return _OF_STORAGE_CLASS.get((recorded, storage_class)) or _NAMES.get(recorded, recorded)
