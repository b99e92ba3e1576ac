"""Readers and writers at given times: the schedule, the clock, what is asked.  Knows neither skybutler nor the peer.

Runs in our virtual environment and in the peer's.  Each process says ``ready`` when it has opened its repository and
used it once, reads the moment to start from standard input, and writes its latencies to standard output.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from survey import DETECTOR, INSTRUMENT, RAW_RUN, Survey

TYPE, KNOWN_RUN = "traffic", "u/bench/known"
"""Dataset type, and the run of what is there from the beginning."""

RUNS = [f"u/bench/traffic/{i}" for i in range(8)]
"""What is written while the clock runs; the next one is begun when all places of one are used."""

Place = tuple[int, int, int]
"""Number of a run, visit, detector."""

KNOWN = 200
"""Datasets that are there from the beginning, to be read."""

KNOWN_DETECTORS = 8
"""The first detectors are those of known datasets; writers use the others."""

MIX = {"find": 8, "get": 6, "exposure": 4, "patch": 2}
"""Of 20 questions of a reader."""


class Client(Protocol):
    """One side's butler."""

    def __init__(self, repository: Path, *, writes: bool) -> None: ...

    def prepare(self) -> None:
        """Register the dataset type and the runs."""

    def put(self, run: str, visit: int, detector: int, content: dict[str, Any]) -> None:
        """Write a dataset."""

    def get(self, run: str, visit: int, detector: int) -> dict[str, Any]:
        """Read it."""

    def find(self, exposure: int, detector: int) -> bool:
        """Whether there is such a raw."""

    def exposure(self, exposure: int) -> int:
        """How many raws an exposure has."""

    def patch(self) -> int:
        """How many calexps overlap a patch."""

    def written(self) -> list[Place]:
        """Every dataset in `RUNS`."""


class SameCalls:
    """What both sides' butlers are asked in the same words.

    Parameters
    ----------
    butler
        One of theirs or ours.
    """

    def __init__(self, butler: Any) -> None:
        self._butler = butler

    def put(self, run: str, visit: int, detector: int, content: dict[str, Any]) -> None:
        """Write a dataset."""
        self._butler.put(content, TYPE, run=run, instrument=INSTRUMENT, visit=visit, detector=detector)

    def get(self, run: str, visit: int, detector: int) -> Any:
        """Read it."""
        return self._butler.get(TYPE, collections=run, instrument=INSTRUMENT, visit=visit, detector=detector)

    def find(self, exposure: int, detector: int) -> bool:
        """Whether there is such a raw."""
        values = {"instrument": INSTRUMENT, "exposure": exposure, "detector": detector}
        return self._butler.find_dataset("raw", values, collections=RAW_RUN) is not None


def places(survey: Survey, first_run: int, offset: int, step: int) -> Iterator[Place]:
    """Where one of ``step`` writers writes, all different."""
    visits, detectors = survey.arrays["visit_id"].tolist(), survey.arrays["det_id"].tolist()[KNOWN_DETECTORS:]
    every = ((r, v, d) for r in range(first_run, len(RUNS)) for d in detectors for v in visits)
    return itertools.islice(every, offset, None, step)


def known(survey: Survey) -> list[tuple[int, int]]:
    """Visits and detectors of the datasets that readers get."""
    visits, detectors = survey.arrays["visit_id"].tolist(), survey.arrays["det_id"].tolist()[:KNOWN_DETECTORS]
    return list(itertools.islice(((v, d) for d in detectors for v in visits), KNOWN))


def content(visit: int, detector: int) -> dict[str, Any]:
    """What a dataset says."""
    return {"visit": visit, "detector": detector, "values": [visit * detector, 1.5, "x" * (detector % 50)]}


Action = tuple[str, Callable[[], object]]


