from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from skybutler.errors import ConfigError, InvalidError, NotFoundError, ReadOnlyError, UnauthorizedError
from skybutler.vo.tokens import TokenStore, default_token_file


def test_a_token_is_known_until_it_is_revoked(tmp_path):
    store = TokenStore(tmp_path / "keys" / "tokens.json")
    assert store.list() == []
    text, made = store.create("ada", note="notebooks")
    assert store.recognize(text) == made
    assert made.scopes == ("read:tap", "read:image")
    other = TokenStore(store.file)
    assert other.recognize(text).owner == "ada"
    store.revoke(made.id)
    for each in (store, other):  # another process sees it at once
        with pytest.raises(UnauthorizedError, match="not known"):
            each.recognize(text)


def test_the_file_holds_no_token_and_is_for_its_owner_only(tmp_path):
    store = TokenStore(tmp_path / "tokens.json")
    text, made = store.create("ada")
    assert text.partition(".")[2] not in store.file.read_text()
    assert made.digest in store.file.read_text()
    assert store.file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["tokens.json"]


@pytest.mark.parametrize("wrong", ["", ".", "x", "{id}", "{id}.", "{id}.wrong", "{token}x", "\udcff.\udcff", "🔑.🔑"])
def test_other_texts_are_not_tokens(tmp_path, wrong):
    store = TokenStore(tmp_path / "tokens.json")
    text, made = store.create("ada")
    with pytest.raises(UnauthorizedError):
        store.recognize(wrong.replace("{id}", made.id).replace("{token}", text))


def test_a_token_expires(tmp_path):
    store = TokenStore(tmp_path / "tokens.json")
    text, made = store.create("ada", seconds=3600)
    assert store.recognize(text).expires == pytest.approx(made.created + 3600)
    content = json.loads(store.file.read_text())
    content["tokens"][0]["expires"] = made.created - 1
    store.file.write_text(json.dumps(content))
    with pytest.raises(UnauthorizedError, match="expired"):
        store.recognize(text)


def test_what_cannot_be(tmp_path):
    store = TokenStore(tmp_path / "tokens.json")
    with pytest.raises(InvalidError, match="Did you mean 'read:tap'"):
        store.create("ada", ["read:tab"])
    with pytest.raises(InvalidError, match="owner"):
        store.create("a\nb")
    with pytest.raises(InvalidError, match="no use"):
        store.create("ada", seconds=0)
    with pytest.raises(NotFoundError, match="no token 'abcd'"):
        store.revoke("abcd")
    assert store.list() == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"tokens": [{"id": "a"}]}', '{"tokens": [7]}'])
def test_malformed_files(tmp_path, content):
    file = tmp_path / "tokens.json"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(ConfigError, match="not a file of tokens"):
        TokenStore(file).list()


def test_files_that_others_read_are_refused(tmp_path):
    store = TokenStore(tmp_path / "tokens.json")
    text, _ = store.create("ada")
    store.file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        store.recognize(text)


def test_a_place_that_cannot_be(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ReadOnlyError):
        TokenStore(tmp_path / "file" / "tokens.json").create("ada")


def test_none_made_at_the_same_time_is_lost(tmp_path):
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda n: TokenStore(tmp_path / "tokens.json").create(f"user{n}"), range(12)))
    store = TokenStore(tmp_path / "tokens.json")
    assert {store.recognize(text).owner for text, _ in made} == {f"user{n}" for n in range(12)}


def test_the_default_place(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("SKYBUTLER_TOKENS", raising=False)
    assert default_token_file() == tmp_path / "skybutler" / "tokens.json"
    monkeypatch.setenv("SKYBUTLER_TOKENS", str(tmp_path / "mine"))
    assert default_token_file() == tmp_path / "mine"
