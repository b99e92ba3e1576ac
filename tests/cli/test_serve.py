from __future__ import annotations

import json
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

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


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_serves_until_it_is_told_to_stop(repo: Path, tmp_path: Path, workers: int) -> None:
    port = free_port()
    command = Command("serve", f"mine={repo}", "--port", port, "--workers", workers, "--work-folder", tmp_path / "work")
    deadline = time.monotonic() + 60
    health: dict[str, Any] = {}
    while not health:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as answer:
                health = json.loads(answer.read())
        except OSError:
            assert time.monotonic() < deadline
            assert command.process.poll() is None
            time.sleep(0.1)
    assert health["repositories"]["mine"]["status"] == "ok"
    command.process.send_signal(signal.SIGINT)
    ended = command.end()
    assert f"Serving mine at http://127.0.0.1:{port}" in ended.out
    assert ended.status in (0, 130, -2)
    assert "Traceback" not in ended.err


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
