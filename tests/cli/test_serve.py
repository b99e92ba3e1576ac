from __future__ import annotations

import json
import signal
import socket
import time
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
