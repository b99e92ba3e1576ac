"""Package versions as YAML, also from JSON, never from pickles."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from skybutler.errors import UnreadableFileError
from support.files import Files

VERSIONS = {"numpy": "2.0", "astropy": "7.1"}


def test_versions_come_back_sorted(files: Callable[[str, str], Files]) -> None:
    found = files("packages", "Packages").round_trip(VERSIONS)
    assert list(found.items()) == [("astropy", "7.1"), ("numpy", "2.0")]


@pytest.mark.parametrize(
    "name, content", [("x.json", b'{"a": "1"}'), ("x.yaml", b"!lsst.utils.packages.Packages\na: '1'\n")]
)
def test_foreign_files_are_read(files: Callable[[str, str], Files], name: str, content: bytes) -> None:
    assert files("packages", "Packages").read_bytes(content, name) == {"a": "1"}


def test_pickles_are_refused(files: Callable[[str, str], Files]) -> None:
    with pytest.raises(UnreadableFileError, match="run any code"):
        files("packages", "Packages").read_bytes(pickle.dumps(VERSIONS), "x.pickle")


def test_a_list_is_no_packages(files: Callable[[str, str], Files]) -> None:
    with pytest.raises(UnreadableFileError, match="mapping"):
        files("packages", "Packages").read_bytes(b"[1]")
