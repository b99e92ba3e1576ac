"""The command as a whole: help, versions, unknown names, and how it behaves as a process."""

from __future__ import annotations

import errno
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click
import pytest

import skybutler
from skybutler.cli.main import SUBCOMMANDS, main

COMMAND = [sys.executable, "-c", "from skybutler.cli.main import main; main()"]


def _run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=100)


# ----------------------------------------------------------------------- help
@pytest.mark.parametrize(
    "name, place, text",
    [(name, place, text) for section in SUBCOMMANDS.values() for name, (place, text) in section.items()],
)
def test_every_subcommand_exists_and_explains_itself(
    name: str, place: str, text: str, good: Callable[..., str]
) -> None:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(f"skybutler.cli.{module}"), attribute)
    assert isinstance(found, click.Command)
    assert found.name == name
    assert text.endswith(".")
    shown = good(name, "--help")
    assert shown.startswith(f"Usage: butler {name}")
    assert len(found.help or "") > 20
    assert all(p.help for p in found.params if isinstance(p, click.Option))


def test_help_lists_every_subcommand(good: Callable[..., str]) -> None:
    shown = good("--help")
    assert [name for section in SUBCOMMANDS.values() for name in section if f"  {name} " not in shown] == []
    assert main.list_commands(click.Context(main)) == sorted(n for s in SUBCOMMANDS.values() for n in s)


def test_version(good: Callable[..., str]) -> None:
    assert good("--version") == f"skybutler, version {skybutler.__version__}\n"


def test_misspelt_subcommand(bad: Callable[..., str]) -> None:
    assert "Did you mean 'query-collections'" in bad("query-colections", status=2)


def test_unknown_option(bad: Callable[..., str], repo: Path) -> None:
    assert "--collection" in bad("query-datasets", repo, "--colection", "x", status=2)


def test_missing_argument(bad: Callable[..., str]) -> None:
    assert "REPO" in bad("query-collections", status=2)


def test_options_may_stand_before_and_after_arguments(good: Callable[..., str], repo: Path) -> None:
    before = good("query-datasets", "--collections", "u/two", repo, "numbers")
    assert before == good("query-datasets", repo, "numbers", "--collections", "u/two")
    assert "u/two" in before


# -------------------------------------------------------------------- process
def test_output_in_a_pipe_is_plain(repo: Path) -> None:
    done = _run("query-datasets", repo, "numbers", "--collections", "u/two")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    header, rule, row = done.stdout.splitlines()
    assert header.split() == ["type", "run", "id", "instrument", "detector"]
    assert set(rule) == {"-", " "}
    assert row.split()[:2] == ["numbers", "u/two"]


def _on_terminal(*arguments: object, columns: int = 200) -> tuple[int, str]:
    """Exit status and what stood on the terminal."""
    main, other = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdin=other, stdout=other, stderr=other, env=environment
    )
    os.close(other)
    shown = b""
    while select.select([main], [], [], 60)[0]:
        try:
            part = os.read(main, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        shown += part
    os.close(main)
    return process.wait(timeout=100), shown.decode()


def test_output_on_a_terminal_is_drawn(repo: Path) -> None:
    status, shown = _on_terminal("query-datasets", repo, "numbers")
    assert status == 0
    assert "━" in shown or "─" in shown
    assert shown.count("u/one") == 3


def test_narrow_terminals_cut_nothing_off(repo: Path) -> None:
    _, shown = _on_terminal("query-datasets", repo, "note", columns=30)
    assert "…" not in shown


def test_errors_on_a_terminal_are_coloured_and_short(repo: Path) -> None:
    status, shown = _on_terminal("query-datasets", repo, "nubers")
    assert status == 1
    assert "\x1b[31m" in shown
    assert "Did you mean 'numbers'?" in shown
    assert "Traceback" not in shown


def test_readers_that_go_away_are_no_error(repo: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "query-datasets", str(repo)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


def _writer(fifo: Path, reader: subprocess.Popen[str]) -> int:
    """The writing end of a fifo, as soon as the process reads it."""
    while reader.poll() is None:
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            time.sleep(0.01)
    pytest.fail(f"It ended: {reader.communicate()}")


def test_interruption_has_the_exit_status_of_shells(tmp_path: Path) -> None:
    """Ctrl-C while a fifo given as options file is waited for."""
    fifo = tmp_path / "options.yaml"
    os.mkfifo(fifo)
    command = [*COMMAND, "query-collections", "-@", str(fifo), "x"]

    def listening() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job in the background is started deaf to it

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listening
    ) as process:
        writer = _writer(fifo, process)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=100)
    os.close(writer)
    assert process.returncode == 130
    assert "Interrupted" in told
    assert "Traceback" not in told


def test_completion_offers_subcommands_and_names(repo: Path) -> None:
    def completed(line: str) -> list[str]:
        words = line.split(" ")
        environment = {
            **os.environ,
            "_BUTLER_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(words) - 1),
        }
        script = "from skybutler.cli.main import main; main(prog_name='butler')"
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment, timeout=100
        )
        return [text.partition(",")[2] for text in done.stdout.split()]

    assert completed("butler query-co") == ["query-collections"]
    assert sorted(completed(f"butler query-datasets {repo} n")) == ["note", "numbers"]
    assert completed(f"butler query-datasets {repo} --collections u/t") == ["u/two"]
    assert completed("butler query-datasets /nowhere --collections u/t") == []
