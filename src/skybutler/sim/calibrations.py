"""Calibration products of a simulated survey: bias, dark, flat and sky of every detector, with tables for their ingest.

They are made of the detectors' signatures, with the noise of a few combined exposures.  Knows no repository.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skybutler.ingest.processes import open_executor
from skybutler.instruments import Detector, Instrument
from skybutler.sim.detector_image import sky_gradient
from skybutler.sim.physics import DARK_S, FLAT_ELECTRONS
from skybutler.sim.raw_file import scaled_shape
from skybutler.sim.signature import bias_pattern, dark_current, pixel_response
from skybutler.sky.times import parse_time
from skybutler.sky.timespan import Timespan

if TYPE_CHECKING:
    from skybutler.images import Exposure

__all__ = ["PRODUCTS", "Product", "ProductFiles", "simulate_calibrations"]

Floats = npt.NDArray[np.float64]
Progress = Callable[[Path], None]

_COMBINED = 20
"""Exposures in one product."""
_SKY_ELECTRONS = 50_000.0
_STORAGE_CLASS = "ExposureF"


@dataclass(frozen=True)
class Product:
    """A kind of calibration product.

    Parameters
    ----------
    name : `str`
        Dataset type.
    run : `str`
        Where it is kept: a run named as those of the second data challenge.
    per_filter : `bool`
        Whether there is one for each filter.
    begin, end : `str`
        Time span (TAI) of its validity, ISO 8601.
    """

    name: str
    run: str
    per_filter: bool
    begin: str = "2022-01-01T00:00:00"
    end: str = "2032-01-01T00:00:00"

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Required dimensions."""
        return ("instrument", "detector", "physical_filter")[: 3 if self.per_filter else 2]

    @property
    def valid(self) -> Timespan:
        """When it is valid."""
        return Timespan(*(parse_time(date, "isot", "tai") for date in (self.begin, self.end)))


PRODUCTS = (
    Product("bias", "2.2i/calib/gen2/20220101T000000Z", False),
    Product("dark", "2.2i/calib/gen2/20220101T000000Z", False),
    Product("flat", "2.2i/calib/gen2/20220806T000000Z", True),
    Product("sky", "2.2i/calib/gen2/20231201T000000Z", True),
)
"""What `simulate_calibrations` writes; all are of storage class ExposureF."""


@dataclass(frozen=True)
class ProductFiles:
    """The files of one kind; ``table`` lists them (columns filename, instrument, detector, physical_filter)."""

    product: Product
    files: tuple[Path, ...]
    table: Path


def simulate_calibrations(
    directory: str | Path,
    instrument: Instrument,
    detectors: Sequence[Detector],
    bands: Sequence[str],
    *,
    scale: int = 8,
    seed: int = 42,
    processes: int = 1,
    progress: Progress | None = None,
) -> tuple[ProductFiles, ...]:
    """Write the products of some detectors.

    Parameters
    ----------
    directory : path
        Where; made if need be.  ``bias/bias_R22_S11.fits``, ``flat/i_sim_1.4/flat_i_sim_1.4_R22_S11.fits`` and so on,
        and a table for each kind: ``bias.ecsv`` lists absolute paths, as ``butler ingest-files`` takes them.
    instrument, detectors : `Instrument`, sequence of `Detector`
        What they are of.
    bands : sequence of `str`
        Bands of which there are flats and sky frames, each with the filter of that band.
    scale, seed : `int`
        Those of the survey.
    processes : `int`
        How many work; the files are the same.
    progress : callable, optional
        Called with each file just written.

    Returns
    -------
    products : `tuple` [`ProductFiles`]
        In the order of `PRODUCTS`.
    """
    top = Path(directory).absolute()
    filters = [next(f for f, b in instrument.filters.items() if b == band) for band in bands]
    tasks = [
        _Task(top / product.name / (name or ""), product, instrument.name, detector.id, name, scale, seed)
        for product in PRODUCTS
        for name in (filters if product.per_filter else [None])
        for detector in detectors
    ]
    paths: list[Path] = []
    with open_executor(processes) as executor:
        for path in executor.map(_write, tasks):
            paths.append(path)
            if progress is not None:
                progress(path)
    return tuple(_listed(top, product, tasks, paths) for product in PRODUCTS)


