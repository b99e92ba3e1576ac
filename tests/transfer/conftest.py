"""Repositories to export from and to import into, on both engines."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler, CollectionType
from skybutler.sky.timespan import Timespan
from support.world import make_world

Make = Callable[..., Butler]


@pytest.fixture
def make(database_url: str, tmp_path: Path) -> Iterator[Make]:
    """Makes empty repositories, all on one engine, and opens them writeable; options as for `Butler.create`."""
    count = itertools.count()
    with ExitStack() as stack:

        def new(**options: Any) -> Butler:
            i = next(count)
            root = tmp_path / f"repo{i}"
            registry: dict[str, Any] = {}
            if "postgres" in database_url:
                registry = {"registry": {"db": database_url, "namespace": f"n{i}_{uuid.uuid4().hex[:8]}"}}
            seed = {**registry, **options.pop("seed", {})}
            Butler.create(root, seed=seed or None, override=bool(seed), **options)
            return stack.enter_context(Butler(root, writeable=True))

        yield new


@pytest.fixture
def source(make: Make) -> Butler:
    """The small world (see `support.world`), without files."""
    butler = make()
    make_world(butler.registry)
    butler.registry.dataset_types.remove("never")  # which has no datasets: exports know types by theirs only
    return butler


@pytest.fixture
def target(make: Make) -> Butler:
    """An empty repository."""
    return make()


@pytest.fixture
def stored(make: Make) -> Butler:
    """Four detectors with real files of two types, a tag, a chain and certified ranges."""
    butler = make()
    butler.insert_dimension_data("instrument", {"name": "Cam", "class_name": "lsst.obs.cam.Cam", "detector_max": 4})
    rows = ({"instrument": "Cam", "id": i, "full_name": f"R0_S{i}", "purpose": "SCIENCE"} for i in range(4))
    butler.insert_dimension_data("detector", *rows)
    butler.register_dataset_type("plain", ["detector"])
    butler.register_dataset_type("bias", ["detector"], is_calibration=True)
    refs = [butler.put({"detector": i}, "plain", instrument="Cam", detector=i, run="run/a") for i in range(4)]
    biases = [butler.put({"bias": i}, "bias", instrument="Cam", detector=i, run="calib/r") for i in range(4)]
    collections = butler.collections
    collections.register("tag/x", CollectionType.TAGGED, "picked by hand")
    collections.register("calib", CollectionType.CALIBRATION)
    collections.register("all", CollectionType.CHAINED)
    collections.redefine_chain("all", ["tag/x", "run/a", "calib"])
    butler.registry.datasets.associate("tag/x", [refs[0].id.bytes, refs[2].id.bytes])
    day = 86_400_000_000_000
    butler.registry.calibrations.certify("calib", [r.id.bytes for r in biases[:2]], Timespan(None, 20_000 * day))
    butler.registry.calibrations.certify("calib", [r.id.bytes for r in biases[2:]], Timespan(19_000 * day, None))
    return butler
