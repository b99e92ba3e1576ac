"""A repository of processed Hyper Suprime-Cam visits, laid out as those of the integration tests of 2020 were.

Exposures and catalogs are simulated; exposure records come from headers as the camera writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from skybutler.butler import Butler
from skybutler.butler.records import fitting
from skybutler.errors import ConflictError, InvalidError
from skybutler.images import Exposure
from skybutler.ingest import define_visits, register_instrument
from skybutler.instruments import Instrument
from skybutler.instruments.exposure_records import dependency_columns, exposure_columns
from skybutler.instruments.headers import CardValue, HeaderTable
from skybutler.instruments.translate import translate
from skybutler.sim.calexp import simulate_calexp
from skybutler.sim.circumstances import source_ids, visit_info
from skybutler.sim.measurement import measure
from skybutler.sim.visits import SimulatedVisit
from skybutler.tables import SourceCatalog

__all__ = ["COLLECTION", "VISITS", "HscRepository", "simulate_hsc_repository"]

INSTRUMENT = "HSC"
COLLECTION = "shared/ci_hsc_output"

_NIGHT = 56598.25  # 2 November 2013, when stripe 82 was observed

VISITS = tuple(
    SimulatedVisit(number, "r", 320.75 + dx, -0.25 + dy, 270.0, _NIGHT + minutes / 1440.0, 30.0, seeing)
    for number, dx, dy, minutes, seeing in ((903334, 0.0, 0.0, 0.0, 0.62), (903338, 0.1, 0.05, 2.0, 0.7))
)
"""Two visits in HSC-R, dithered, a few minutes apart."""

# Files of a visit lie together, by band and filter, without the day that the templates of today have between.
_CONFIGURATION = {
    "datastore": {
        "root": "<butlerRoot>",
        "templates": {
            "default": "{run:/}/{datasetType}.{component:?}/{tract:?}/{patch:?}/{band:?}/{subfilter:?}/"
            "{physical_filter:?}/{visit:?}/{datasetType}_{component:?}_{tract:?}_{patch:?}_{band:?}_{physical_filter:?}_"
            "{visit:?}_{detector:?}_{instrument:?}_{skymap:?}_{skypix:?}_{run}"
        },
    }
}

_README = """\
Simulated Hyper Suprime-Cam visits, processed.  DATA is a repository of skybutler:

    from skybutler import Butler
    butler = Butler("DATA", collections="{collection}")
    calexp = butler.get("calexp", instrument="HSC", visit={visit}, detector={detector})
