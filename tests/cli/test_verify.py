"""Verifying and repairing from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from support.faults import FaultyProxy
from support.kept import make_kept
from support.s3 import S3Server

Good = Callable[..., str]
Bad = Callable[..., str]


def files(repo: Path) -> list[Path]:
    return sorted(repo.glob("u/**/*.yaml"))


def test_nothing_is_wrong(good: Good, repo: Path) -> None:
    assert good("verify", repo) == "Nothing is wrong.\n"
    assert good("verify", repo, "--json").strip() == "[]"


def test_looking_and_mending(good: Good, run: Callable[..., Any], repo: Path) -> None:
    lost, changed, *_ = files(repo)
    lost.unlink()
    changed.write_text("a: 1\n")
    (repo / "u/one/numbers/stray").write_text("x")
    found = run("verify", repo, "--older-than", "0s")
    assert found.exit_code == 1
    assert "missing-file: 1 files of datasets are gone\n  " in found.stdout
    assert "orphaned-file: 1 files" in found.stdout
    assert "repair" not in found.stdout
    plan = run("verify", repo, "--older-than", "0s", "--repair")
    assert plan.exit_code == 1
    assert "-> repair: forget where they were" in plan.stdout
    assert "-> repair: --accept-changed records them" in plan.stdout
    assert plan.stdout.endswith("3 kinds of trouble. Nothing was changed: --repair --apply does it.\n")
    assert run("verify", repo, "--older-than", "0s").stdout == found.stdout
    partly = run("verify", repo, "--older-than", "0s", "--repair", "--apply")
    assert partly.exit_code == 1
    assert "-> mended: 1" in partly.stdout
    done = good("verify", repo, "--older-than", "0s", "--repair", "--apply", "--delete-orphans", "--accept-changed")
    assert done.count("-> mended: 1") == 2
    assert good("verify", repo, "--older-than", "0s") == "Nothing is wrong.\n"
    assert "repair" in good("log", repo, "--limit", "1")


def test_for_programs(rows: Callable[..., list[dict[str, Any]]], run: Callable[..., Any], repo: Path) -> None:
    import json

    gone = files(repo)
    for file in gone:
        file.unlink()
    done = run("verify", repo, "--json", "--limit", "0")
    assert done.exit_code == 1
    (missing,) = json.loads(done.stdout)
    assert (missing["kind"], missing["count"], len(missing["examples"])) == ("missing-file", len(gone), len(gone))
    assert missing["mended"] is None
    assert len(json.loads(run("verify", repo, "--json", "--limit", "2").stdout)[0]["examples"]) == 2


def test_choosing(run: Callable[..., Any], good: Good, repo: Path) -> None:
    with Butler(repo) as butler:
        uri = butler.get_uri("note", collections="u/one", instrument="Cam")
    Path(uri.removeprefix("file://")).unlink()
    assert good("verify", repo, "--collections", "u/two") == "Nothing is wrong.\n"
    assert good("verify", repo, "-d", "numbers") == "Nothing is wrong.\n"
    assert good("verify", repo, "--no-files") == "Nothing is wrong.\n"
    assert run("verify", repo, "--collections", "both", "-d", "no*").exit_code == 1


@pytest.mark.parametrize(
    "options, status, said",
    [
        (["--apply"], 2, "--repair"),
        (["--delete-orphans"], 2, "--repair"),
        (["--older-than", "yesterday"], 2, "30min"),
        (["--collections", "u/onee"], 1, "Did you mean 'u/one'"),
        (["-d", "nmbers"], 1, "Did you mean 'numbers'"),
    ],
)
def test_mistakes(options: list[str], status: int, said: str, bad: Bad, repo: Path) -> None:
    assert said in bad("verify", repo, *options, status=status)


def test_control_characters_are_shown_not_sent(run: Callable[..., Any], repo: Path) -> None:
    (repo / "u/one/numbers/\x1b[31m").write_text("x")
    assert "\x1b" not in run("verify", repo, "--older-than", "0s").stdout


@pytest.mark.s3
def test_a_store_that_refuses(
    good: Good,
    bad: Bad,
    rows: Callable[..., list[dict[str, Any]]],
    tmp_path: Path,
    s3_environment: S3Server,
    faulty: FaultyProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repo = tmp_path / "kept"
    make_kept(f"sqlite:///{tmp_path}/kept.sqlite3", repo, s3_environment.new_root())
    before = rows("log", repo)
    monkeypatch.setenv("AWS_ENDPOINT_URL", faulty.endpoint)
    faulty.fail("denied", times=10_000)
    for options in ([], ["--repair"], ["--repair", "--apply", "--remove-missing", "--accept-changed"]):
        assert "refuses access to s3://" in bad("verify", repo, *options)
    faulty.faults.clear()
    assert rows("log", repo) == before
    assert good("verify", repo) == "Nothing is wrong.\n"