def questions(client: Client, survey: Survey, seed: int) -> Iterator[Action]:
    """What a reader does, for ever."""
    chance = random.Random(seed)
    exposures, there = survey.arrays["exp_id"].tolist(), known(survey)
    kinds = [kind for kind, times in MIX.items() for _ in range(times)]
    while True:
        chance.shuffle(kinds)
        for kind in kinds:
            exposure, (visit, detector) = chance.choice(exposures), chance.choice(there)
            actions: dict[str, Callable[[], object]] = {
                "find": lambda e=exposure: _sure(client.find(e, DETECTOR)),  # type: ignore[misc]
                "get": lambda v=visit, d=detector: _sure(client.get(KNOWN_RUN, v, d) == content(v, d)),  # type: ignore[misc]
                "exposure": lambda e=exposure: _sure(client.exposure(e) == survey.detectors),  # type: ignore[misc]
                "patch": lambda: _sure(client.patch() > 0),
            }
            yield kind, actions[kind]


def _sure(right: bool) -> None:
    if not right:
        raise AssertionError("wrong answer")


def puts(client: Client, todo: Iterator[Place], done: list[Place]) -> Iterator[Action]:
    """What a writer does, until all places are used; what was written is added to ``done``."""
    for place in todo:

        def put(place: Place = place) -> None:
            run, visit, detector = place
            client.put(RUNS[run], visit, detector, content(visit, detector))
            done.append(place)

        yield "put", put


def drive(actions: Iterator[Action], start: float, seconds: float, rate: float) -> tuple[dict[str, Any], list[str]]:
    """Do actions at their times, or one after the other.

    Parameters
    ----------
    actions : iterator
        What to do.
    start, seconds : `float`
        First moment (of the monotonic clock) and duration.
    rate : `float`
        Actions per second; 0: as fast as they go.

    Returns
    -------
    latencies : `dict` [`str`, `list` [`float`]]
        Milliseconds by kind, from the moment when an action was due: one that had to wait for the one before it has
        waited for the repository too.
    errors : `list` [`str`]
    """
    latencies: dict[str, list[float]] = {}
    errors: list[str] = []
    for i, (kind, action) in enumerate(actions):
        now = time.monotonic()
        due = start + i / rate if rate else max(now, start)
        if due >= start + seconds:
            break
        if due > now:
            time.sleep(due - now)
        try:
            action()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is a figure of the report
            errors.append(f"{kind}: {type(error).__name__}: {str(error)[:300]}")
        latencies.setdefault(kind, []).append(round(1000 * (time.monotonic() - due), 3))
    return latencies, errors


def work(client_type: Callable[..., Client]) -> None:
    """One process, as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["prepare", "read", "write", "check"])
    for name in ("repository", "arrays"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("number", "writers", "first-run"):
        parser.add_argument(f"--{name}", type=int, default=0)
    for name in ("seconds", "rate"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    options = parser.parse_args()
    survey = Survey.load(options.arrays, Path())
    client = client_type(options.repository, writes=options.role in ("prepare", "write"))
    if options.role == "prepare":
        client.prepare()
        for visit, detector in known(survey):
            client.put(KNOWN_RUN, visit, detector, content(visit, detector))
    elif options.role == "check":
        _check(client)
    else:
        _timed(client, survey, options)


def _timed(client: Client, survey: Survey, options: argparse.Namespace) -> None:
    done: list[Place] = []
    for _, ask in itertools.islice(questions(client, survey, 10_000 + options.number), 20):
        ask()  # modules are loaded, connections are open
    if options.role == "write":
        actions = puts(client, places(survey, options.first_run, options.number, options.writers), done)
        next(actions)[1]()
    else:
        actions = questions(client, survey, options.number)
    print("ready", flush=True)
    start = float(sys.stdin.readline())
    latencies, errors = drive(actions, start, options.seconds, options.rate)
    json.dump({"latencies": latencies, "errors": errors, "done": done, "ended": time.monotonic()}, sys.stdout)


def _check(client: Client) -> None:
    """What is there: every dataset of `RUNS`, and which of them say something wrong."""
    there = client.written()
    wrong = [(r, v, d) for r, v, d in there if client.get(RUNS[r], v, d) != content(v, d)]
    json.dump({"there": there, "wrong": wrong}, sys.stdout)
