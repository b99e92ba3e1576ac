"""Options files, tracebacks, and errors as one message and an exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import click.testing
import pytest

from skybutler.cli.command import Failure, Settings, errors_shown
from skybutler.errors import DataIdError, ExpressionError

Run = Callable[..., click.testing.Result]


# --------------------------------------------------------------- options file
def test_options_file_gives_defaults(good: Callable[..., str], repo: Path, tmp_path: Path) -> None:
    options = tmp_path / "options.yaml"
    options.write_text("query-datasets: {collections: [u/two], show-uri: true, order_by: -detector}\n")
    shown = good("query-datasets", "-@", options, repo, "numbers")
    assert shown.count("u/two ") == 1
    assert "file://" in shown
    assert "u/one" in good("query-datasets", repo, "numbers", "--collections", "u/one", "--options-file", options)


def test_options_file_may_name_everything(good: Callable[..., str], repo: Path, tmp_path: Path) -> None:
    options = tmp_path / "options.yaml"
    options.write_text(
        f"query_datasets:\n  repo: {repo}\n  glob: [note]\n  limit: 1\nother-things: {{}}\n".replace(
            "other-things", "create"
        )
    )
    assert "note" in good("query-datasets", "-@", options)


@pytest.mark.parametrize(
    "text, said",
    [
        ("query-dataset: {}", "Did you mean 'query-datasets'"),
        ("query-datasets: {colections: x}", "Did you mean 'collections'?"),
        ("query-datasets: {limit: [1, 2]}", "takes one value"),
        ("query-datasets: 7", "options and values"),
        ("[1, 2]", "must hold a mapping"),
        ("a: [", "not valid YAML"),
    ],
)
def test_wrong_options_files(text: str, said: str, bad: Callable[..., str], repo: Path, tmp_path: Path) -> None:
    options = tmp_path / "options.yaml"
    options.write_text(text)
    assert said in bad("query-datasets", "-@", options, repo)


def test_options_file_with_a_wrong_value(bad: Callable[..., str], repo: Path, tmp_path: Path) -> None:
    options = tmp_path / "options.yaml"
    options.write_text("query-datasets: {limit: many}")
    assert "'many' is not a valid integer" in bad("query-datasets", "-@", options, repo, status=2)
    assert "does not exist" in bad("query-datasets", "-@", tmp_path / "none.yaml", repo, status=2)


# --------------------------------------------------------------------- errors
def test_user_mistakes_are_one_message_with_advice(bad: Callable[..., str], repo: Path) -> None:
    said = bad("query-datasets", repo, "nubers")
    assert said == "Error: Dataset type 'nubers' does not exist.\nDid you mean 'numbers'?\n"


@pytest.mark.parametrize("place", ["before", "after"])
def test_traceback_on_request(place: str, run: Run, repo: Path) -> None:
    arguments = ["query-datasets", repo, "nubers"]
    result = run(*(["--traceback", *arguments] if place == "before" else [*arguments, "--traceback"]))
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback")
    assert "Did you mean 'numbers'?" in result.stderr


def test_json_errors(run: Run, repo: Path) -> None:
    result = run("query-datasets", repo, "nubers", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    told = json.loads(result.stderr)
    assert told["error"] == "missing-dataset-type"
    assert told["hint"] == "Did you mean 'numbers'?"


def test_place_in_an_expression_is_shown(bad: Callable[..., str], repo: Path) -> None:
    lines = bad("query-datasets", repo, "numbers", "--where", "detecor = 1").splitlines()
    assert lines[1:3] == ["  detecor = 1", "  ^^^^^^^"]


def test_no_repository(bad: Callable[..., str], tmp_path: Path) -> None:
    said = bad("query-collections", tmp_path)
    assert "is not a repository" in said
    assert "butler create" in said


def test_damaged_repository(bad: Callable[..., str], repo: Path) -> None:
    (repo / "skybutler.sqlite3").write_bytes(b"no database" * 1000)
    assert bad("query-collections", repo).startswith("Error: ")


def test_read_only_place(bad: Callable[..., str], repo: Path) -> None:
    (repo / "butler.yaml").write_text("registry: {db: 'sqlite:///<butlerRoot>/none.sqlite3'}")
    assert "none.sqlite3 does not exist" in bad("query-collections", repo)


# ---------------------------------------------------------- within one process
def _message_of(error: BaseException) -> str:
    context = click.Context(click.Command("x"))
    with pytest.raises(Failure) as caught, errors_shown(context):
        raise error
    return caught.value.message


def test_system_errors_name_the_file() -> None:
    assert _message_of(PermissionError(13, "Permission denied", "there")) == "Permission denied: 'there'."
    assert _message_of(OSError(28, "No space left on device")) == "No space left on device."
    assert _message_of(OSError("Not enough space on disk")) == "Not enough space on disk"
    assert "bug" in _message_of(OSError())


def test_what_nobody_foresaw_is_called_a_bug() -> None:
    assert _message_of(ZeroDivisionError("by zero")).startswith("ZeroDivisionError: by zero\nThis is a bug")


def test_hints_stand_on_their_own_line() -> None:
    assert _message_of(DataIdError("No.", hint="Yes.")) == "No.\nYes."
    assert _message_of(ExpressionError("No.", "a b", 2, 1, hint="Yes.")) == "No.\n  a b\n    ^\nYes."


def test_closed_pipes_and_clicks_own_errors_pass() -> None:
    context = click.Context(click.Command("x"))
    for error in (BrokenPipeError(32, "Broken pipe"), click.UsageError("x"), click.Abort(), click.exceptions.Exit(3)):
        with pytest.raises(type(error)), errors_shown(context):
            raise error


def test_interruption_ends_with_130() -> None:
    context = click.Context(click.Command("x"))
    with pytest.raises(click.exceptions.Exit) as caught, errors_shown(context):
        raise KeyboardInterrupt
    assert caught.value.exit_code == 130


def test_traceback_is_printed_before_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    Failure(ValueError("x"), Settings(traceback=True)).show()
    assert capsys.readouterr().err.startswith("ValueError: x\nError: ")
