"""Processes that write to and read from one repository at the same time, each at times given beforehand."""

from __future__ import annotations

import json
import multiprocessing as mp
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from skybutler import Butler
from skybutler.errors import DatasetExistsError

TYPE = "crowd"
EXPOSURES, DETECTORS = range(10, 16), range(4)
"""Of the small world's camera."""
PLACES = [(e, d) for e in EXPOSURES for d in DETECTORS]


def place(number: int) -> tuple[str, dict[str, Any]]:
    """Run and data ID of the dataset of a number; a new run begins where the last one is full."""
    exposure, detector = PLACES[number % len(PLACES)]
    return f"crowd/{number // len(PLACES)}", {"instrument": "Cam", "exposure": exposure, "detector": detector}


def content(number: int, writer: int) -> dict[str, int]:
    """What a dataset says."""
    return {"number": number, "writer": writer}


def run_crowd(repository: Path, folder: Path, writers: int, readers: int, seconds: float) -> list[dict[str, Any]]:
    """Start all, wait for them; what the writers say they wrote, then what the readers say."""
    context = mp.get_context("spawn")
    barrier = context.Barrier(writers + readers)
    jobs = [(_write, i, writers) for i in range(writers)] + [(_read, i, readers) for i in range(readers)]
    processes = []
    for number, (target, i, crowd) in enumerate(jobs):
        arguments = (repository, folder / f"{number}.json", i, crowd, seconds, barrier)
        processes.append(context.Process(target=target, args=arguments))
        processes[-1].start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    return [json.loads((folder / f"{number}.json").read_text()) for number in range(len(jobs))]


def _ticks(rate: float, seconds: float) -> Iterator[int]:
    """Numbers at their times: one that is late does not shift those after it."""
    start = time.monotonic()
    for i in range(int(rate * seconds)):
        time.sleep(max(0.0, start + i / rate - time.monotonic()))
        yield i


def _write(repository: Path, out: Path, writer: int, writers: int, seconds: float, barrier: Any) -> None:
    """Datasets of its own in runs shared with the other writers, and every tick one that all of them want."""
    done: list[int] = []
    won: list[int] = []
    with Butler(repository, writeable=True) as butler:
        barrier.wait(60)
        for i in _ticks(5.0, seconds):
            number = i * writers + writer
            run, data_id = place(number)
            butler.put(content(number, writer), TYPE, data_id, run=run)
            done.append(number)
            run, data_id = place(i)
            with suppress(DatasetExistsError):
                butler.put(content(i, writer), TYPE, data_id, run="contested/" + run)
                won.append(i)
    out.write_text(json.dumps({"done": done, "won": won}))


def _read(repository: Path, out: Path, reader: int, readers: int, seconds: float, barrier: Any) -> None:
    """Look-ups and queries whose answers may grow but never be wrong."""
    seen: list[int] = []
    with Butler(repository) as butler:
        barrier.wait(60)
        for i in _ticks(20.0, seconds):
            run, data_id = place(i % len(PLACES))
            _questions(butler, run, data_id, i % len(PLACES))[(i + reader) % 3](seen)
    assert seen == sorted(seen)
    out.write_text(json.dumps({"asked": i + 1}))


def _questions(butler: Butler, run: str, data_id: dict[str, Any], number: int) -> list[Callable[[list[int]], None]]:
    def find(seen: list[int]) -> None:
        if run in butler.collections:
            ref = butler.find_dataset(TYPE, data_id, collections=run)
            assert ref is None or ref.data_id["exposure"] == data_id["exposure"]

    def get(seen: list[int]) -> None:
        if run in butler.collections and butler.find_dataset(TYPE, data_id, collections=run) is not None:
            assert butler.get(TYPE, data_id, collections=run)["number"] == number

    def count(seen: list[int]) -> None:
        seen.append(len(list(butler.query_datasets(TYPE, "crowd/*", find_first=False))))

    return [find, get, count]


CHANGES = 8
"""Of the chain ``chain`` by each process; the i-th of process n puts in ``run/n/i``, in turn at either end."""


def change_chain_at_once(repository: Path, crowd: int) -> None:
    """Let processes change one chain at the same time, and wait for them."""
    context = mp.get_context("spawn")
    barrier = context.Barrier(crowd)
    processes = [context.Process(target=_change_chain, args=(repository, n, barrier)) for n in range(crowd)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0


def _change_chain(repository: Path, number: int, barrier: Any) -> None:
    with Butler(repository, writeable=True) as butler:
        butler.collections.get_info("chain")
        barrier.wait(60)
        for i in range(CHANGES):
            change = butler.collections.prepend_chain if i % 2 else butler.collections.extend_chain
            change("chain", f"run/{number}/{i}")
