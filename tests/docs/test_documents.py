"""The documents work: every command and every line of Python in them is run, in order.

The README and the tutorial begin in an empty directory.  All other pages begin beside ``demo-repo``, the repository
that ``butler demo`` (``make demo``) leaves, which is made once and copied for each of them.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from pathlib import Path

import pytest

from support.documents import Command, commands, executable_blocks, output_matches, run_command, run_document
from support.source import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs" / "tutorial").glob("*.md"))]
PAGES = [
    page
    for folder in ("how-to", "reference", "explanation")
    for page in sorted((ROOT / "docs" / folder).glob("*.md"))
    if executable_blocks(page.read_text(encoding="utf-8"))
]


@pytest.fixture(scope="session")
def demo_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``butler demo demo-repo`` makes, once for all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "demonstration"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            run_command(Command("butler demo demo-repo", ""), folder)
            (folder / "made").touch()
    return folder / "demo-repo"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_document_runs(document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_document(document, tmp_path)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_page_runs(page: Path, demo_repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(demo_repository, tmp_path / "demo-repo", symlinks=True)
    monkeypatch.chdir(tmp_path)
    run_document(page, tmp_path)


def test_no_executable_block_is_indented_where_it_would_not_be_run() -> None:
    indented = re.compile(r"^[ \t]+```(?:console|python)\b", re.MULTILINE)
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    assert [p.name for p in pages if indented.search(p.read_text(encoding="utf-8"))] == []


def _document(folder: Path, text: str) -> Path:
    path = folder / "document.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_document_without_blocks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no console or python block"):
        run_document(_document(tmp_path, "# Words\n\n```text\n$ false\n```\n"), tmp_path)


def test_blocks_run_in_order_and_share_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    console = "```console\n$ echo a > f\n$ cat f\na\n```\n"
    python = "```python\nimport pathlib\n```\n```python\nassert pathlib.Path('f').read_text() == 'a\\n'\n```\n"
    run_document(_document(tmp_path, console + python), tmp_path)
    with pytest.raises(NameError):
        run_document(_document(tmp_path, "```python\ny\n```\n"), tmp_path)


@pytest.mark.parametrize("block", ["$ false", "$ false | cat", "$ no-such-command", "$ echo a\nb"])
def test_failing_command_fails_the_document(tmp_path: Path, block: str) -> None:
    with pytest.raises(AssertionError):
        run_document(_document(tmp_path, f"```console\n{block}\n```\n"), tmp_path)


def test_commands_are_split_from_their_output() -> None:
    found = list(commands("$ a \\\n  -b\none\n\ntwo\n$ c\n"))
    assert found == [Command("a \\\n  -b", "one\n\ntwo"), Command("c", "")]
    with pytest.raises(ValueError, match="begins with a command"):
        list(commands("a\n"))


def test_dots_stand_for_anything() -> None:
    assert output_matches("took ... s\nend", "took 1.2 s   \nend\n")
    assert not output_matches("took ... s", "took 1.2 h")
    assert not output_matches("a.c", "abc")


def test_blocks_know_their_line() -> None:
    assert [(b.language, b.line) for b in executable_blocks("a\n\n```python\nx\n```\n")] == [("python", 4)]
