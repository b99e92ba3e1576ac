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
from support.exchange import make_repository
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


# ------------------------------------------------ pairs of repositories, on all combinations of engines
BOTH = [pytest.mark.postgres, pytest.mark.s3]
PAIRS = [
    pytest.param(("sqlite", "local", "sqlite", "local"), id="sqlite-sqlite"),
    pytest.param(("sqlite", "local", "postgresql", "s3"), id="to-postgresql-s3", marks=BOTH),
    pytest.param(("postgresql", "s3", "sqlite", "local"), id="from-postgresql-s3", marks=BOTH),
    pytest.param(("postgresql", "local", "postgresql", "local"), id="postgresql", marks=pytest.mark.postgres),
]


def _made(request: pytest.FixtureRequest, root: Path, database: str, storage: str) -> Path:
    url = f"sqlite:///{root}.sqlite3" if database == "sqlite" else request.getfixturevalue("postgres_database")()
    place = request.getfixturevalue("s3_environment").new_root() if storage == "s3" else None
    return make_repository(root, url, place)


@pytest.fixture(params=PAIRS)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """Two empty repositories, the second to receive what the first has; once per combination of engines."""
    database, storage, database_2, storage_2 = request.param
    return (
        _made(request, tmp_path / "source", database, storage),
        _made(request, tmp_path / "target", database_2, storage_2),
    )


@pytest.fixture
def origin(pair: tuple[Path, Path]) -> Iterator[Butler]:
    """A writeable butler of the first repository."""
    with Butler(pair[0], writeable=True) as butler:
        yield butler


@pytest.fixture
def dest(pair: tuple[Path, Path]) -> Iterator[Butler]:
    """A writeable butler of the second repository."""
    with Butler(pair[1], writeable=True) as butler:
        yield butler


@pytest.fixture
def local_pair(tmp_path: Path) -> Iterator[tuple[Butler, Butler]]:
    """Two writeable butlers with all on the local disk, for what has nothing to do with engines."""
    roots = [make_repository(tmp_path / n, f"sqlite:///{tmp_path / n}.sqlite3") for n in ("source", "target")]
    with Butler(roots[0], writeable=True) as first, Butler(roots[1], writeable=True) as second:
        yield first, second
