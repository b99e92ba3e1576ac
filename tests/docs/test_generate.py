"""Generated reference pages are current, and say what a reader needs."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest


@pytest.fixture
def generate(repository_root: Path) -> dict[str, Any]:
    return runpy.run_path(str(repository_root / "docs" / "generate.py"))


def test_pages_are_current(repository_root: Path) -> None:
    command = [sys.executable, str(repository_root / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_errors_page_shows_the_tree(generate: dict[str, Any]) -> None:
    page = generate["errors_page"]()
    assert "| `ButlerError` | `error` |  | Root of" in page
    assert "| &emsp;&emsp;`DatasetNotFoundError` | `dataset-not-found` |" in page
    assert page.count("`MissingCollectionError`") == 1


def test_dimensions_page_tells_what_identifies_and_follows(generate: dict[str, Any]) -> None:
    visit = generate["dimensions_page"]().partition("## visit\n")[2].partition("\n## ")[0]
    assert "- identified by: `instrument`, `visit`\n" in visit
    assert "- implies: `day_obs`, `physical_filter`\n" in visit
    assert "- has a: `region`, `timespan`\n" in visit
    assert "| `id` | int | The value in data IDs. |\n" in visit


def test_storage_classes_page_tells_components_and_parameters(generate: dict[str, Any]) -> None:
    (row,) = [line for line in generate["storage_classes_page"]().splitlines() if line.startswith("| `ExposureF` |")]
    _, _, pytype, components, parameters, _ = row.split("|")
    assert pytype == " `skybutler.images.Exposure` "
    assert {"`wcs`", "`psf`", "`image`", "`bbox`"} <= set(components.strip().split(", "))
    assert "`bbox`" in parameters


def test_commands_page_lists_commands_arguments_and_options(generate: dict[str, Any]) -> None:
    @click.group()
    def group() -> None:
        pass

    @group.command()
    @click.argument("repo")
    @click.option("--limit", "-n", type=int, help="How many, a|b.")
    @click.option("--quiet/--loud", help="Say nothing.")
    def find_things(repo: str, limit: int, quiet: bool) -> None:
        """Find things.

        More words.
        """

    @group.command(hidden=True)
    def secret() -> None:
        pass

    page = generate["commands_page"](group)
    assert "## find-things\n\n`butler find-things [OPTIONS] REPO`\n\nFind things.\n\nMore words.\n" in page
    assert "| `--limit`, `-n` `INTEGER` | How many, a\\|b. |" in page
    assert "| `--quiet`, `--loud` | Say nothing. |" in page
    assert "secret" not in page


def test_commands_page_goes_into_groups_and_tells_common_options_once(generate: dict[str, Any]) -> None:
    group, inner = click.Group(), click.Group("inner")
    group.add_command(inner)
    for parent, name in ((group, "a"), (inner, "b"), (inner, "c")):
        parent.add_command(click.Command(name, params=[click.Option([f"--{name}"])], callback=print))
    for command in (group.commands["a"], *inner.commands.values()):
        command.params.append(click.Option(["--traceback"], is_flag=True, help="Show where."))
    page = generate["commands_page"](group)
    assert [line for line in page.splitlines() if line.startswith("## ")] == ["## a", "## inner b", "## inner c"]
    assert page.count("| `--traceback` | Show where. |") == 1
    assert page.index("--traceback") < page.index("## a")
    assert "`butler inner b [OPTIONS]`" in page
