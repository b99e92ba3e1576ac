"""The side of lsst.daf.butler in an exchange of exports; a script for its own Python.

``peer_side.py make|export|import|records|content REPOSITORY [FOLDER] [TRANSFER]``
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from astropy import units as u
from astropy.table import Table
from astropy.time import Time
from lsst.daf.butler import Butler, CollectionType, DatasetRef, DatasetType, Timespan
from lsst.sphgeom import Box, Circle, ConvexPolygon, LonLat, UnitVector3d

CAM = {"instrument": "Cam"}


def _polygon(ra: float, dec: float, size: float) -> ConvexPolygon:
    corners = [(ra, dec), (ra + size, dec), (ra + size, dec + size), (ra, dec + size)]
    return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*c)) for c in corners])


def _span(seconds: float) -> Timespan:
    begin = Time("2026-10-13T02:00:00.123456789", scale="utc")
    return Timespan(
        Time(begin.tai.jd1, begin.tai.jd2 + seconds / 86400, format="jd", scale="tai"), begin.tai + 1 * u.day
    )


def make(root: str) -> None:
    """A repository with records of every element, files of three formats, a tag, chains and calibrations."""
    Butler.makeRepo(root)
    butler = Butler.from_config(root, writeable=True)
    _records(butler)
    _types(butler)
    for run in ("u/me/a", "u/me/b", "calib/r", "sky"):
        butler.collections.register(run)
    for visit in (1, 2):
        for detector in (0, 1):
            run = "u/me/a" if visit == 1 else "u/me/b"
            where = {**CAM, "visit": visit, "detector": detector}
            butler.put({"visit": visit, "größe": [detector, None, 1.5]}, "plain", where, run=run)
            table = Table({"x": np.arange(3) + detector, "name": ["a", "b", "c"]})
            butler.put(table, "table", where, run=run)
    biases = [butler.put({"bias": d}, "bias", {**CAM, "detector": d}, run="calib/r") for d in (0, 1)]
    butler.put({"all": "of it"}, "notes", run="sky")
    butler.put(5, "count", {"skymap": "Map", "tract": 1, "patch": 2, "band": "r"}, run="sky")
    butler.put({"p": 1}, "pixel", {"htm7": 131072}, run="sky")
    _associate(butler, biases)


def _records(butler: Any) -> None:
    insert = butler.registry.insertDimensionData
    class_name = "lsst.obs.cam.Cam"
    insert("instrument", {"name": "Cam", "visit_max": 10, "exposure_max": 10, "detector_max": 4, "visit_system": 1,
                          "class_name": class_name})  # fmt: skip
    detectors = [{**CAM, "id": d, "full_name": f"R1_S{d}", "raft": "R1", "name_in_raft": f"S{d}"} for d in (0, 1)]
    insert("detector", *detectors)
    insert("physical_filter", {**CAM, "name": "r_1", "band": "r"}, {**CAM, "name": "on", "band": "y"})
    insert("day_obs", {**CAM, "id": 20261013, "timespan": _span(-7200)}, {**CAM, "id": 20261014})
    insert("group", {**CAM, "name": "2026-10-13T02:00:00"}, {**CAM, "name": "12345"})
    insert("visit_system", {**CAM, "id": 0, "name": "one-to-one"}, {**CAM, "id": 1, "name": "yes"})
    insert("exposure", *(
        {**CAM, "id": i, "obs_id": f"obs:{i}", "physical_filter": "r_1", "group": "12345", "day_obs": 20261013,
         "exposure_time": 30.1, "dark_time": 1e-20, "seq_num": i, "observation_type": "science", "target_name": "α Cen",
         "science_program": "null", "tracking_ra": 10.000000000000002, "has_simulated": True, "can_see_sky": None,
         "timespan": _span(-30)}
        for i in (1, 2)
    ))  # fmt: skip
    insert("visit", *(
        {**CAM, "id": i, "name": str(i), "physical_filter": "r_1", "day_obs": 20261013, "exposure_time": float(i),
         "target_name": "a: b #c", "region": _polygon(10 * i, -20, 1.5), "timespan": _span(-30)}
        for i in (1, 2)
    ))  # fmt: skip
    insert("visit_definition", *({**CAM, "visit": i, "exposure": i} for i in (1, 2)))
    insert("visit_system_membership", *({**CAM, "visit": i, "visit_system": 1} for i in (1, 2)))
    regions = [(v, d, _polygon(10 * v + d / 2, -20, 0.7)) for v in (1, 2) for d in (0, 1)]
    insert("visit_detector_region", *({**CAM, "visit": v, "detector": d, "region": r} for v, d, r in regions))
    insert("skymap", {"name": "Map", "hash": bytes(range(200, 220)), "tract_max": 2, "patch_nx_max": 2,
                      "patch_ny_max": 2})  # fmt: skip
    insert("tract", {"skymap": "Map", "id": 1, "region": Box.fromDegrees(10, -20, 12, -18)})
    patch = {"skymap": "Map", "tract": 1, "id": 2, "cell_x": 0, "cell_y": 1}
    insert("patch", {**patch, "region": Circle(UnitVector3d(LonLat.fromDegrees(10.5, -19)))})


def _types(butler: Any) -> None:
    def register(name: str, dimensions: list[str], storage_class: str, **options: bool) -> None:
        kind = DatasetType(name, dimensions, storage_class, universe=butler.dimensions, **options)
        butler.registry.registerDatasetType(kind)

    register("plain", ["visit", "detector"], "StructuredDataDict")
    register("table", ["visit", "detector"], "ArrowAstropy")
    register("bias", ["instrument", "detector"], "StructuredDataDict", isCalibration=True)
    register("notes", [], "StructuredDataDict")
    register("count", ["patch", "band"], "int")
    register("pixel", ["htm7"], "StructuredDataDict")


def _associate(butler: Any, biases: list[DatasetRef]) -> None:
    collections = butler.collections
    collections.register("tag/best", CollectionType.TAGGED, doc="picked by hand,\nin two lines")
    collections.register("calib", CollectionType.CALIBRATION)
    collections.register("zz/inner", CollectionType.CHAINED)
    collections.register("all", CollectionType.CHAINED, doc="everything")
    collections.redefine_chain("zz/inner", ["u/me/b", "u/me/a"])
    collections.redefine_chain("all", ["tag/best", "zz/inner", "calib"])
    refs = butler.query_datasets("plain", "u/me/a", where="instrument = 'Cam' AND detector = 1")
    butler.registry.associate("tag/best", refs)
    middle = Time("2026-10-13T02:00:00.000000001", scale="tai", format="isot")
    butler.registry.certify("calib", biases, Timespan(None, middle))
    butler.registry.certify("calib", biases[:1], Timespan(middle, Time("2030-01-01T00:00:00", scale="tai")))
    butler.registry.certify("calib", biases[1:], Timespan(middle, None))


def export(root: str, folder: str, transfer: str) -> None:
    """All datasets, collections, and records that nothing refers to."""
    butler = Butler.from_config(root)
    mode = None if transfer == "none" else transfer
    with butler.export(directory=folder, format="yaml", transfer=mode) as context:
        for kind in butler.registry.queryDatasetTypes():
            context.saveDatasets(butler.query_datasets(kind, "*", find_first=False, explain=False))
        for name in butler.collections.query("*"):
            context.saveCollection(name)
        for element in ("physical_filter", "day_obs", "group", "visit_system"):
            context.saveDimensionData(element, butler.query_dimension_records(element))


def import_(root: str, folder: str, transfer: str) -> None:
    """An export into a new repository."""
    Butler.makeRepo(root)
    butler = Butler.from_config(root, writeable=True)
    butler.import_(directory=folder, format="yaml", transfer=None if transfer == "none" else transfer)


def records(root: str, file: str) -> None:
    """Import an export without files into a new repository, and print its dimension records."""
    Butler.makeRepo(root)
    butler = Butler.from_config(root, writeable=True)
    butler.import_(filename=file, format=".yaml", without_datastore=True)
    json.dump(_records_of(butler), sys.stdout)


def _records_of(butler: Any) -> dict[str, list[dict[str, Any]]]:
    return {
        element.name: sorted(map(_record, butler.query_dimension_records(element.name, explain=False)), key=str)
        for element in butler.dimensions.elements
        if element.has_own_table
    }


def content(root: str) -> None:
    """Print what a repository holds, and what its datasets are, as JSON."""
    butler = Butler.from_config(root)
    found: dict[str, Any] = {"records": _records_of(butler), "types": {}, "collections": {}, "datasets": {}}
    for kind in butler.registry.queryDatasetTypes():
        found["types"][kind.name] = [sorted(kind.dimensions.names), kind.storageClass_name, kind.isCalibration()]
        for ref in butler.query_datasets(kind, "*", find_first=False, explain=False):
            value = butler.get(ref)
            shown = [list(map(str, row)) for row in value] if isinstance(value, Table) else value
            found["datasets"][str(ref.id)] = [kind.name, ref.run, dict(ref.dataId.required), shown]
    for info in butler.collections.query_info("*", include_doc=True):
        found["collections"][info.name] = _collection(butler, info)
    json.dump(found, sys.stdout)


def _record(record: Any) -> dict[str, Any]:
    fields = record.toDict()
    for name, value in fields.items():
        if isinstance(value, Timespan):
            fields[name] = list(value.nsec)
        elif isinstance(value, bytes):
            fields[name] = value.hex()
        elif hasattr(value, "encode") and not isinstance(value, str):
            fields[name] = value.encode().hex()
    return fields


def _collection(butler: Any, info: Any) -> list[Any]:
    members: list[Any] = []
    if info.type in (CollectionType.TAGGED, CollectionType.CALIBRATION):
        for kind in butler.registry.queryDatasetTypes():
            if info.type is CollectionType.TAGGED or kind.isCalibration():
                found = butler.registry.queryDatasetAssociations(kind, [info.name], flattenChains=False)
                members += [[str(a.ref.id), list(a.timespan.nsec) if a.timespan else None] for a in found]
    return [info.type.name, info.doc or "", list(info.children), sorted(members)]


if __name__ == "__main__":
    steps: dict[str, Any] = {"make": make, "export": export, "import": import_, "records": records, "content": content}
    steps[sys.argv[1]](*sys.argv[2:])
