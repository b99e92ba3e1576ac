"""Task configurations are kept as text and never executed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.errors import UnreadableFileError
from support.files import Files


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(text=st.text())
def test_text_comes_back(files: Callable[[str, str], Files], text: str) -> None:
    config = files("text", "Config")
    assert config.path.endswith(".py")
    if text.isprintable():
        assert config.round_trip(text) == text


def test_line_ends_are_kept(files: Callable[[str, str], Files]) -> None:
    assert files("text", "Config").round_trip("a\r\nb\n") == "a\r\nb\n"


def test_what_is_no_text_is_named(files: Callable[[str, str], Files]) -> None:
    with pytest.raises(UnreadableFileError, match="UTF-8"):
        files("text", "Config").read_bytes(b"\xff\xfe")
