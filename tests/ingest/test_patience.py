"""The database is restarted, or crashes, while files are ingested: the ingest goes on, and every file is in once."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from skybutler import Butler
from skybutler.errors import UnavailableError
from skybutler.ingest import ingest_raws, register_instrument
from skybutler.ingest.patience import Patience
from support.many_raws import DataId, data_ids, write_many
from support.postgres import SETTINGS, PostgresServer
from support.raws import IMSIM
from support.repositories import Command, require_whole

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of our own to be stopped; it keeps what it has committed."""
    server = PostgresServer({**SETTINGS, "synchronous_commit": "on"})
    yield server
    server.stop()


@pytest.fixture
def observatory(server: PostgresServer, tmp_path: Path) -> Iterator[Butler]:
    namespace = tmp_path.name
    seed = {"registry": {"db": server.url, "namespace": namespace}}
    Butler.create(tmp_path / "repository", seed=seed, override=True)
    with Butler(tmp_path / "repository", writeable=True) as butler:
        register_instrument(butler, IMSIM)
        yield butler


@pytest.fixture
def raws(tmp_path: Path) -> dict[DataId, Path]:
    return write_many(tmp_path / "raws", data_ids(2500))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restart", "crash"])
def test_command_line(
    observatory: Butler, server: PostgresServer, raws: dict[DataId, Path], how: signal.Signals
) -> None:
    """Twice, at moments that differ from run to run."""
    root = Path(observatory.config.root)
    ingest = Command("ingest-raws", root, root.parent / "raws", "--transfer", "copy", "--json")
    for times, some in enumerate((1, 1000), 1):
        with psycopg.connect(server.url, autocommit=True) as connection:
            enough = f"SELECT 1 FROM {root.parent.name}.dataset HAVING count(*) >= {some}"
            while connection.execute(enough).fetchone() is None:
                assert ingest.process.poll() is None
                time.sleep(0.005)
        server.halt(how)
        ingest.wait_for("Waiting for it.", times)
        server.start_again()
    status, out, err, _ = ingest.end()
    assert status == 0, err
    assert err.count("Waiting for it.") == 2
    (report,) = json.loads(out)
    assert (report["ingested"], report["skipped"], report["failed"]) == (2500, 0, 0)
    with Butler(root) as butler:
        require_whole(butler, raws)


@pytest.mark.parametrize("transfer", ["copy", "direct"])
def test_inside_a_transaction(
    observatory: Butler, server: PostgresServer, raws: dict[DataId, Path], transfer: str
) -> None:
    restarts: list[None] = []

    def restart_once() -> None:
        if observatory.collections.query() and not restarts:
            restarts.append(None)
            server.halt(signal.SIGQUIT)
            server.start_again()

    observatory.registry.database.before_commit.append(restart_once)
    report = ingest_raws(observatory, raws[501, 0].parent, transfer=transfer)
    assert restarts
    assert (report.ingested, report.skipped, report.failures, report.exposures) == (2500, 0, [], 14)
    require_whole(observatory, raws)


def test_gone_for_long(
    observatory: Butler, server: PostgresServer, raws: dict[DataId, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends, says what is in, and the same again goes on from there."""
    monkeypatch.setattr("skybutler.ingest.patience._WAIT_S", 0.3)
    stopped: list[int] = []

    def stop(ingested: int) -> None:
        if ingested and not stopped:
            stopped.append(ingested)
            server.halt()

    folder = raws[501, 0].parent
    try:
        with pytest.raises(UnavailableError, match="did not answer.* Ingested before that: 200 files") as caught:
            ingest_raws(observatory, folder, transfer="copy", progress=lambda report: stop(report.ingested))
        assert "The same command goes on from there." in caught.value.hint
    finally:
        server.start_again()
    require_whole(observatory, dict(list(raws.items())[:200]))
    report = ingest_raws(observatory, folder, transfer="copy")
    assert (report.ingested, report.skipped) == (2300, 200)
    require_whole(observatory, raws)


def test_an_outer_transaction_is_lost_as_a_whole(observatory: Butler, raws: dict[DataId, Path]) -> None:
    tries: list[None] = []

    def lose() -> None:
        tries.append(None)
        raise UnavailableError("It went away.")

    with pytest.raises(UnavailableError, match="went away"), observatory.transaction():
        Patience(observatory.registry.database)(lose)
    assert len(tries) == 1


def test_connections_that_are_cut(observatory: Butler, server: PostgresServer, raws: dict[DataId, Path]) -> None:
    """An administrator ends our connections now and then; nobody need know."""
    ends = threading.Event()

    def cut() -> None:
        with psycopg.connect(server.url, autocommit=True) as connection:
            while not ends.wait(0.4):
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )

    administrator = threading.Thread(target=cut)
    administrator.start()
    try:
        report = ingest_raws(observatory, raws[501, 0].parent, transfer="hardlink")
    finally:
        ends.set()
        administrator.join()
    assert (report.ingested, report.skipped, report.failures) == (2500, 0, [])
    require_whole(observatory, raws)
