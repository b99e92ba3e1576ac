"""Which entry of a file of credentials counts, against the matching of Rubin's own reader; and what is never shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsst.utils.db_auth import DbAuth, DbAuthNotFoundError

from skybutler.errors import ConfigError, DeniedError
from skybutler.registry.credentials import Credentials, find_credentials, without_password


@pytest.fixture
def auth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of credentials that is used."""
    file = tmp_path / "db-auth.yaml"
    file.touch(0o600)
    monkeypatch.setenv("LSST_DB_AUTH", str(file))
    monkeypatch.delenv("LSST_DB_AUTH_CREDENTIALS", raising=False)
    return file


URLS = [
    "postgresql://*", "postgresql://*.example.com", "postgresql://*.example.com/my_*", "postgresql://db.example.com/",
    "postgresql://db.example.com:5432/survey", "postgresql://ann@db.example.com/survey", "mysql://db.example.com",
    "postgresql://d?.example.com", "postgresql://ann@*", "postgresql://db.example.com/my_[ab]",
]  # fmt: skip
_entries = st.lists(
    st.builds(
        lambda url, user, n: {"url": url, "password": f"pw{n}", **({"username": user} if user else {})},
        st.sampled_from(URLS), st.sampled_from([None, "ann", "bob"]), st.integers(0, 99),
    ),
    max_size=4,
)  # fmt: skip


@given(
    _entries,
    st.sampled_from(["db.example.com", "dc.example.com", "example.org", "DB.Example.com"]),
    st.sampled_from([None, "5432", "5433"]),
    st.sampled_from(["survey", "my_a", "my_survey", "other"]),
    st.sampled_from([None, "ann", "eve"]),
)
def test_the_same_entry_as_by_the_peer(
    entries: list[dict[str, str]], host: str, port: str | None, database: str, user: str | None
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LSST_DB_AUTH_CREDENTIALS", json.dumps(entries))
        found = find_credentials({"host": host, "port": port, "dbname": database, "user": user})
    try:
        # names of hosts have no case, which the peer forgets of the connection's
        wanted = DbAuth(authList=entries).getAuth("postgresql", user, host.lower(), port, database)
    except DbAuthNotFoundError:
        wanted = (user, None)  # type: ignore[assignment]
    assert (found.user, found.password) == wanted


def test_the_password_of_the_url_comes_first(auth: Path) -> None:
    auth.write_text("- {url: 'postgresql://*', username: bob, password: other}\n")
    known = {"host": "h", "dbname": "d", "user": "ann", "password": "mine"}
    assert find_credentials(known).password == "mine"
    assert find_credentials({"host": "h", "dbname": "d"}) == Credentials("bob", "other", f"entry 1 of {auth}")


def test_without_a_host_nothing_is_looked_for(auth: Path) -> None:
    auth.write_text("- {url: 'postgresql://*', password: other}\n")
    assert find_credentials({"dbname": "d"}).password is None


def test_no_file_is_no_error(auth: Path) -> None:
    auth.unlink()
    assert find_credentials({"host": "h", "dbname": "d"}).password is None


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o601])
def test_a_file_that_others_may_use_is_refused(auth: Path, mode: int) -> None:
    auth.chmod(mode)
    with pytest.raises(DeniedError, match=rf"{re.escape(str(auth))}.*mode 0{mode:o}") as caught:
        find_credentials({"host": "h", "dbname": "d"})
    assert caught.value.hint == f"Close it with: chmod 600 {auth}"


@pytest.mark.parametrize(
    "text, words",
    [
        ("- {url: postgresql://h, password: S3cret", "not valid YAML"),
        ("- !!python/object:os.system {password: S3cret}", "not valid YAML"),
        ("url: postgresql://h", "no list"),
        ("S3cret", "no list"),
        ("- postgresql://h:S3cret", "entry 1 has no url"),
        ("- {url: postgresql://h, password: x}\n- {url: postgresql://h}", "entry 2 has no url or no password"),
        ("- {url: 'postgresql+psycopg2://u:S3cret@h', password: S3cret}", "entry 1, 'postgresql"),
        ("- {url: h/d, password: S3cret}", "names no database and host"),
        (b"\xff\xfeS3cret", "not valid YAML"),
    ],
)
def test_malformed_files(auth: Path, text: str | bytes, words: str) -> None:
    auth.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError, match=words) as caught:
        find_credentials({"host": "h", "dbname": "d"})
    assert "S3cret" not in str(caught.value).replace(str(auth), "")
    assert caught.value.__suppress_context__ or caught.value.__cause__ is None


def test_malformed_text_in_the_environment(auth: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LSST_DB_AUTH_CREDENTIALS", '[{"password": "S3cret"')
    with pytest.raises(ConfigError, match="LSST_DB_AUTH_CREDENTIALS") as caught:
        find_credentials({"host": "h", "dbname": "d"})
    assert "S3cret" not in str(caught.value)


def test_a_port_that_is_none(auth: Path) -> None:
    auth.write_text("- {url: 'postgresql://h:port/d', password: x}\n")
    assert find_credentials({"host": "h", "port": "5432", "dbname": "d"}).password is None


def test_the_text_of_credentials_has_no_password() -> None:
    assert "S3cret" not in repr(Credentials("ann", "S3cret", "the URL"))


# ----------------------------------------------------------------- what is shown
@given(st.text(min_size=0, max_size=20), st.booleans(), st.sampled_from(["", "ann", "a%40b"]))
def test_no_password_is_shown(middle: str, encoded: bool, user: str) -> None:
    password = f"S3cret{middle}S3cret"
    text = quote(password, safe="") if encoded else password
    for url in (
        f"postgresql://{user}:{text}@db.example.com:5432/survey",
        f"postgresql+psycopg://{user}:{text}@[::1]/survey?sslmode=require",
    ):
        shown = without_password(url)
        assert "S3cret" not in shown
        assert shown.startswith("postgresql")


@pytest.mark.parametrize(
    "url, shown",
    [
        ("postgresql://ann:S3cret@h:5432/d", "postgresql://ann:***@h:5432/d"),
        ("postgresql://ann@h/d", "postgresql://ann@h/d"),
        ("postgresql://h:5432/d", "postgresql://h:5432/d"),
        ("postgresql://h/d?user=ann&password=S3cret&sslmode=require", "postgresql://h/d?user=ann&password=***&sslmode=require"),
        ("postgresql://h/d?sslpassword=S3cret", "postgresql://h/d?sslpassword=***"),
        ("host=h password='S3 cret' user=ann", "host=h password=*** user=ann"),
        ("sqlite:////repo/a.sqlite3", "sqlite:////repo/a.sqlite3"),
    ],
)  # fmt: skip
def test_the_rest_is_shown(url: str, shown: str) -> None:
    assert without_password(url) == shown
