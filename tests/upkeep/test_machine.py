"""What is said of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from skybutler.upkeep import machine
from skybutler.upkeep.machine import examine_machine, file_system_of, free_space


def test_this_machine_is_well() -> None:
    found = list(examine_machine())
    assert {f.check for f in found} == {"python", "skybutler", "sqlite", "extras", "clock", "umask"}
    assert not [f for f in found if f.level == "error"]


@pytest.mark.parametrize(
    "mask, level, words",
    [
        (0o000, "warning", "000"),
        (0o022, "ok", "by you and read by everybody"),
        (0o007, "ok", "by you and your group and read by nobody else"),
    ],
)
def test_umask(mask: int, level: str, words: str) -> None:
    before = os.umask(mask)
    try:
        (found,) = (f for f in examine_machine() if f.check == "umask")
        assert os.umask(mask) == mask
    finally:
        os.umask(before)
    assert found.level == level
    assert words in found.says


def test_a_wrong_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 86_400.0)
    (found,) = (f for f in examine_machine() if f.check == "clock")
    assert (found.level, found.says) == ("error", "1970-01-02 00:00:00 UTC")


def test_missing_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine._EXTRAS, "no-such-package", ("magic", "magic"))
    found = [f for f in examine_machine() if f.check == "extras"]
    assert found[-1].says == "not installed: no-such-package (magic)"
    assert found[-1].fix == "pip install 'skybutler[magic]'"


def test_kinds_of_file_systems(small_tmpfs: Callable[[int], Path]) -> None:
    disk = small_tmpfs(1 << 20)
    (disk / "a").mkdir()
    assert file_system_of(str(disk / "a")) == "tmpfs"
    assert file_system_of("/proc/self") == "proc"
    (disk / "big").write_bytes(bytes(900_000))
    found = free_space("disk", str(disk))
    assert (found.level, found.check) == ("error", "disk")
    assert str(disk) in found.says
