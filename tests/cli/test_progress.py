"""Progress bars on terminals only, and only when they are wanted."""

from __future__ import annotations

import io
import sys

import click
import pytest

from skybutler.cli.command import Settings
from skybutler.cli.progress import progress_bar


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _watched(settings: Settings, screen: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with click.Context(click.Command("x"), obj=settings), progress_bar("Counting", "sheep") as advance:
        advance(3, 7)
        advance(7, 7)
    return screen.getvalue()


def test_terminals_show_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _watched(Settings(), _Terminal(), monkeypatch)
    assert "Counting" in shown
    assert "7/7" in shown


def test_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _watched(Settings(), io.StringIO(), monkeypatch) == ""


def test_nothing_when_unwanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _watched(Settings(progress=False), _Terminal(), monkeypatch) == ""
