"""YAML makes plain data only."""

from __future__ import annotations

import datetime as dt

import pytest
import yaml

from skybutler.safe_yaml import parse_yaml


def test_plain_data_is_read() -> None:
    text = "a: [1, 2.5, true, null, 2026-11-30]\nb: {c: text}\n"
    assert parse_yaml(text) == {"a": [1, 2.5, True, None, dt.date(2026, 11, 30)], "b": {"c": "text"}}
    assert parse_yaml(text.encode()) == parse_yaml(text)
    assert parse_yaml("") is None


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getcwd []", "!!python/name:os.getcwd", "!mine {a: 1}"])
def test_no_tag_makes_an_object(tag: str) -> None:
    with pytest.raises(yaml.YAMLError, match="could not determine a constructor"):
        parse_yaml(f"a: {tag}")


def test_errors_tell_the_place() -> None:
    with pytest.raises(yaml.YAMLError, match="line 2, column"):
        parse_yaml("a: 1\n  b: [")
