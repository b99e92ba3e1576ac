"""What reading the headers of 20,000 raws costs: the bytes alone, ours, astropy's, and shared by two processes.

``python benchmarks/headers.py [--record] [FOLDER]``: figures are microseconds of CPU per file.  How much faster two
processes are is told from the CPU that they used, so that it can be measured on a machine that has other work: portions
are dealt on demand, so two equally fast ones take half of what both used, unless taking the answers takes longer.
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from measurement import best_of
from recorded import load_recorded, save_recorded
from skybutler.ingest.processes import open_executor
from skybutler.ingest.raw_metadata import read_metadata
from skybutler.ingest.raw_search import RawBatch
from skybutler.instruments import known_instruments
from skybutler.instruments.headers import read_headers
from skybutler.instruments.translate import needed_cards
from survey import header_paths
from workload import make_headers

PASSES = 53
"""So often the 378 files are read: 20,034 files."""

AT_ONCE = 1000
TIMES = 5
HEADER = 4 * 2880


def cut(paths: Sequence[str]) -> list[RawBatch]:
    """Batches as an ingest of many files has them."""
    every = [path for _ in range(PASSES) for path in paths]
    parts = [every[i : i + AT_ONCE] for i in range(0, len(every), AT_ONCE)]
    return [RawBatch(part, [()] * len(part), [None] * len(part)) for part in parts]


def open_and_read(paths: Sequence[str]) -> None:
    """The floor."""
    for path in paths:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        os.pread(fd, HEADER, 0)
        os.close(fd)


def unpack(paths: Sequence[str]) -> None:
    """The floor of packed files."""
    for path in paths:
        with open(path, "rb") as stream:
            gzip.decompress(stream.read())


def with_astropy(paths: Sequence[str]) -> None:
    """Every value, as the peer's translators ask for."""
    from astropy.io import fits

    for path in paths:
        dict(fits.getheader(path))


def cards_of(batches: Sequence[RawBatch]) -> None:
    """The needed cards."""
    needed = needed_cards(known_instruments([]))
    for batch in batches:
        read_headers(batch.paths, needed)


def all_of(batches: Sequence[RawBatch]) -> None:
    """The needed cards and what is derived from them."""
    for batch in batches:
        assert not read_metadata(batch).problems


def meter(_: RawBatch) -> tuple[int, float]:
    """A process and its CPU seconds so far."""
    return os.getpid(), time.process_time()


def shared(batches: Sequence[RawBatch]) -> tuple[float, float]:
    """CPU seconds of each of two processes that share the work, and of this one, which takes the answers."""
    idle = [RawBatch()] * 8  # the processes take turns, so that each gets some
    with open_executor(2, patience_s=0.0) as executor:
        list(executor.map(read_metadata, batches))
        before = dict(executor.map(meter, idle))
        began = time.process_time()
        list(executor.map(read_metadata, batches))
        own = time.process_time() - began
        after = dict(executor.map(meter, idle))
    assert len(before) == 2
    return (sum(after.values()) - sum(before.values())) / 2, own


def measure(paths: Sequence[str], floor: Callable[[Sequence[str]], None]) -> dict[str, float]:
    """Microseconds of CPU per file, and how much faster two processes are than one."""
    batches = cut(paths)
    n = sum(len(batch) for batch in batches)
    found = {
        "floor": best_of(TIMES, partial(floor, paths)).cpu / len(paths),
        "cards": best_of(TIMES, partial(cards_of, batches)).cpu / n,
        "astropy": best_of(2, partial(with_astropy, paths)).cpu / len(paths),
    }
    pairs = [(best_of(1, partial(all_of, batches)).cpu, *shared(batches)) for _ in range(TIMES)]
    found["all"], _, found["taking"] = (min(column) / n for column in zip(*pairs, strict=True))
    times = statistics.median(alone / max(share, taking) for alone, share, taking in pairs)
    return {key: round(1e6 * seconds, 2) for key, seconds in found.items()} | {"scaling": round(times, 2)}


ROWS = {
    "floor": "open, read the four blocks (packed: unpack them), close",
    "cards": "the needed cards as columns",
    "all": "the same, and records of exposures from them",
    "taking": "of these with -j 2, in the process that takes the answers",
    "astropy": "astropy's getheader, all values",
}


def table(kind: str, found: dict[str, float]) -> str:
    """What was found, to be read."""
    lines = [f"{kind:<58}     us/file  x floor  x faster than astropy"]
    for key, words in ROWS.items():
        value = found[key]
        lines.append(f"  {words:<58} {value:8.1f} {value / found['floor']:8.2f} {found['astropy'] / value:8.1f}")
    return "\n".join([*lines, f"  two processes are {found['scaling']:.2f} times as fast as one"])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write the figures to recorded.json")
    parser.add_argument("folder", nargs="?", type=Path, help="where the files are or are made; a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        make_headers(folder)
        plain = header_paths(folder)
        packed = [f"{path}.gz" for path in plain]
        for path, to in zip(plain, packed, strict=True):
            Path(to).write_bytes(gzip.compress(Path(path).read_bytes(), 6))
        found = {"plain": measure(plain, open_and_read), "packed": measure(packed, unpack)}
    for kind, figures in found.items():
        print(table(kind, figures))
    if options.record:
        save_recorded(load_recorded() | {"headers": found})


if __name__ == "__main__":
    main()
