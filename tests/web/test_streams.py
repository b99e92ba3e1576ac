from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from starlette.responses import StreamingResponse

from skybutler.errors import InvalidError, UnavailableError
from skybutler.web import streams
from skybutler.web.streams import Threads


@pytest.fixture
def threads():
    threads = Threads(2)
    yield threads
    threads.close()


async def body_of(response: Any) -> bytes:
    if not isinstance(response, StreamingResponse):
        return bytes(response.body)
    pieces: list[Any] = [piece async for piece in response.body_iterator]
    return b"".join(pieces)


def test_small_answers_have_a_length_and_large_ones_come_in_pieces(threads):
    async def go():
        small = await threads.respond(lambda: iter([b"a", b"b"]), "text/plain")
        large = await threads.respond(lambda: (b"x" * 50_000 for _ in range(40)), "text/plain", {"X-Y": "z"})
        return small, await body_of(small), large, await body_of(large)

    small, body, large, whole = asyncio.run(go())
    assert (body, small.headers["content-length"]) == (b"ab", "2")
    assert isinstance(large, StreamingResponse)
    assert len(whole) == 2_000_000
    assert large.headers["x-y"] == "z"


def test_an_answer_is_made_in_one_thread(threads):
    seen = set()

    def make():
        for _ in range(50):
            seen.add(threading.get_ident())
            yield b"x" * 20_000

    async def go():
        return await body_of(await threads.respond(make, "text/plain"))

    asyncio.run(go())
    assert len(seen) == 1
    assert threading.get_ident() not in seen


def test_errors_come_before_anything_is_sent_or_end_the_answer(threads):
    def late():
        yield b"x" * 100_000
        raise InvalidError("late")

    def early():
        raise InvalidError("early")
        yield b""

    async def go():
        with pytest.raises(InvalidError, match="early"):
            await threads.respond(early, "text/plain")
        response = await threads.respond(late, "text/plain")
        with pytest.raises(InvalidError, match="late"):
            await body_of(response)

    asyncio.run(go())


def test_a_client_that_hangs_up_ends_the_work(threads, monkeypatch):
    monkeypatch.setattr(streams, "_PATIENCE_S", 1e6)  # it is not patience that ends it
    made, ended = [], threading.Event()

    def make():
        try:
            while True:
                made.append(1)
                yield b"x" * 100_000
        finally:
            ended.set()

    async def go():
        response = await threads.respond(make, "text/plain")
        pieces = response.body_iterator
        await anext(pieces)
        await anext(pieces)
        await pieces.aclose()
        await asyncio.sleep(0)

    asyncio.run(go())
    assert ended.wait(100)
    assert len(made) < 20, "it must not run ahead of a client that does not read"


def test_results_of_functions(threads):
    assert asyncio.run(threads.run(lambda: 7)) == 7


def test_a_client_that_reads_nothing_does_not_keep_a_thread(threads, monkeypatch):
    monkeypatch.setattr(streams, "_PATIENCE_S", 0.2)
    closed = threading.Event()

    def make():
        try:
            while True:
                yield b"x" * 50_000
        finally:
            closed.set()

    async def go():
        response = await threads.respond(make, "text/plain")
        await asyncio.to_thread(closed.wait, 20)
        with pytest.raises(UnavailableError, match="has read nothing for 0.2 s"):
            await body_of(response)  # what was made before comes, but it is not the whole

    asyncio.run(go())
    assert closed.is_set()
