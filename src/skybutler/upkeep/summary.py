"""What is in a repository, for people and programs: `summarize`.  Counts come from the database; knows no terminal."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skybutler.registry.census import Census, DatasetCount, MemberCount, ObservationCount
from skybutler.sky.times import iso_text
from skybutler.sky.timespan import Timespan

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.registry.collections import Collection
    from skybutler.sky.count_map import Coverage

__all__ = [
    "CalibrationSummary",
    "CollectionSummary",
    "DatasetTypeSummary",
    "InstrumentSummary",
    "NightSummary",
    "SkyMapSummary",
    "Summary",
    "summarize",
]

_ORDER = "ugrizy"
"""Bands stand in this order, others after them by name."""


@dataclass(frozen=True, slots=True)
class CollectionSummary:
    """One collection; counts of a chain are those of its members, each dataset counted in its run, tag or calibration.

    ``bytes`` are those of the datasets that were born in it: 0 for other kinds than RUN.
    """

    name: str
    type: str
    doc: str
    children: tuple[str, ...]
    dataset_types: dict[str, int]
    datasets: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DatasetTypeSummary:
    """One dataset type: how many datasets, how many of them have a file, and the bytes of those files.

    ``unsized`` files have no recorded size.
    """

    name: str
    dimensions: tuple[str, ...]
    storage_class: str
    is_calibration: bool
    datasets: int
    stored: int
    bytes: int
    unsized: int

    @property
    def missing(self) -> int:
        """Datasets without a file."""
        return self.datasets - self.stored


@dataclass(frozen=True, slots=True)
class InstrumentSummary:
    """One instrument; times are TAI, ISO 8601."""

    name: str
    detectors: int
    filters: dict[str, str | None]
    exposures: int
    visits: int
    nights: int
    begin: str | None
    end: str | None


@dataclass(frozen=True, slots=True)
class NightSummary:
    """Exposures of one night, instrument and band."""

    instrument: str
    day_obs: int
    band: str | None
    exposures: int


@dataclass(frozen=True, slots=True)
class SkyMapSummary:
    """One sky map, as far as it is registered."""

    name: str
    tracts: int
    patches: int


@dataclass(frozen=True, slots=True)
class CalibrationSummary:
    """Members of one type in a calibration collection, and the whole of their validity."""

    collection: str
    dataset_type: str
    datasets: int
    validity: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What is in a repository.

    Attributes
    ----------
    place : `str`
        Where it is.
    database, created_by : `str`
        Database with its version, and the software that made the repository.
    schema_version : `int`
        Of the registry.
    universe : `str`
        Namespace and version of the dimensions.
    collections, dataset_types, instruments, nights, sky_maps, calibrations : `tuple`
        Sorted by name (nights: by instrument, night and band).
    bands : `dict`
        Exposures per band, in the order of wavelength where that is known; ``""`` for none.
    records : `dict`
        Records of each dimension element.
    coverage : `~skybutler.sky.count_map.Coverage` or `None`
        Where visits looked.
    """

    place: str
    database: str
    created_by: str
    schema_version: int
    universe: str
    collections: tuple[CollectionSummary, ...]
    dataset_types: tuple[DatasetTypeSummary, ...]
    instruments: tuple[InstrumentSummary, ...]
    bands: dict[str, int]
    nights: tuple[NightSummary, ...]
    sky_maps: tuple[SkyMapSummary, ...]
    calibrations: tuple[CalibrationSummary, ...]
    records: dict[str, int]
    coverage: Coverage | None = field(repr=False, default=None)

    @property
    def datasets(self) -> int:
        """All datasets."""
        return sum(t.datasets for t in self.dataset_types)

    @property
    def bytes(self) -> int:
        """All recorded bytes."""
        return sum(t.bytes for t in self.dataset_types)

    @property
    def begin(self) -> str | None:
        """When the first exposure began, TAI."""
        return min((i.begin for i in self.instruments if i.begin), default=None)

    @property
    def end(self) -> str | None:
        """When the last exposure ended, TAI."""
        return max((i.end for i in self.instruments if i.end), default=None)

    def to_mapping(self) -> dict[str, Any]:
        """Everything as JSON has it; of the sky, areas in square degrees per band."""
        plain = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "coverage"}
        for name, value in plain.items():
            if isinstance(value, tuple):
                plain[name] = [dataclasses.asdict(item) for item in value]
        plain |= {"datasets": self.datasets, "bytes": self.bytes, "begin": self.begin, "end": self.end}
        plain["sky"] = None if self.coverage is None else _sky(self.coverage)
        return plain


