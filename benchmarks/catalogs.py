"""Reading catalogs: ours beside astropy's tables, and Parquet columns beside whole files.

``PYTHONPATH=src:tests benchmarks/catalogs.py [ROWS]``
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table

from skybutler.formatters.afw_catalog import read_catalog, write_catalog
from skybutler.formatters.formatter import Source
from skybutler.storage import LocalStorage
from skybutler.tables import Footprint, PeakCatalog, SourceCatalog

N_MEASUREMENTS, N_FLAGS, N_FOOTPRINTS = 115, 114, 5000
"""Columns and flags of a `src` of HSC."""


def best(action: Callable[[], object], attempts: int = 5) -> float:
    """CPU seconds, least of several."""
    times = []
    for _ in range(attempts):
        start = time.process_time()
        action()
        times.append(time.process_time() - start)
    return min(times)


def sources(n: int) -> SourceCatalog:
    rng = np.random.default_rng(1)
    columns: dict[str, Any] = {"id": np.arange(n), "coord_ra": rng.random(n), "coord_dec": rng.random(n)}
    columns |= {f"base_{i}_instFlux": rng.random(n) for i in range(N_MEASUREMENTS)}
    columns |= {f"base_{i}_flag": rng.random(n) < 0.5 for i in range(N_FLAGS)}
    return SourceCatalog(columns)


def footprints(n: int) -> SourceCatalog:
    peak = PeakCatalog({"id": [1], "f_x": [1.0], "f_y": [2.0]})
    spans = np.array([[y, 0, y] for y in range(12)])
    return SourceCatalog({"id": np.arange(n)}, objects={"footprint": [Footprint(spans + i, peak) for i in range(n)]})


def main(n: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        storage, path = LocalStorage(folder), Path(folder, "src.fits")
        catalog = sources(n)
        print(f"{n} rows, {N_MEASUREMENTS} columns, {N_FLAGS} flags")
        print(
            f"write            {best(lambda: write_catalog(catalog, path), 2):8.3f} s, {path.stat().st_size >> 20} MiB"
        )
        source = Source(storage, "src.fits")
        ours, theirs = best(lambda: read_catalog(source)), best(lambda: Table.read(path, hdu=1))
        print(f"read             {ours:8.3f} s of CPU;  astropy.table.Table.read {theirs:.3f} s")
        print(f"read 3 columns   {best(lambda: read_catalog(source, columns=['base_1_*', 'base_2_flag'])):8.3f} s")
        print(f"column           {best(lambda: catalog['base_1_instFlux']) * 1e6:8.1f} us")
        print(f"cone search      {best(lambda: catalog.within(20, 20, 5)) * 1e3:8.1f} ms")
        print(f"select by a flag {best(lambda: catalog[catalog['base_1_flag']]) * 1e3:8.1f} ms")
        small = footprints(N_FOOTPRINTS)
        write_catalog(small, path)
        found = read_catalog(source)
        print(f"{N_FOOTPRINTS} footprints  {best(lambda: list(found.objects('footprint')), 1):8.3f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
