"""Run as a program: what reading and removing datasets costs in memory, by their number.

``python memory.py FOLDER COUNT`` makes a repository of ``COUNT`` flats and prints, as JSON, by how many bytes the
private memory of a process grew at most while it did each of `WORK`; what the system keeps of files is not counted.
"""

from __future__ import annotations

import gc
import io
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from skybutler import Butler, CollectionType, Timespan
from skybutler.cli.main import main
from skybutler.datasets.file_columns import FileColumns
from skybutler.datasets.packed_ids import PackedIds
from skybutler.registry.results import DatasetResults
from skybutler.upkeep.diff import compare
from skybutler.upkeep.verify import verify

DETECTORS = 100
RUN = "run/flat"


def make(root: Path, count: int) -> None:
    """A repository with one run of calibrations."""
    exposures = np.arange(count // DETECTORS)
    many = ["Cam"] * len(exposures)
    Butler.create(root)
    with Butler(root, run=RUN) as butler:
        butler.sync_dimension_data("instrument", {"name": "Cam"})
        butler.sync_dimension_data("physical_filter", {"instrument": "Cam", "name": "r", "band": "r"})
        butler.sync_dimension_data("day_obs", {"instrument": "Cam", "id": 20260101})
        insert, names = butler.registry.elements.insert, [str(i) for i in exposures]
        detectors = np.arange(DETECTORS)
        insert("detector", {"instrument": ["Cam"] * DETECTORS, "id": detectors, "full_name": detectors.astype(str)})
        insert("group", {"instrument": many, "name": names})
        known: dict[str, Any] = {
            "physical_filter": ["r"] * len(many),
            "day_obs": [20260101] * len(many),
            "group": names,
        }
        insert("exposure", {"instrument": many, "id": exposures, "obs_id": names, "seq_num": exposures, **known})
        butler.register_dataset_type("flat", ["instrument", "exposure", "detector"], is_calibration=True)
        columns: dict[str, Any] = {
            "instrument": ["Cam"] * count,
            "exposure": np.repeat(exposures, DETECTORS),
            "detector": np.tile(detectors, len(exposures)),
        }
        files = FileColumns([f"flat/{i}.json" for i in range(count)], [1] * count, "json", "StructuredDataDict")
        with butler.transaction():
            butler.registry.datasets.insert("flat", RUN, columns, files=files)


# ------------------------------------------------------------------------------------------ what is done
def _consume(things: object) -> None:
    for _ in things:  # type: ignore[attr-defined]
        pass


def _found(butler: Butler) -> DatasetResults:
    return butler.query_datasets("flat", RUN)


def _listed(butler: Butler) -> None:
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        main(["query-datasets", str(butler.config.root), "flat", "--limit", "0"], standalone_mode=False)


def _certified(butler: Butler) -> None:
    butler.collections.register("calib", CollectionType.CALIBRATION)
    ids = PackedIds(ref.id.bytes for ref in _found(butler))
    butler.registry.calibrations.certify("calib", ids, Timespan(None, None))


def _purged(butler: Butler) -> None:
    butler.prune_datasets(_found(butler), disassociate=True, unstore=True, purge=True)


def _beside(butler: Butler, name: str) -> Path:
    return Path(butler.config.root.removeprefix("file://")).with_name(name)


def _imported(butler: Butler) -> None:
    """A bundle, out and into another repository."""
    butler.export_bundle(_beside(butler, "tables"))
    Butler.create(_beside(butler, "imported"))
    with Butler(_beside(butler, "imported"), writeable=True) as other:
        other.import_bundle(_beside(butler, "tables"), without_datastore=True)


def _transferred(butler: Butler) -> None:
    """Rows into another repository; there are no files."""
    Butler.create(_beside(butler, "other"))
    with Butler(_beside(butler, "other"), writeable=True) as other:
        other.transfer_from(
            butler, _found(butler), skip_missing=False, register_dataset_types=True, transfer_dimensions=True
        )


def _compared(butler: Butler) -> None:
    with Butler(butler.config) as other:
        assert not any(compare(butler, other))


WORK: dict[str, Callable[[Butler], None]] = {
    "refs": lambda butler: _consume(_found(butler)),
    "sorted": lambda butler: _consume(_found(butler).order_by("detector", "exposure")),
    "batches": lambda butler: _consume(_found(butler).to_batches()),
    "listing": _listed,
    "bundle": lambda butler: _consume([butler.export_bundle(_beside(butler, "out"))]),
    "import": _imported,
    "transfer": _transferred,
    "verify": lambda butler: _consume(verify(butler)),  # finds that all files are missing
    "diff": _compared,
    "certify": _certified,
    "prune": _purged,
    "remove_runs": lambda butler: _consume([butler.remove_runs(RUN)]),
}
WRITES = {"certify", "prune", "remove_runs"}


# ------------------------------------------------------------------------------------------ measuring
def _private() -> int:
    """Bytes of this process that are no file's (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


def growth(root: Path, name: str) -> int:
    """By how many bytes this process grows at most."""
    with Butler(root, writeable=name in WRITES) as butler:
        _found(butler).limit(1).to_arrow()
        gc.collect()
        before = peak = _private()
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.002):
                peak = max(peak, _private())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            WORK[name](butler)
        finally:
            done.set()
            watcher.join()
        return max(peak, _private()) - before


def in_a_process(root: Path, name: str) -> int:
    """The same in a process of its own, so that nothing is already there, and on a copy."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        copy = root.with_name(name)
        shutil.copytree(root, copy)
        os.write(writing, str(growth(copy, name)).encode())
        os._exit(0)
    os.close(writing)
    with io.FileIO(reading) as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return int(answer)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    make(folder / "made", int(sys.argv[2]))
    pa.default_memory_pool().release_unused()
    print(json.dumps({name: in_a_process(folder / "made", name) for name in WORK}))
