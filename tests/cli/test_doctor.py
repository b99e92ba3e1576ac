"""``butler doctor``: words, JSON and exit status; and no command that tells a password."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result

from support.postgres import GuardedServer

Good = Callable[..., str]
Run = Callable[..., Result]


def test_all_is_well(good: Good, repo: Path) -> None:
    shown = good("doctor", repo, "--write")
    assert "no migration is due" in shown
    assert good("doctor", "-q", repo).strip().splitlines()[-1] in ("All is well.", "0 errors and 1 warning.")
    assert "python" in good("doctor")


def test_json(good: Good, repo: Path) -> None:
    found = json.loads(good("doctor", repo, "--json"))
    assert {"check", "level", "says", "means", "fix"} == set(found[0])
    assert all(f["level"] != "error" for f in found)


def test_errors_have_a_status(run: Run, tmp_path: Path, repo: Path) -> None:
    ended = run("doctor", tmp_path / "none", "-q")
    assert ended.exit_code == 1
    assert "-> Make one with: butler create" in ended.stdout
    assert "1 error and" in ended.stdout
    (repo / "skybutler.sqlite3").write_bytes(b"broken" * 1000)
    ended = run("doctor", repo, "--json")
    assert ended.exit_code == 1
    assert [f["check"] for f in json.loads(ended.stdout) if f["level"] == "error"] == ["database"]


@pytest.mark.postgres
@pytest.mark.parametrize("right", [True, False])
def test_no_command_tells_a_password(
    guarded_server: GuardedServer, run: Run, tmp_path: Path, right: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither on the terminal nor in a log or a traceback, whether the server takes it or not."""
    caplog.set_level(logging.DEBUG)
    password = guarded_server.password if right else "Wr0ng/pw"
    url = guarded_server.guarded_url(password=password)
    (tmp_path / "seed.yaml").write_text(yaml.safe_dump({"registry": {"db": url}}))
    repo, log = tmp_path / "repo", tmp_path / "log.json"
    said = ""
    create = "create", repo, "--seed-config", tmp_path / "seed.yaml"
    commands = [
        create, create, ("config-dump", repo), ("doctor", repo, "--write"), ("doctor", repo, "--json"),
        ("summary", repo), ("query-collections", repo), ("query-datasets", repo, "raw"),
        ("repos", "add", "x", repo, "--index", tmp_path / "i"),
    ]  # fmt: skip
    for number, command in enumerate(commands):
        if number == 2 and not repo.exists():
            repo.mkdir()
            (repo / "butler.yaml").write_text(yaml.safe_dump({"registry": {"db": url}}))
        ended = run("-vv", "--traceback", "--log-file", log, *command)
        said += ended.output
        assert ended.exit_code in (0, 1)
    said += log.read_text() + caplog.text
    assert "127.0.0.1" in said
    assert ("butler.yaml holds the password" in said) == right
    for secret in (password, url, url.partition("observer:")[2].partition("@")[0]):
        assert secret not in said