"""


@dataclass(frozen=True)
class HscRepository:
    """What was made.

    Parameters
    ----------
    directory : `~pathlib.Path`
        Top, with the repository in ``DATA``.
    sources : `dict`
        Number of sources by visit and detector.
    """

    directory: Path
    sources: dict[tuple[int, int], int]

    @property
    def repository(self) -> Path:
        """Root of the repository."""
        return self.directory / "DATA"


def simulate_hsc_repository(
    directory: str | Path,
    *,
    detectors: Sequence[int | str] = (22, 25),
    scale: int = 4,
    seed: int = 42,
    progress: Callable[[int, int], None] | None = None,
) -> HscRepository:
    """Make a repository with calibrated exposures and source catalogs of two visits.

    Parameters
    ----------
    directory : path
        Where; the repository is made in its folder ``DATA``.
    detectors : sequence of `int` or `str`
        Ids or names.
    scale : `int`
        How much larger than real pixels are; 1 for detectors of real size.
    seed : `int`
        The same seed gives the same pixels.
    progress : callable, optional
        Called with exposures done and exposures in all.

    Raises
    ------
    ConflictError
        There is a repository already.
    InvalidError
        No detector, or a scale below 1.
    NotFoundError
        There is no such detector.
    """
    camera, top = Instrument.load(INSTRUMENT), Path(directory)
    chosen = list(dict.fromkeys(camera.detector(key).id for key in detectors))
    if not chosen or scale < 1:
        raise InvalidError("A simulation needs at least one detector, and a scale of at least 1.")
    if (top / "DATA").exists():
        raise ConflictError(f"{top / 'DATA'} exists already.", hint="Choose another directory.")
    Butler.create(top / "DATA", seed=_CONFIGURATION)
    sources: dict[tuple[int, int], int] = {}
    with Butler(top / "DATA", run=COLLECTION) as butler:
        _register(butler, camera)
        for visit in VISITS:
            for detector in chosen:
                exposure = simulate_calexp(camera, detector, visit, scale=scale, seed=seed)
                sources[visit.id, detector] = _put(butler, camera, visit.id, detector, exposure)
                if progress is not None:
                    progress(len(sources), len(VISITS) * len(chosen))
    readme = _README.format(collection=COLLECTION, visit=VISITS[0].id, detector=chosen[0])
    (top / "README.md").write_text(readme, encoding="utf-8")
    return HscRepository(top, sources)


def _register(butler: Butler, camera: Instrument) -> None:
    register_instrument(butler, camera)
    observations = translate(_headers(), camera)
    elements = butler.registry.elements
    with butler.transaction():
        parts = {**dependency_columns(observations), "exposure": exposure_columns(observations)}
        for name, columns in parts.items():
            elements.insert(name, fitting(butler.dimensions[name], columns))
    define_visits(butler, camera)
    per_detector = ("instrument", "visit", "detector")
    butler.register_dataset_type("calexp", per_detector, "ExposureF")
    butler.register_dataset_type("src", per_detector, "SourceCatalog")
    butler.register_dataset_type("src_schema", (), "SourceCatalog")


def _headers() -> HeaderTable:
    """Headers of the first raw of each visit, the cards that matter."""
    rows = [_header(visit) for visit in VISITS]
    return HeaderTable([str(v.id) for v in VISITS], {card: [row[card] for row in rows] for card in rows[0]})


def _header(visit: SimulatedVisit) -> dict[str, CardValue]:
    from astropy.coordinates import Angle
    from astropy.time import Time

    begin, end = Time([visit.mjd, visit.mjd + visit.exposure_s / 86400.0], format="mjd", scale="tai").utc.isot
    info = visit_info(Instrument.load(INSTRUMENT), visit)
    return {
        "FRAMEID": f"HSCA{visit.id:06d}12",
        "EXP-ID": f"HSCA{visit.id:06d}00",
        "DATE-OBS": begin[:10],
        "UT-STR": begin[11:],
        "UT-END": end[11:],
        "EXPTIME": visit.exposure_s,
        "FILTER01": "HSC-r",
        "DATA-TYP": "OBJECT",
        "OBJECT": "STRIPE82L",
        "PROP-ID": "o13015",
        "DET-ID": 50,
        "INST-PA": 0.0,
        "RA2000": Angle(visit.ra, "deg").to_string("hour", sep=":", precision=3, pad=True),
        "DEC2000": Angle(visit.dec, "deg").to_string("deg", sep=":", precision=2, pad=True, alwayssign=True),
        "AZIMUTH": info.boresight_azimuth,
        "ALTITUDE": info.boresight_altitude,
        "AIRMASS": info.airmass,
    }


def _put(butler: Butler, camera: Instrument, visit: int, detector: int, exposure: Exposure) -> int:
    """Put an exposure and its sources; gives how many there are."""
    assert exposure.id is not None
    largest = camera.visit_max * camera.detector_max
    sources = measure(exposure, first_id=int(source_ids(exposure.id, largest, 1)[0]))
    data_id = {"instrument": INSTRUMENT, "visit": visit, "detector": detector}
    with butler.transaction():
        butler.put(exposure, "calexp", data_id)
        butler.put(sources, "src", data_id)
        if butler.find_dataset("src_schema") is None:
            butler.put(SourceCatalog(fields=sources.schema, aliases=sources.aliases), "src_schema", {})
    return len(sources)
