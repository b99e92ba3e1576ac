"""A small repository with everything in it, made through the public interface, and the same content as plain Python.

Two instruments with equal detector and exposure numbers, filters that share a band or have none, visits of one and of
two exposures, an exposure in no visit, missing values of every type, awkward texts, a sky map across right ascension
0, and datasets in runs, tags, chains and calibrations.  The plain content is what oracles compute answers from.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from skybutler.datasets import CollectionType, DatasetType
from skybutler.dimensions import DimensionUniverse
from skybutler.registry.registry import Registry
from skybutler.sky.region import polygon_deg
from skybutler.sky.timespan import Timespan

__all__ = ["RUNS", "World", "fill_records", "make_world", "plain_rows", "rolled_back", "square"]

Rows = dict[str, list[dict[str, Any]]]

HOUR = 3_600_000_000_000
NIGHT = 1_704_067_237_000_000_000
"""2024-01-01T00:00:37 TAI in nanoseconds."""

RUNS = ("run/a", "run/b", "run/c")
CHAINS = {"chain/inner": ["run/b", "run/c"], "chain/main": ["tag/x", "chain/inner", "run/a"], "chain/empty": []}


class _AbandonedError(Exception):
    """Ends a transaction in failure."""


@contextmanager
def rolled_back(registry: Registry) -> Iterator[None]:
    """A transaction that fails at the end of the block, with nobody the wiser."""
    with suppress(_AbandonedError), registry.transaction():
        yield
        raise _AbandonedError


def square(ra: float, dec: float, size: float) -> Any:
    """A polygon of four corners around a position, degrees."""
    h = size / 2
    return polygon_deg([(ra - h, dec - h), (ra + h, dec - h), (ra + h, dec + h), (ra - h, dec + h)])


def _span(hour: float, hours: float) -> Timespan:
    begin = NIGHT + int(hour * HOUR)
    return Timespan.from_ns(begin, begin + int(hours * HOUR))


TARGETS = ["WFD", "wfd", "a_b", "a*b", "100%", None, "[x]", "WFD"]
CENTERS = [(359.8, -0.2), (0.4, 0.3), (0.9, 0.8), (1.6, -0.7), (180.0, 89.6), (0.1, 0.1)]
FILTERS = ["r_1", "r_1", "g_1", "r_2", "g_1", "dark"]


def plain_rows() -> Rows:
    """Records of every element, in the order in which they can be inserted; a fresh copy at each call."""
    cam = {"instrument": "Cam"}
    rows: Rows = {
        "instrument": [
            {"name": "Cam", "visit_max": 1000, "exposure_max": 1000, "detector_max": 10, "visit_system": 1},
            {"name": "Other", "detector_max": 10},
        ],
        "physical_filter": [
            {**cam, "name": "r_1", "band": "r"},
            {**cam, "name": "r_2", "band": "r"},
            {**cam, "name": "g_1", "band": "g"},
            {**cam, "name": "dark", "band": None},
            {"instrument": "Other", "name": "r_1", "band": "r"},
        ],
        "detector": [
            {**cam, "id": i, "full_name": f"R{i // 2}_S{i % 2}", "raft": f"R{i // 2}", "name_in_raft": f"S{i % 2}",
             "purpose": "SCIENCE" if i < 3 else None}
            for i in range(4)
        ] + [{"instrument": "Other", "id": 0, "full_name": "R0_S0", "purpose": "GUIDE"}],
        "group": [{**cam, "name": f"g{i}"} for i in range(4)] + [{"instrument": "Other", "name": "g0"}],
        "day_obs": [
            {**cam, "id": 20240101, "timespan": _span(-12, 24)},
            {**cam, "id": 20240102, "timespan": _span(12, 24)},
            {"instrument": "Other", "id": 20240101, "timespan": None},
        ],
        "visit_system": [{**cam, "id": 0, "name": "one-to-one"}, {**cam, "id": 1, "name": "by-group"}],
    }  # fmt: skip
    rows["exposure"] = [
        {**cam, "id": 10 + i, "obs_id": f"E{i}", "physical_filter": FILTERS[i], "group": f"g{i % 4}",
         "day_obs": 20240101 + i // 3, "exposure_time": [30.0, 15.5, None, 0.0, -1.0, 30.0][i],
         "seq_num": i if i != 4 else None, "observation_type": "science" if i < 5 else "dark",
         "target_name": TARGETS[i],
         "can_see_sky": [True, False, None, True, True, False][i], "has_simulated": i % 2 == 0,
         "tracking_ra": CENTERS[i][0], "tracking_dec": CENTERS[i][1],
         "timespan": _span(i * 2, 1.0) if i != 3 else None}
        for i in range(6)
    ]  # fmt: skip
    rows["exposure"].append(
        {"instrument": "Other", "id": 10, "obs_id": "E0", "physical_filter": "r_1", "group": "g0", "day_obs": 20240101,
         "exposure_time": 7.0, "seq_num": 3, "target_name": "other", "can_see_sky": True, "timespan": _span(0, 100.0)}
    )  # fmt: skip
    rows["visit"] = [
        {**cam, "id": 10 + i, "name": f"v{i}", "physical_filter": FILTERS[i], "day_obs": 20240101 + i // 3,
         "exposure_time": [30.0, 15.5, None, 0.0, -1.0][i], "seq_num": 10 * i, "target_name": TARGETS[i],
         "zenith_angle": [10.0, 20.5, 0.0, None, 60.0][i], "timespan": _span(i * 2, 1.0),
         "region": square(*CENTERS[i], 0.8) if i != 3 else None}
        for i in range(5)
    ] + [
        {**cam, "id": 20, "name": "pair", "physical_filter": "r_1", "day_obs": 20240101, "exposure_time": 45.5,
         "seq_num": 0, "target_name": None, "timespan": _span(0, 3.0), "region": square(0.1, 0.05, 1.4)}
    ]  # fmt: skip
    rows["visit_definition"] = [
        *({**cam, "exposure": 10 + i, "visit": 10 + i} for i in range(5)),
        {**cam, "exposure": 10, "visit": 20}, {**cam, "exposure": 11, "visit": 20},
    ]  # fmt: skip
    rows["visit_system_membership"] = [
        *({**cam, "visit": 10 + i, "visit_system": 0} for i in range(5)), {**cam, "visit": 20, "visit_system": 1},
    ]  # fmt: skip
    rows["visit_detector_region"] = [
        {**cam, "visit": visit, "detector": detector,
         "region": square(ra + 0.4 * (detector % 2) - 0.2, dec + 0.4 * (detector // 2) - 0.2, 0.38)}
        for visit, (ra, dec) in zip((10, 11, 12), CENTERS, strict=False) for detector in range(4)
    ] + [{**cam, "visit": 20, "detector": 1, "region": square(0.1, 0.05, 0.3)}]  # fmt: skip
    rows |= _sky_map_rows()
    return rows


def _sky_map_rows() -> Rows:
    rows: Rows = {
        "skymap": [
            {"name": "Map", "hash": b"\x01" * 20, "tract_max": 6, "patch_nx_max": 2, "patch_ny_max": 2},
            {"name": "Dots", "hash": b"\x02" * 20, "tract_max": 1, "patch_nx_max": 1, "patch_ny_max": 1},
        ],
        "tract": [], "patch": [],
    }  # fmt: skip
    for tract, (x, y) in enumerate(itertools.product((-1, 0, 1), (-1, 0))):
        ra, dec = x + 0.5, y + 0.5
        rows["tract"].append({"skymap": "Map", "id": tract, "region": square(ra, dec, 1.1)})
        for patch, (dx, dy) in enumerate(itertools.product((-0.25, 0.25), (-0.25, 0.25))):
            place = {"skymap": "Map", "tract": tract, "id": patch, "cell_x": patch // 2, "cell_y": patch % 2}
            rows["patch"].append({**place, "region": square(ra + dx, dec + dy, 0.6)})
    rows["tract"].append({"skymap": "Dots", "id": 0, "region": square(0.0, 0.0, 0.2)})
    rows["patch"].append(
        {"skymap": "Dots", "tract": 0, "id": 0, "cell_x": 0, "cell_y": 0, "region": square(0.0, 0.0, 0.2)}
    )
    return rows


def fill_records(registry: Registry) -> Rows:
    """Insert all records; return them as plain rows."""
    rows = plain_rows()
    with registry.transaction():
        for element, listed in rows.items():
            registry.elements.insert_records(element, listed)
    return rows


class World:
    """A registry with content, and that content as plain Python.

    Attributes
    ----------
    registry : `Registry`
    rows : `dict`
        Records by element.
    datasets : `dict`
        Data IDs (required values in order) by dataset type and run, with their ids.
    tags, calibrations : `dict`
        Members of collections: ids, and (id, timespan).
    """

    def __init__(self, registry: Registry, rows: Rows) -> None:
        self.registry, self.rows = registry, rows
        self.datasets: dict[tuple[str, str], dict[tuple[Any, ...], bytes]] = {}
        self.tags: dict[str, list[bytes]] = {}
        self.calibrations: dict[str, list[tuple[bytes, Timespan]]] = {}

    def __repr__(self) -> str:
        return f"World on {self.registry.database.dialect}"

    @property
    def universe(self) -> DimensionUniverse:
        """Dimensions of the registry."""
        return self.registry.universe

    def add_type(self, name: str, dimensions: Iterable[str], *, is_calibration: bool = False) -> None:
        """Register a dataset type."""
        group = self.universe.conform(dimensions)
        self.registry.dataset_types.register(
            DatasetType(name, group, "StructuredDataDict", is_calibration=is_calibration)
        )

    def add(self, name: str, run: str, data_ids: Iterable[tuple[Any, ...]]) -> None:
        """Insert datasets without files."""
        listed = list(data_ids)
        required = self.registry.dataset_types.get(name).dataset_type.dimensions.required
        base = 1000 * (len(self.datasets) + 1)
        ids = [(base + i).to_bytes(16, "big") for i in range(len(listed))]
        columns = {d: [values[n] for values in listed] for n, d in enumerate(required)}
        array = np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16)
        self.registry.datasets.insert(name, run, columns, ids=array)
        self.datasets[name, run] = dict(zip(listed, ids, strict=True))

    def members(self, name: str, collection: str) -> dict[tuple[Any, ...], list[bytes]]:
        """Ids of a type by data ID in one collection that is no chain."""
        found: dict[tuple[Any, ...], list[bytes]] = {}
        allowed: set[bytes] | None = None
        if collection in self.tags:
            allowed = set(self.tags[collection])
        elif collection in self.calibrations:
            allowed = {identifier for identifier, _ in self.calibrations[collection]}
        for (kind, run), held in self.datasets.items():
            if kind != name or (allowed is None and run != collection):
                continue
            for values, identifier in held.items():
                if allowed is None or identifier in allowed:
                    found.setdefault(values, []).append(identifier)
        return found

    # -------------------------------------------------------------- the oracle
    def joined(self, dimensions: Iterable[str], also: Iterable[str] = ()) -> Iterator[dict[tuple[str, str], Any]]:
        """Every combination of records of a dimension group, joined on equal values and by nothing else.

        Values by (element, field); keys of a dimension under its key column's name.  ``also`` are join elements that
        must have a record too.
        """
        group = self.universe.conform(dimensions)
        combinations: list[dict[str, Any]] = [{}]
        fields: list[dict[tuple[str, str], Any]] = [{}]
        for element in group.elements:
            viewed = element.view_of is not None and element.name in group.required
            if not viewed and not element.has_table:
                continue
            if not (element.is_dimension or element.always_join or element.name in also):
                continue
            pairs = [
                ({**known, **new}, {**values, **more})
                for known, values in zip(combinations, fields, strict=True)
                for new, more in self._records(element)
                if all(known.get(d, v) == v for d, v in new.items())
            ]
            combinations, fields = [p[0] for p in pairs], [p[1] for p in pairs]
        for known, values in zip(combinations, fields, strict=True):
            own = {(d, key.name): v for d, v in known.items() if (key := self.universe[d].key) is not None}
            yield {**values, **own}

    def _records(self, element: Any) -> Iterator[tuple[dict[str, Any], dict[tuple[str, str], Any]]]:
        if element.view_of:
            for value in {row[element.name] for row in self.rows[element.view_of]} - {None}:
                yield {element.name: value}, {}
            return
        for row in self.rows.get(element.name, []):
            dimensions = {d: row.get(d) for d in (*element.required, *element.implied)}
            if element.key is not None:
                dimensions[element.name] = row[element.key.name]
            values = {(element.name, f): row.get(f) for f in element.fields}
            yield dimensions, values


def make_world(registry: Registry, *, datasets: bool = True) -> World:
    """Fill an empty registry."""
    world = World(registry, fill_records(registry))
    if datasets:
        with registry.transaction():
            _fill_datasets(world)
    return world


def _fill_datasets(world: World) -> None:
    collections = world.registry.collections
    for run in (*RUNS, "calib/run", "calib/new", "sky/run"):
        collections.register(run, CollectionType.RUN)
    collections.register("tag/x", CollectionType.TAGGED)
    collections.register("calib/one", CollectionType.CALIBRATION)
    for name, children in CHAINS.items():
        collections.register(name, CollectionType.CHAINED)
        collections.set_chain(name, children)
    world.add_type("raw", ["instrument", "exposure", "detector"])
    world.add_type("calexp", ["instrument", "visit", "detector"])
    world.add_type("coadd", ["skymap", "tract", "patch", "band"])
    world.add_type("bias", ["instrument", "detector"], is_calibration=True)
    world.add_type("skyMap", ["skymap"])
    world.add_type("notes", [])
    world.add_type("pixels", ["htm7"])
    world.add_type("never", ["instrument"])
    world.add("raw", "run/a", [("Cam", d, 10 + e) for e in range(6) for d in range(4)])
    world.add("raw", "run/c", [("Other", 0, 10)])
    world.add("calexp", "run/a", [("Cam", d, v) for v in (10, 11, 12, 13) for d in range(4)])
    world.add("calexp", "run/b", [("Cam", d, v) for v in (11, 12, 20) for d in (0, 1)])
    world.add("calexp", "run/c", [("Cam", 1, 11), ("Cam", 3, 11), ("Cam", 3, 14)])
    world.add("coadd", "sky/run", [("r", "Map", t, p) for t in range(4) for p in range(4)] + [("g", "Map", 0, 0)])
    world.add("bias", "calib/run", [("Cam", d) for d in range(4)])
    world.add("bias", "calib/new", [("Cam", d) for d in range(3)])
    world.add("skyMap", "sky/run", [("Map",)])
    world.add("notes", "run/a", [()])
    world.add("pixels", "run/a", [(i,) for i in range(131072, 131080)])
    _tag(world, "tag/x", [("calexp", "run/a", ("Cam", 0, 10)), ("calexp", "run/c", ("Cam", 1, 11))])
    old, new = world.datasets["bias", "calib/run"], world.datasets["bias", "calib/new"]
    split = NIGHT + 5 * HOUR
    _certify(world, "calib/one", list(old.values()), Timespan.from_ns(None, split))
    _certify(world, "calib/one", list(new.values()), Timespan.from_ns(split, None))


def _tag(world: World, collection: str, members: Iterable[tuple[str, str, tuple[Any, ...]]]) -> None:
    ids = [world.datasets[name, run][values] for name, run, values in members]
    world.registry.datasets.associate(collection, ids)
    world.tags[collection] = ids


def _certify(world: World, collection: str, ids: list[bytes], span: Timespan) -> None:
    world.registry.calibrations.certify(collection, ids, span)
    world.calibrations.setdefault(collection, []).extend((i, span) for i in ids)


def required_of(world: World, dataset_type: str, data_id: Mapping[str, Any]) -> tuple[Any, ...]:
    """Required values of a data ID, in order."""
    return tuple(data_id[d] for d in world.registry.dataset_types.get(dataset_type).dataset_type.dimensions.required)