@dataclass(frozen=True)
class _Task:
    """One product to be written."""

    folder: Path
    product: Product
    instrument: str
    detector: int
    filter_name: str | None
    scale: int
    seed: int


def _listed(folder: Path, product: Product, tasks: Sequence[_Task], paths: Sequence[Path]) -> ProductFiles:
    """The files of one kind, after their table was written."""
    mine = [(task, path) for task, path in zip(tasks, paths, strict=True) if task.product is product]
    rows = [
        (str(path), task.instrument, task.detector, *([task.filter_name] if task.filter_name else []))
        for task, path in mine
    ]
    return ProductFiles(product, tuple(path for _, path in mine), _table(folder, product, rows))


def _table(folder: Path, product: Product, rows: Sequence[tuple[Any, ...]]) -> Path:
    from astropy.table import Table

    path = folder / f"{product.name}.ecsv"
    Table(rows=rows, names=["filename", *product.dimensions]).write(path, format="ascii.ecsv", overwrite=True)
    return path


def _write(task: _Task) -> Path:
    from skybutler.datasets.storage_class import StorageClasses
    from skybutler.formatters.fits_image import FitsImageFormatter

    task.folder.mkdir(parents=True, exist_ok=True)
    instrument = Instrument.load(task.instrument)
    detector = instrument.detector(task.detector)
    words = (task.product.name, task.filter_name, detector.full_name)
    path = task.folder / f"{'_'.join(word for word in words if word)}.fits"
    FitsImageFormatter().write(
        _exposure(task, instrument, detector), path, StorageClasses.default()[_STORAGE_CLASS], None
    )
    return path


def _exposure(task: _Task, instrument: Instrument, detector: Detector) -> Exposure:
    """One product as an exposure: image and variance, labels, and the cards that say what it calibrates since when."""
    from skybutler.images import DetectorLabel, Exposure, FilterLabel, Image, Metadata

    product, filter_name = task.product, task.filter_name
    shape, seed = scaled_shape(detector, task.scale), task.seed
    band = instrument.filters[filter_name] if filter_name else None
    random = np.random.default_rng(
        np.random.SeedSequence((seed, detector.id, PRODUCTS.index(product), ord(band) if band else 0))
    )
    pixels, variance, unit = _pixels(product, detector, band, shape, seed)
    pixels = pixels + np.sqrt(variance) * random.standard_normal(shape)
    date = product.run.rpartition("/")[2]
    cards = {
        "OBSTYPE": product.name,
        "INSTRUME": instrument.name,
        "DETECTOR": detector.id,
        "CALIBDATE": f"{date[:4]}-{date[4:6]}-{date[6:8]}",
        "CALIB_ID": f"detectorName={detector.full_name} detector={detector.id} filter={filter_name or 'NONE'}",
    }
    return Exposure(
        Image(pixels.astype(np.float32), unit=unit),
        variance=Image(variance.astype(np.float32)),
        metadata=Metadata(cards),
        detector=DetectorLabel(id=detector.id, name=detector.full_name),
        filter_label=FilterLabel(band=band, physical=filter_name) if band else None,
    )


def _pixels(
    product: Product, detector: Detector, band: str | None, shape: tuple[int, int], seed: int
) -> tuple[Floats, Floats, str | None]:
    """Noiseless pixels, the variance of the product, and the unit."""
    amplifier = detector.layout.amplifiers[0]
    noise = np.full(shape, (amplifier.read_noise / amplifier.gain) ** 2 / _COMBINED)
    if product.name == "bias":
        return bias_pattern(detector, shape, seed), noise, "adu"
    if product.name == "dark":
        current = dark_current(detector, shape, seed) / amplifier.gain
        return current, noise / DARK_S**2 + current / (amplifier.gain * DARK_S * _COMBINED), "adu/s"
    if product.name == "flat" and band is not None:
        response = pixel_response(detector, band, shape, seed)
        return response, response / (FLAT_ELECTRONS * _COMBINED), None
    gradient = sky_gradient(shape)
    return gradient, gradient / (_SKY_ELECTRONS * _COMBINED), None
