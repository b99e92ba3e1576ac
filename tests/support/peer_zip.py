"""The side of lsst.daf.butler in an exchange of zip files; a script for its own Python.

``peer_zip.py write REPOSITORY FOLDER`` makes a repository and prints the path of a zip file of its datasets;
``peer_zip.py read REPOSITORY ZIP RECORDS`` makes one with dimension records (JSON), takes the zip file in, and prints
what it then reads.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from lsst.daf.butler import Butler, DatasetType
from lsst.sphgeom import ConvexPolygon, LonLat, UnitVector3d


def _made(root: str) -> Any:
    Butler.makeRepo(root)
    return Butler.from_config(root, writeable=True)


def _square(size: int) -> ConvexPolygon:
    corners = [(0, 0), (1 + size, 0), (1 + size, 1), (0, 1)]
    return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*corner)) for corner in corners])


def _fill(butler: Any) -> None:
    insert = butler.registry.insertDimensionData
    insert("instrument", {"name": "Cam"})
    insert("physical_filter", {"instrument": "Cam", "name": "r_1", "band": "r"})
    insert("day_obs", {"instrument": "Cam", "id": 20240101})
    insert("visit", {"instrument": "Cam", "id": 10, "name": "v", "physical_filter": "r_1", "day_obs": 20240101})
    for i in range(3):
        insert("detector", {"instrument": "Cam", "id": i, "full_name": f"R0_S{i}"})
        insert("visit_detector_region", {"instrument": "Cam", "visit": 10, "detector": i, "region": _square(i)})
    for name, dimensions, calibration in (("calexp", ["visit", "detector"], False), ("bias", ["detector"], True)):
        kind = DatasetType(
            name, dimensions, "StructuredDataDict", universe=butler.dimensions, isCalibration=calibration
        )
        butler.registry.registerDatasetType(kind)


def write(root: str, folder: str) -> str:
    """Put datasets and write them into a zip file."""
    with _made(root) as butler:
        _fill(butler)
        for run in ("run/a", "run/b"):
            butler.collections.register(run)
        for i in range(3):
            butler.put({"calexp": i}, "calexp", instrument="Cam", visit=10, detector=i, run="run/a")
            butler.put({"bias": i}, "bias", instrument="Cam", detector=i, run="run/b")
        refs = [
            ref
            for kind in ("calexp", "bias")
            for ref in butler.query_datasets(kind, ["run/a", "run/b"], with_dimension_records=True)
        ]
        return str(butler.retrieve_artifacts_zip(refs, folder).ospath)


def read(root: str, place: str, records: str) -> dict[str, Any]:
    """Take a zip file in and read every dataset."""
    with _made(root) as butler:
        for element, rows in json.loads(records):
            butler.registry.insertDimensionData(element, *rows)
        butler.ingest_zip(place, transfer="copy")
        found = {}
        for ref in butler.query_all_datasets("*", find_first=False):
            found[str(ref.id)] = [ref.datasetType.name, ref.run, dict(ref.dataId.required), butler.get(ref)]
        return found


if __name__ == "__main__":
    print(json.dumps(write(*sys.argv[2:]) if sys.argv[1] == "write" else read(*sys.argv[2:])))
