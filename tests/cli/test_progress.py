"""Progress bars on terminals only, and only when they are wanted."""

from __future__ import annotations

import io
import sys
import time

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


def test_one_inside_another_is_a_line_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with click.Context(click.Command("x"), obj=Settings()), progress_bar("Counting", "sheep") as outer:
        with progress_bar("Shearing", "hairs") as inner:
            inner(5, 9)
            end = time.monotonic() + 30  # it is drawn some ten times a second
            while "5/9" not in screen.getvalue() and time.monotonic() < end:
                time.sleep(0.02)
        outer(1, 2)
    shown = screen.getvalue()
    assert "5/9" in shown
    assert "1/2" in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # the cursor is hidden and shown once


def test_nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _watched(Settings(), io.StringIO(), monkeypatch) == ""


def test_nothing_when_unwanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _watched(Settings(progress=False), _Terminal(), monkeypatch) == ""
