"""Bulk work on a cluster of machines through Dask distributed.  Knows nothing of what is called."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from skybutler.errors import MissingExtraError, UnavailableError

from .executor import Executor, Remedy, in_order, lost

if TYPE_CHECKING:
    from distributed import Client, Future

__all__ = ["DaskExecutor", "open_cluster"]

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 3
"""Calls under way or waiting, per thread of the cluster."""

_AHEAD_AT_LEAST = 24
_AHEAD_AT_MOST = 2000
"""The same in all: answers to so many may have to be kept here until their turn comes."""

_LOOK_S = 2.0
"""Seconds between looks at how large the cluster is."""

_ANSWER_S = 10.0
"""Seconds in which a scheduler must answer at first."""

_GO_ON = "What was committed is complete; repeating it goes on from there."


class DaskExecutor(Executor):
    """Calls in the workers of a Dask cluster, which see the same files and have the same version of this package.

    Parameters
    ----------
    client : `distributed.Client`
        Connected to the cluster.
    patience_s : `float`
        Seconds to wait for the first worker, or for another when all are gone.
    """

    def __init__(self, client: Client, patience_s: float = 120.0) -> None:
        self._client, self._patience_s = client, patience_s
        self._looked_at = self._seen_at = time.monotonic()
        self._threads = self._deaths = 0

    def map(self, function: Callable[[T], R], items: Iterable[T], remedy: Remedy[T, R] | None = None) -> Iterator[R]:
        under_way: set[Future] = set()

        def submit(item: T) -> Future:
            # not "pure": what Dask remembers of an earlier ingest may be out of date
            future = self._client.submit(function, item, pure=False)
            under_way.add(future)
            return future

        try:
            for item, future in in_order(submit, iter(items), self._room):
                answers = self._answers(future)
                under_way.discard(future)
                if not answers:
                    # Dask suspects whatever was on the worker: only alone does an item show that it is the cause.
                    for other in under_way:
                        self._wait(other)
                    answers = self._alone(function, item, remedy)
                yield from answers
        finally:
            self._client.cancel(list(under_way))

    def _alone(self, function: Callable[[T], R], item: T, remedy: Remedy[T, R] | None) -> list[R]:
        """The answer to an item, or those to its parts if workers die over it, with nothing else under way."""
        answers = self._answers(self._client.submit(function, item, pure=False))
        if answers:
            return answers
        parts = remedy.divide(item) if remedy else ()
        if len(parts) > 1:
            return [answer for part in parts for answer in self._alone(function, part, remedy)]
        if remedy is None:
            raise UnavailableError(f"Given up: {lost(item, self._deaths)}")
        return [remedy.give_up(item, lost(item, self._deaths))]

    def _answers(self, future: Future) -> list[Any]:
        """The answer, or none when too many workers died over it."""
        from distributed import KilledWorker

        while True:
            try:
                return [future.result(timeout=_LOOK_S)]
            except KilledWorker as error:
                self._deaths = error.allowed_failures + 1
                return []
            except CancelledError as error:
                raise UnavailableError("The connection to the Dask scheduler is lost.", hint=_GO_ON) from error
            except TimeoutError:
                if future.status == "error":  # it is the function's
                    raise
                self._look()

    def _wait(self, future: Future) -> None:
        while not future.done():
            time.sleep(0.05)
            self._look()

    def _room(self) -> int:
        self._look()
        return min(max(_AHEAD * self._threads, _AHEAD_AT_LEAST), _AHEAD_AT_MOST)

    def _look(self) -> None:
        """See how large the cluster is now, from time to time."""
        now = time.monotonic()
        if now < self._looked_at + _LOOK_S and self._threads:
            return
        try:
            self._threads = sum(self._client.nthreads().values())
        except OSError as error:
            raise UnavailableError(f"The Dask scheduler does not answer: {error}.", hint=_GO_ON) from error
        self._looked_at = now
        if self._threads:
            self._seen_at = now
        elif now > self._seen_at + self._patience_s:
            raise UnavailableError(
                f"The Dask cluster has had no worker for {self._patience_s:g} s.",
                hint=f"Start some: dask worker {self._client.scheduler.address}",
            )


@contextmanager
def open_cluster(address: str) -> Iterator[Executor]:
    """An executor of the cluster whose scheduler is at an address.

    Parameters
    ----------
    address : `str`
        As ``tcp://host:8786``; with ``tls://`` the keys are those of Dask's own configuration.

    Raises
    ------
    MissingExtraError
        Dask distributed is not installed.
    UnavailableError
        No scheduler answers there.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtraError(
            "A Dask cluster needs the package distributed.", hint="Install it with: pip install 'skybutler[dask]'"
        ) from error
    try:
        client = Client(address, timeout=_ANSWER_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UnavailableError(f"No Dask scheduler answers at {address!r}: {error}.") from error
    with client:
        yield DaskExecutor(client)