def _sky(coverage: Coverage) -> dict[str, Any]:
    areas = {band: round(coverage.area_deg2(band), 4) for band in coverage.bands}
    return {
        "area_deg2": round(coverage.area_deg2(), 4),
        "bands_deg2": areas,
        "footprints": coverage.footprints,
        "footprints_used": coverage.used,
        "healpix_order": coverage.order,
    }


def summarize(butler: Butler, collections: str | Iterable[str] | None = None, *, sky: bool = True) -> Summary:
    """Everything that `Summary` tells.

    Parameters
    ----------
    butler : `Butler`
        The repository.
    collections : `str` or iterable of `str`, optional
        Names and globs: count only their datasets, and the records of their instruments and sky maps.
    sky : `bool`
        Compute the area on the sky too.

    Raises
    ------
    MissingCollectionError
        A plain name is unknown.
    """
    registry = butler.registry
    registry.refresh()
    shown = registry.collections.resolve(collections if collections is not None else "*")
    reached = _with_members(butler, shown)
    flat = registry.collections.flatten(shown) if collections is not None else None
    census = Census(registry, flat)
    facts, counted = census.facts(), census.datasets()
    tags, certified = census.tags(), census.calibrations()
    observed = census.observations("exposure")
    instruments = _instruments(census, observed)
    return Summary(
        place=butler.config.root,
        database=census.server(),
        created_by=facts.get("created_by", "unknown"),
        schema_version=int(facts.get("schema_version", 0)),
        universe=f"{registry.universe.namespace} {registry.universe.version}",
        collections=_collections(butler, reached, counted, [*tags, *certified]),
        dataset_types=_dataset_types(butler, counted, everything=collections is None),
        instruments=instruments,
        bands=_per_band(observed),
        nights=_nights(observed),
        sky_maps=_sky_maps(census),
        calibrations=tuple(_calibration(row) for row in certified),
        records=census.records(),
        coverage=_coverage(butler, None if flat is None else [i.name for i in instruments]) if sky else None,
    )


def _coverage(butler: Butler, instruments: Sequence[str] | None) -> Coverage | None:
    from .coverage import measure_coverage  # loads numpy

    return measure_coverage(butler, instruments)


# ---------------------------------------------------------------- collections
def _with_members(butler: Butler, shown: Sequence[Collection]) -> list[Collection]:
    """Collections and all they hold, sorted by name."""
    found: dict[int, Collection] = {}

    def walk(items: Iterable[Collection]) -> None:
        for item in items:
            if item.k not in found:
                found[item.k] = item
                walk(butler.registry.collections.children(item))

    walk(shown)
    return sorted(found.values(), key=lambda c: c.name)


def _collections(
    butler: Butler, reached: Sequence[Collection], counted: Sequence[DatasetCount], members: Sequence[MemberCount]
) -> tuple[CollectionSummary, ...]:
    types: dict[str, dict[str, int]] = defaultdict(dict)
    sizes: dict[str, int] = defaultdict(int)
    for row in counted:
        types[row.run][row.dataset_type] = row.datasets
        sizes[row.run] += row.bytes
    for member in members:
        types[member.collection][member.dataset_type] = member.datasets
    docs = butler.registry.collections.docs()
    return tuple(_collection(butler, item, docs.get(item.name, ""), types, sizes) for item in reached)


