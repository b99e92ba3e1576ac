"""A server that wants a password: where it is looked for, in which order, and that nothing ever tells it."""

from __future__ import annotations

import traceback
from pathlib import Path
from urllib.parse import quote

import pytest

from skybutler.errors import ButlerError, ConfigError, DeniedError, UnavailableError
from skybutler.registry.postgresql import PostgresqlDatabase
from support.postgres import GuardedServer

pytestmark = pytest.mark.postgres

WRONG = "Wr0ng&pass"


def _user(url: str) -> str:
    database = PostgresqlDatabase(url, writeable=False)
    try:
        row = database.query_one("SELECT current_user::text")
        assert row is not None
        return str(row[0])
    finally:
        database.close()


def _everything(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error)


def _auth_file(server: GuardedServer, password: str, name: str = "home/.lsst/db-auth.yaml", *, home: Path) -> Path:
    file = home / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "- {url: 'postgresql://*.example.org', password: nonsense}\n"
        f"- {{url: 'postgresql://127.*/sur*', username: {server.role}, password: '{password}'}}\n"
    )
    file.chmod(0o600)
    return file


def _pass_file(server: GuardedServer, password: str, home: Path) -> Path:
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    file = home / "pgpass"
    file.write_text(f"127.0.0.1:{server.port}:survey:{server.role}:{escaped}\n")
    file.chmod(0o600)
    return file


def test_the_password_in_the_url(guarded_server: GuardedServer) -> None:
    assert _user(guarded_server.guarded_url(password=guarded_server.password)) == "observer"


def test_no_password(guarded_server: GuardedServer) -> None:
    with pytest.raises(DeniedError, match="no password supplied") as caught:
        _user(guarded_server.guarded_url())
    assert all(place in caught.value.hint for place in ("db-auth.yaml", "PGPASSFILE", "butler doctor"))


def test_db_auth(guarded_server: GuardedServer, tmp_path: Path) -> None:
    _auth_file(guarded_server, guarded_server.password, home=tmp_path)
    assert _user(guarded_server.guarded_url()) == "observer"
    assert _user(guarded_server.guarded_url(user=None)) == "observer"


def test_another_db_auth_file(guarded_server: GuardedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = _auth_file(guarded_server, guarded_server.password, "else.yaml", home=tmp_path)
    monkeypatch.setenv("LSST_DB_AUTH", str(file))
    assert _user(guarded_server.guarded_url()) == "observer"
    file.chmod(0o644)
    with pytest.raises(DeniedError, match="mode 0644"):
        _user(guarded_server.guarded_url())


@pytest.mark.parametrize("by_file", [True, False])
def test_what_the_driver_reads(
    guarded_server: GuardedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_file: bool
) -> None:
    if by_file:
        monkeypatch.setenv("PGPASSFILE", str(_pass_file(guarded_server, guarded_server.password, tmp_path)))
    else:
        monkeypatch.setenv("PGPASSWORD", guarded_server.password)
    assert _user(guarded_server.guarded_url()) == "observer"


def test_the_order(guarded_server: GuardedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """URL, then db-auth.yaml, then PGPASSWORD, then the password file."""
    right = guarded_server.password
    monkeypatch.setenv("PGPASSFILE", str(_pass_file(guarded_server, WRONG, tmp_path)))
    monkeypatch.setenv("PGPASSWORD", right)
    assert _user(guarded_server.guarded_url()) == "observer"
    monkeypatch.setenv("PGPASSWORD", WRONG)
    _auth_file(guarded_server, right, home=tmp_path)
    assert _user(guarded_server.guarded_url()) == "observer"
    _auth_file(guarded_server, WRONG, home=tmp_path)
    with pytest.raises(DeniedError, match="password authentication failed") as caught:
        _user(guarded_server.guarded_url())
    assert "entry 2 of" in caught.value.hint
    assert _user(guarded_server.guarded_url(password=right)) == "observer"


def test_a_wrong_password_is_not_told(guarded_server: GuardedServer) -> None:
    with pytest.raises(DeniedError) as caught:
        _user(guarded_server.guarded_url(password=WRONG))
    told = _everything(caught.value)
    assert WRONG not in told
    assert quote(WRONG, safe="") not in told
    assert "from the URL" in told


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:S3c/ret@127.0.0.1/survey",
        "postgresql://ann:S3c%ret@127.0.0.1/survey",
        "postgresql://ann:pw@127.0.0.1/survey?S3cret=1",
        "postgresql://ann:S3c#ret:x@127.0.0.1:port/survey",
        "postgresql://ann:S3cret@127.0.0.1:99999999/survey",
        "postgresql://ann:S3cret@no-such-host.invalid/survey",
    ],
)
def test_urls_that_cannot_be_used(url: str) -> None:
    with pytest.raises((ConfigError, UnavailableError)) as caught:
        _user(url)
    told = _everything(caught.value)
    assert not any(part in told for part in ("S3c/", "S3c%", "S3c#", "ann:S3c"))
    assert isinstance(caught.value, ButlerError)
    assert "ann:***@" in told or "no-such-host" in told or "99999999" in told


def test_what_the_database_says_of_itself(guarded_server: GuardedServer) -> None:
    database = PostgresqlDatabase(guarded_server.guarded_url(password=guarded_server.password), writeable=False)
    assert database.url == guarded_server.guarded_url(password="***").replace("%2A", "*")
    assert guarded_server.password not in repr(database)


def test_a_database_that_is_not_there(guarded_server: GuardedServer) -> None:
    url = guarded_server.guarded_url(password=guarded_server.password).replace("/survey", "/other")
    with pytest.raises(UnavailableError, match="other"):
        _user(url)
