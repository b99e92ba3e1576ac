"""Defining visits: exposures on the sky grouped, their records combined, their regions from the camera's geometry."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skybutler.butler.records import Comparison, compare, conflict, fitting, taken
from skybutler.errors import DataIdValueError, InvalidError, MissingDatasetTypeError
from skybutler.instruments import Instrument
from skybutler.instruments.camera import DEFAULT_PADDING, visit_hulls, visit_regions
from skybutler.instruments.description import VISIT_SYSTEMS

from .raw_write import RAW
from .visit_groups import Visits, group_exposures
from .visit_records import visit_columns

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["DefinedVisits", "define_visits"]

_AT_ONCE = 94_500
"""Detector regions per transaction: 500 visits of 189 detectors, about a second."""

_OLD_DEFAULT = "by-group-metadata"
"""Grouping where the universe (before version 2) gives a visit exactly one system; what LSST cameras used then."""

_NOT_SKY = ("bias", "dark")
"""Kinds of exposures that see no sky, where records do not say it."""

_SAME_RAD = 1e-9

Columns = dict[str, list[Any]]
Floats = npt.NDArray[np.float64]


@dataclass
class DefinedVisits:
    """What defining visits has done so far.

    Parameters
    ----------
    exposures : `int`
        Exposures looked at.
    not_on_sky : `int`
        Those among them that have no place on the sky.
    visits, existing, updated : `int`
        Visits made, found with the same definition, and overwritten.
    conflicting : `list` [`int`]
        Visits defined differently that were left alone.
    regions : `int`
        Regions of detectors written.
    """

    exposures: int = 0
    not_on_sky: int = 0
    visits: int = 0
    existing: int = 0
    updated: int = 0
    conflicting: list[int] = field(default_factory=list)
    regions: int = 0

    def __str__(self) -> str:
        parts = [f"{self.visits} visits defined" if self.visits or not self.existing else "Nothing to do"]
        named = [
            (self.existing, "exist already"),
            (self.updated, "updated"),
            (len(self.conflicting), "defined differently and left alone"),
            (self.not_on_sky, "exposures not on the sky"),
        ]
        return ", ".join([*parts, *(f"{n} {what}" for n, what in named if n)])


def define_visits(
    butler: Butler,
    instrument: str | Instrument,
    *,
    collections: str | Sequence[str] | None = None,
    where: str = "",
    grouping: str | None = None,
    padding: float = DEFAULT_PADDING,
    update_records: bool = False,
    incremental: bool = False,
    skip_conflicting: bool = False,
    descriptions: Iterable[str | os.PathLike[str]] = (),
    progress: Callable[[int, int], None] | None = None,
) -> DefinedVisits:
    """Define visits from exposures: records, membership and regions.  Repeating it does nothing.

    Parameters
    ----------
    butler : `Butler`
        Writeable.
    instrument : `str` or `Instrument`
        Name or class name of a registered instrument.
    collections : `str` or sequence of `str`, optional
        Where these hold raws, only the exposures of those.
    where : `str`
        Condition on the exposures.
    grouping : `str`, optional
        See `~skybutler.ingest.visit_groups.group_exposures`; by default that of the instrument.
    padding : `float`
        Pixels added on every side of a detector.
    update_records : `bool`
        Overwrite visits that are defined differently.
    incremental : `bool`
        Exposures may still be arriving: take those recorded before of the same groups into account, and overwrite their
        visits.
    skip_conflicting : `bool`
        Leave visits alone that are defined differently.
    descriptions : iterable of path
        Folders with descriptions of further instruments.
    progress : callable, optional
        Called with visits done and visits in all.

    Raises
    ------
    ConflictingDefinitionError
        A visit is defined differently; it is named.
    DataIdValueError
        The instrument is not registered.
    MissingCollectionError, ExpressionError
        A collection or condition is wrong.
    """
    butler.registry.database.require_writeable()
    camera = _camera(butler, instrument, [Path(d) for d in descriptions])
    result = DefinedVisits()
    exposures = _exposures(butler, camera.name, collections, where, result)
    way = _way(butler, camera, grouping)
    if incremental:
        exposures = _with_rest_of_groups(butler, camera.name, exposures, way)
    visits = group_exposures(way, exposures) if exposures["id"] else None
    definition = _Definition(
        butler, camera, exposures, padding, update_records or incremental, skip_conflicting, result
    )
    for begin in range(0, len(visits or ()), step := max(1, _AT_ONCE // len(camera.detectors))):
        assert visits is not None
        definition.write(visits.part(begin, begin + step))
        if progress is not None:
            progress(min(begin + step, len(visits)), len(visits))
    return result


def _camera(butler: Butler, instrument: str | Instrument, search: Sequence[Path]) -> Instrument:
    """The description of a registered instrument."""
    chosen = instrument if isinstance(instrument, Instrument) else Instrument.load(instrument, search)
    if butler.registry.elements.fetch("instrument", (chosen.name,)) is None:
        raise DataIdValueError(
            f"Instrument '{chosen.name}' is not registered.",
            hint=f"Register it with: butler register-instrument REPO {chosen.name}",
        )
    return chosen


def _way(butler: Butler, camera: Instrument, grouping: str | None) -> str:
    single = "visit_system" in butler.dimensions["visit"].implied
    names = {v: k for k, v in VISIT_SYSTEMS.items()}
    usual = names[VISIT_SYSTEMS[camera.visit_system]]
    usual = "one-to-one-and-by-counter" if usual == "by-seq-start-end" else usual
    way = grouping or (_OLD_DEFAULT if single else usual)
    if single and way == "one-to-one-and-by-counter":
        raise InvalidError(
            f"In dimension universe {butler.dimensions.version} a visit belongs to one visit system only.",
            hint="Use grouping 'one-to-one' or 'by-group-metadata'.",
        )
    return way


# ------------------------------------------------------------------- exposures
def _exposures(
    butler: Butler, instrument: str, collections: str | Sequence[str] | None, where: str, result: DefinedVisits
) -> Columns:
    """Columns of the exposures on the sky, in order of id."""
    query = butler.query().where(where, instrument=instrument)
    if collections is not None and (holding := _holding_raws(butler, collections)):
        query = query.join_dataset_search(RAW, holding)
    columns = _columns(query.dimension_records("exposure"))
    result.exposures = len(columns["id"])
    kept = _on_sky(columns)
    result.not_on_sky = result.exposures - len(kept)
    return taken(columns, kept)


def _columns(records: Any) -> Columns:
    """Exposure records as columns of plain values, in order of id, each once."""
    table = records.to_arrow()
    columns: Columns = {name: table[name].to_pylist() for name in table.column_names}
    for old, new in (("group_name", "group"), ("seq_start", "seq_num"), ("seq_end", "seq_num")):
        if old == "group_name" and old in columns:
            columns["group"] = columns[old]
        elif old.startswith("seq") and old not in columns:
            columns[old] = columns[new]
    order = np.argsort(np.array(columns["id"], np.int64), kind="stable").tolist()
    return taken(columns, order)


def _holding_raws(butler: Butler, collections: str | Sequence[str]) -> list[str]:
    """Those of the collections that hold raws."""
    names = [collections] if isinstance(collections, str) else list(collections)
    found = butler.collections.query(names, flatten_chains=True)
    try:
        raws = butler.registry.dataset_types.get(RAW)
    except MissingDatasetTypeError:  # nothing was ingested: exposures came otherwise
        return []
    return [c.name for c in butler.registry.datasets.holders(raws, found)]


def _on_sky(columns: Columns) -> list[int]:
    """Rows that have a place on the sky."""
    sees = columns.get("can_see_sky")
    if sees is None:
        sees = [kind not in _NOT_SKY for kind in columns["observation_type"]]
    places = zip(columns["tracking_ra"], columns["tracking_dec"], columns["sky_angle"], strict=True)
    return [
        i
        for i, (place, sky) in enumerate(zip(places, sees, strict=True))
        if None not in place and sky not in (False, 0)
    ]


def _with_rest_of_groups(butler: Butler, instrument: str, exposures: Columns, way: str) -> Columns:
    """The exposures and all others recorded of the same groups (or days, for counters)."""
    if way == "one-to-one" or not exposures["id"]:
        return exposures
    name = "group" if way == "by-group-metadata" else "day_obs"
    wanted = set(exposures[name])
    everything = _columns(butler.query().where(instrument=instrument).dimension_records("exposure"))
    on_sky = set(_on_sky(everything))
    return taken(everything, [i for i, value in enumerate(everything[name]) if value in wanted and i in on_sky])


# --------------------------------------------------------------------- writing
class _Definition:
    """Writes visits, some hundred per transaction."""

    def __init__(
        self,
        butler: Butler,
        camera: Instrument,
        exposures: Columns,
        padding: float,
        update: bool,
        skip_conflicting: bool,
        result: DefinedVisits,
    ) -> None:
        self._butler, self._camera, self._exposures, self._padding = butler, camera, exposures, padding
        self._update, self._skip, self._result = update, skip_conflicting, result
        self._visit = butler.dimensions["visit"]
        self._single = "visit_system" in self._visit.implied

    def write(self, visits: Visits) -> None:
        """Compare, then write what is new or to be overwritten, in one transaction."""
        columns = visit_columns(self._camera.name, self._exposures, visits)
        if self._single:
            columns["visit_system"] = [systems[0] for systems in visits.systems]
        fit = fitting(self._visit, columns)
        boresight = self._boresights(visits)
        with self._butler.transaction():
            self._write_systems(visits)
            found = compare(self._butler, "visit", fit)
            self._compare_regions(found, boresight)
            if found.changed and not self._update and not self._skip:
                hint = "Overwrite with --update-records, or leave them alone with --skip-conflicting."
                raise conflict(self._visit, fit, found, hint=hint)
            changed = list(found.changed) if self._update else []
            self._write_visits(fit, boresight, found.new, replace=False)
            self._write_visits(fit, boresight, changed, replace=True)
            left = set() if self._update else set(found.changed)
            self._write_members(visits, left)
        self._result.visits += len(found.new)
        self._result.existing += len(found.same)
        self._result.updated += len(changed)
        self._result.conflicting += [int(visits.ids[i]) for i in sorted(left)]

    def _boresights(self, visits: Visits) -> Floats:
        """Right ascension, declination and rotation of each visit's first exposure, shape (3, n)."""
        first = visits.members[visits.starts].tolist()
        return np.array([[self._exposures[f][i] for i in first] for f in ("tracking_ra", "tracking_dec", "sky_angle")])

    def _compare_regions(self, found: Comparison, boresight: Floats) -> None:
        """Move rows whose region differs from same to changed."""
        if not found.same:
            return
        ra, dec, angle = boresight[:, found.same]
        hulls = visit_hulls(self._camera, ra, dec, angle, self._padding)
        for row, hull in zip(list(found.same), hulls, strict=True):
            region = found.records[row].region
            if region is None or not _is_outline(region, hull):
                found.same.remove(row)
                found.changed[row] = {"region": (region, "another outline")}

    def _write_systems(self, visits: Visits) -> None:
        used = sorted({system for systems in visits.systems for system in systems})
        names = {number: name for name, number in VISIT_SYSTEMS.items()}
        columns: dict[str, Any] = {
            "instrument": [self._camera.name] * len(used),
            "id": used,
            "name": [names[number] for number in used],
        }
        self._butler.registry.elements.insert("visit_system", columns, skip_existing=True)

    def _write_visits(self, columns: Any, boresight: Floats, rows: list[int], *, replace: bool) -> None:
        if not rows:
            return
        elements, detectors = self._butler.registry.elements, [d.id for d in self._camera.detectors]
        ra, dec, angle = boresight[:, rows]
        elements.insert(
            "visit",
            {**taken(columns, rows), "region": visit_hulls(self._camera, ra, dec, angle, self._padding)},
            replace=replace,
        )
        n = len(rows) * len(detectors)
        outlines = visit_regions(self._camera, ra, dec, angle, self._padding)
        regions: dict[str, Any] = {
            "instrument": [self._camera.name] * n,
            "detector": detectors * len(rows),
            "visit": np.repeat(np.array(taken(columns, rows)["id"], np.int64), len(detectors)).tolist(),
            "region": outlines.reshape(n, 4, 3),
        }
        self._result.regions += elements.insert("visit_detector_region", regions, replace=replace)

    def _write_members(self, visits: Visits, left: set[int]) -> None:
        """Which exposures belong to which visits, and these to which visit systems."""
        elements, name = self._butler.registry.elements, self._camera.name
        visit = np.repeat(np.arange(len(visits)), visits.counts).tolist()
        exposures = [self._exposures["id"][i] for i in visits.members.tolist()]
        kept = [i for i, row in enumerate(visit) if row not in left]
        definition: dict[str, Any] = {
            "instrument": [name] * len(kept),
            "exposure": [exposures[i] for i in kept],
            "visit": [int(visits.ids[visit[i]]) for i in kept],
        }
        if self._single:
            definition["visit_system"] = [visits.systems[visit[i]][0] for i in kept]
            element = self._butler.dimensions["visit_definition"]
            found = compare(self._butler, "visit_definition", definition)
            if found.changed and not self._update:
                raise conflict(element, definition, found, hint="Overwrite with --update-records.")
            elements.insert("visit_definition", taken(definition, list(found.changed)), replace=True)
        elements.insert("visit_definition", definition, skip_existing=True)
        if "visit_system_membership" in self._butler.dimensions:
            pairs = [
                (int(visits.ids[i]), s) for i, systems in enumerate(visits.systems) if i not in left for s in systems
            ]
            membership: dict[str, Any] = {
                "instrument": [name] * len(pairs),
                "visit_system": [s for _, s in pairs],
                "visit": [v for v, _ in pairs],
            }
            elements.insert("visit_system_membership", membership, skip_existing=True)


def _is_outline(region: Any, hull: Floats) -> bool:
    """Whether a region is a hull, up to rounding and vertices on its edges."""
    from lsst.sphgeom import ConvexPolygon

    if not isinstance(region, ConvexPolygon):
        return False
    recorded = np.array([[v.x(), v.y(), v.z()] for v in region.getVertices()])
    return _encloses(recorded, hull) and _encloses(hull, recorded)


def _encloses(outline: Floats, points: Floats) -> bool:
    """Whether points lie in a counter-clockwise convex outline, or within rounding of it."""
    edges = np.cross(outline, np.roll(outline, -1, axis=0))
    edges /= np.linalg.norm(edges, axis=1)[:, None]
    return bool((edges @ points.T > -_SAME_RAD).all())
