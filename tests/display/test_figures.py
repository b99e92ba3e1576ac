"""Figures without windows, and what is said where matplotlib is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from matplotlib import pyplot as plt

from skybutler.display.figures import new_figure, numbered_figure, require_matplotlib
from skybutler.errors import MissingExtraError


def test_a_figure_of_a_size_that_pyplot_does_not_know(tmp_path: Path) -> None:
    before = plt.get_fignums()
    figure = new_figure(3, 2, dpi=50)
    figure.savefig(tmp_path / "a.png")
    assert plt.imread(tmp_path / "a.png").shape[:2] == (100, 150)
    assert plt.get_fignums() == before


def test_a_number_is_always_the_same_figure() -> None:
    figure = numbered_figure(771)
    try:
        assert numbered_figure(771) is figure
        assert plt.fignum_exists(771)
    finally:
        plt.close(figure)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"skybutler\[display\]"):
        require_matplotlib()
