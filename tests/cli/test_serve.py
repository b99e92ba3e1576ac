from __future__ import annotations

import json
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest
from click.testing import CliRunner

from skybutler import Butler
from skybutler.cli.main import main
from support.repositories import Command


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    Butler.create(tmp_path / "repo")
    return tmp_path / "repo"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answered(command: Command, url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """What a server says that may have just been started."""
    deadline = time.monotonic() + 100
    while True:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=10) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except OSError:
            assert time.monotonic() < deadline
            assert command.process.poll() is None
            time.sleep(0.1)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_serves_until_it_is_told_to_stop(repo: Path, tmp_path: Path, workers: int) -> None:
    port = free_port()
    log = tmp_path / "log.json"
    command = Command(
        "--log-file", log, "serve", f"mine={repo}", "--port", port, "--workers", workers,
        "--work-folder", tmp_path / "work",
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    assert answered(command, f"{url}/health")["repositories"]["mine"]["status"] == "ok"
    answered(command, f"{url}/health?secret=1", {"X-Request-ID": "from-outside", "X-Forwarded-For": "192.0.2.1"})
    command.process.send_signal(signal.SIGINT)
    ended = command.end()
    assert f"Serving mine at http://127.0.0.1:{port}" in ended.out
    assert ended.status in (0, 130, -2)
    assert "Traceback" not in ended.err
    records = [json.loads(line) for line in log.read_text().splitlines()]
    (record,) = [r for r in records if r.get("request") == "from-outside"]
    said = (record["method"], record["path"], record["status"], record["client"], record["level"])
    assert said == ("GET", "/health", 200, "127.0.0.1", "INFO")
    assert record["milliseconds"] > 0
    assert "secret" not in log.read_text()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
def test_a_server_that_is_told_to_stop_leaves_nothing_behind(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: signal.Signals
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    port = free_port()
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under `nohup` processes ignore it
    try:
        command = Command("serve", f"mine={repo}", "--port", port)
    finally:
        signal.signal(signal.SIGHUP, before)
    answered(command, f"http://127.0.0.1:{port}/health")
    assert list((tmp_path / "tmp").iterdir())
    command.process.send_signal(told)
    assert command.end().status == 0
    assert not list((tmp_path / "tmp").iterdir())


def test_processes_end_with_a_server_that_is_killed(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    port = free_port()
    command = Command("serve", f"mine={repo}", "--port", port, "--workers", 2)
    answered(command, f"http://127.0.0.1:{port}/health")
    processes = psutil.Process(command.process.pid).children(recursive=True)
    command.process.kill()
    command.end()
    assert psutil.wait_procs(processes, timeout=120)[1] == []
    assert list((tmp_path / "tmp").iterdir())
    command = Command("serve", f"mine={repo}", "--port", port)  # which removes what the other could not
    answered(command, f"http://127.0.0.1:{port}/health")
    command.process.send_signal(signal.SIGTERM)
    command.end()
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize(
    "options, client",
    [
        (["--root-url", "https://data.example/sky"], "192.0.2.1"),
        (["--root-url", "https://data.example/sky", "--proxy", "10.0.0.0/8"], "127.0.0.1"),
        (["--proxy", "127.0.0.0/8", "--proxy", "192.0.2.1"], "192.0.2.9"),
    ],
)
def test_who_asks_is_whom_a_trusted_proxy_tells_of(repo: Path, tmp_path: Path, options: list[str], client: str) -> None:
    port, log = free_port(), tmp_path / "log.json"
    command = Command("--log-file", log, "serve", f"mine={repo}", "--port", port, *options)
    answered(command, f"http://127.0.0.1:{port}/health", {"X-Forwarded-For": "198.51.100.3, 192.0.2.9, 192.0.2.1"})
    command.process.send_signal(signal.SIGINT)
    command.end()
    assert client in [json.loads(line).get("client") for line in log.read_text().splitlines()]


def test_what_cannot_be_served_is_refused_at_once(repo: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    found = run(main, ["serve", str(tmp_path / "nothing")])
    assert found.exit_code != 0
    assert "not a repository" in found.output
    found = run(main, ["serve", f"a={repo}", f"a={repo}"])
    assert "Two repositories are labelled 'a'" in found.output
    found = run(main, ["serve", f"a b={repo}"])
    assert "cannot be a label" in found.output
    (tmp_path / "secret").write_text("short")
    found = run(main, ["serve", str(repo), "--secret-file", str(tmp_path / "secret")])
    assert "16 are the least" in found.output
    found = run(main, ["serve", str(repo), "--proxy", "10.0.0.1/33"])
    assert "no address of a proxy" in found.output
    found = run(main, ["serve", str(repo), "--work-folder", str(tmp_path / "secret" / "jobs")])
    assert "Jobs cannot be kept in" in found.output


def test_processes_of_a_server_know_tokens(repo: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    token = CliRunner().invoke(main, ["token", "create", "ada", "--tokens", str(tokens)]).stdout.strip()
    port = free_port()
    command = Command("serve", f"mine={repo}", "--port", port, "--workers", 2, "--no-anonymous", "--tokens", tokens)
    url = f"http://127.0.0.1:{port}/api/tap/tables?detail=min"
    statuses = {_status(url, token, 60) for _ in range(6)}
    refused = {_status(url, "", 5) for _ in range(6)}
    CliRunner().invoke(main, ["token", "revoke", token, "--tokens", str(tokens)])
    revoked = {_status(url, token, 5) for _ in range(6)}
    command.process.send_signal(signal.SIGINT)
    ended = command.end()
    assert (statuses, refused, revoked) == ({200}, {401}, {401})
    assert f"Who reads needs a token of {tokens}." in ended.err


def _status(url: str, token: str, patience_s: float) -> int:
    """Status of an answer, once the server is there."""
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    deadline = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def test_tokens_that_others_read_are_refused_at_once(repo: Path, tmp_path: Path) -> None:
    tokens = tmp_path / "tokens.json"
    CliRunner().invoke(main, ["token", "create", "ada", "--tokens", str(tokens)])
    tokens.chmod(0o644)
    found = CliRunner().invoke(main, ["serve", f"mine={repo}", "--tokens", str(tokens)])
    assert found.exit_code == 1
    assert "chmod 600" in found.stderr
