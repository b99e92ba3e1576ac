"""``butler token``: made, listed and taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from skybutler.errors import UnauthorizedError
from skybutler.vo.tokens import TokenStore

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., Result]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SKYBUTLER_TOKENS", str(tmp_path / "tokens.json"))
    return tmp_path / "tokens.json"


def test_from_making_to_revoking(good: Good, rows: Rows, run: Run, file: Path) -> None:
    assert "There are no tokens" in run("token", "list").stderr
    text = good("token", "create", "ada", "--scope", "read:tap", "--expires", "12h", "--note", "a talk").strip()
    assert TokenStore(file).recognize(text).scopes == ("read:tap",)
    (row,) = rows("token", "list")
    assert (row["owner"], row["scopes"], row["expired"], row["note"]) == ("ada", "read:tap", False, "a talk")
    assert text.partition(".")[2] not in good("token", "list")
    assert "of ada" in good("token", "revoke", row["token"])
    with pytest.raises(UnauthorizedError):
        TokenStore(file).recognize(text)


def test_it_says_until_when(run: Run, rows: Rows) -> None:
    assert "good until revoked" in run("token", "create", "ada", "--expires", "never").stderr
    assert rows("token", "list")[0]["expires"] is None


def test_what_cannot_be(bad: Bad, tmp_path: Path) -> None:
    assert "Did you mean 'read:image'" in bad("token", "create", "ada", "--scope", "read:images")
    assert "such as 30min" in bad("token", "create", "ada", "--expires", "soon", status=2)
    assert "There is no token" in bad("token", "revoke", "1234", "--tokens", tmp_path / "other.json")
