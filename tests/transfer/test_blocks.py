"""Rows of export files."""

from __future__ import annotations

from skybutler.transfer.blocks import DatasetRows, at_line


def test_length_is_that_of_the_ids() -> None:
    assert len(DatasetRows("raw", "run", bytes(48), {"detector": [1, 2, 3]}, [None] * 3, [None] * 3)) == 3


def test_errors_name_file_and_line() -> None:
    error = at_line("export.yaml", 12, "no such thing.", "Look closer.")
    assert str(error) == "export.yaml, line 12: no such thing. Look closer."