def _collection(
    butler: Butler, item: Collection, doc: str, types: dict[str, dict[str, int]], sizes: dict[str, int]
) -> CollectionSummary:
    known = butler.registry.collections
    flat = [c.name for c in known.flatten([item])]
    per_type: dict[str, int] = defaultdict(int)
    for name in flat:
        for kind, n in types.get(name, {}).items():
            per_type[kind] += n
    children = tuple(c.name for c in known.children(item))
    size = 0 if children else sizes.get(item.name, 0)
    return CollectionSummary(
        item.name, item.type.name, doc, children, dict(sorted(per_type.items())), sum(per_type.values()), size
    )


# -------------------------------------------------------------- dataset types
def _dataset_types(
    butler: Butler, counted: Sequence[DatasetCount], *, everything: bool
) -> tuple[DatasetTypeSummary, ...]:
    """Dataset types with what they have; those without datasets only where everything is asked for."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in counted:
        sums[row.dataset_type] = [
            a + b
            for a, b in zip(sums[row.dataset_type], (row.datasets, row.stored, row.bytes, row.unsized), strict=True)
        ]
    made = []
    for registered in butler.registry.dataset_types.all():
        kind = registered.dataset_type
        if everything or kind.name in sums:
            required = tuple(kind.dimensions.required)
            made.append(
                DatasetTypeSummary(kind.name, required, kind.storage_class, kind.is_calibration, *sums[kind.name])
            )
    return tuple(made)


def _calibration(row: MemberCount) -> CalibrationSummary:
    return CalibrationSummary(row.collection, row.dataset_type, row.datasets, str(Timespan.from_ns(row.begin, row.end)))


# --------------------------------------------------------------- observations
def _instruments(census: Census, observed: Sequence[ObservationCount]) -> tuple[InstrumentSummary, ...]:
    detectors = census.per_governor("detector", "instrument")
    visits = census.per_governor("visit", "instrument")
    exposures = census.per_governor("exposure", "instrument")
    filters = census.filters()
    made = []
    for name in sorted(census.per_governor("instrument", "instrument")):
        mine = [row for row in observed if row.instrument == name]
        begins, ends = [r.begin for r in mine if r.begin is not None], [r.end for r in mine if r.end is not None]
        made.append(
            InstrumentSummary(
                name,
                detectors.get(name, 0),
                {physical: band for instrument, physical, band in filters if instrument == name},
                exposures.get(name, 0),
                visits.get(name, 0),
                len({row.day_obs for row in mine if row.day_obs is not None}),
                iso_text(min(begins), 0) if begins else None,
                iso_text(max(ends), 0) if ends else None,
            )
        )
    return tuple(made)


def band_key(band: str | None) -> tuple[int, str]:
    """Sorts bands by wavelength where it is known, others by name, none last."""
    if not band:
        return len(_ORDER) + 1, ""
    return (_ORDER.index(band) if band in _ORDER else len(_ORDER)), band


def _per_band(observed: Sequence[ObservationCount]) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for row in observed:
        sums[row.band or ""] += row.n
    return {band: sums[band] for band in sorted(sums, key=band_key)}


def _nights(observed: Sequence[ObservationCount]) -> tuple[NightSummary, ...]:
    sums: dict[tuple[str, int, str | None], int] = defaultdict(int)
    for row in observed:
        if row.day_obs is not None:
            sums[row.instrument, row.day_obs, row.band] += row.n
    keys = sorted(sums, key=lambda k: (k[0], k[1], band_key(k[2])))
    return tuple(NightSummary(*key, sums[key]) for key in keys)


def _sky_maps(census: Census) -> tuple[SkyMapSummary, ...]:
    tracts, patches = census.per_governor("tract", "skymap"), census.per_governor("patch", "skymap")
    names = sorted(census.per_governor("skymap", "skymap"))
    return tuple(SkyMapSummary(name, tracts.get(name, 0), patches.get(name, 0)) for name in names)
