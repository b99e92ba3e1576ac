from __future__ import annotations

import os
from pathlib import Path

import pytest

from skybutler.errors import ConfigError
from skybutler.recipe import read_recipe
from skybutler.recipe.settings import IngestRaws, RegisterInstrument
from support.source import ROOT

GOOD = """\
recipe: 1
variables: {JOBS: 4}
repository: $REPO
steps:
  - register-instrument: Cam
  - ingest-raws: {locations: [a, b], processes: $JOBS, search-indexes: no}
"""


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "r.yaml").write_text(text)
    return tmp_path / "r.yaml"


def test_a_recipe(tmp_path: Path) -> None:
    read = read_recipe(write(tmp_path, GOOD), {"REPO": "repo"}, {})
    assert read.repository.root == "repo"
    assert [step.kind for step in read.steps] == ["register-instrument", "ingest-raws"]
    first, second = (step.settings for step in read.steps)
    assert isinstance(first, RegisterInstrument)
    assert isinstance(second, IngestRaws)
    assert first.instrument == ["Cam"]
    assert (second.locations, second.processes, second.search_indexes) == (["a", "b"], 4, False)
    assert read.steps[1].place == f"{tmp_path}/r.yaml:6:5"
    assert read.folder == os.getcwd()


def test_the_folder_of_the_recipe_is_known(tmp_path: Path) -> None:
    read = read_recipe(write(tmp_path, "repository: $RECIPE_FOLDER/repo\n"), {}, {})
    assert read.repository.root == f"{tmp_path}/repo"
    assert read.steps == ()


def test_the_environment_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPO", "from-the-environment")
    assert read_recipe(write(tmp_path, GOOD)).repository.root == "from-the-environment"


def test_the_example_is_a_recipe() -> None:
    assert len(read_recipe(ROOT / "examples" / "dp02.yaml", {}, {}).steps) == 14


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "is no recipe: there must be recipe, variables, repository, steps."),
        ("- a\n", "is no recipe"),
        ("steps: []\n", ":1:1: 'repository' needs 'root'"),
        ("recipe: 2\nrepository: r\n", ":1:1: version 2 of recipes is not known"),
        ("repository: r\nstep: []\n", ":2:1: unknown key 'step'. Did you mean 'steps'?"),
        ("repository: {root: r, sede: x}\n", ":1:23: unknown key 'sede'. Did you mean 'seed'?"),
        ("repository: r\nsteps: {a: 1}\n", ":2:1: 'steps' must be a list"),
        ("repository: $REPO\n", ":1:1: there is no variable 'REPO'"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_recipe(write(tmp_path, text), {}, {})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "step, said",
    [
        ("7", ":3:5: a step is one name with its settings below it; this one is 7"),
        ("{a: 1, b: 2}", ":3:5: a step is one name with its settings below it; this one has 2 keys"),
        ("ingest-raw: {locations: a}", ":3:5: unknown step 'ingest-raw'. Did you mean 'ingest-raws'"),
        ("ingest-raws:", ":3:5: 'ingest-raws' needs 'locations'"),
        ("ingest-raws: {locations: a, tranfser: b}", ":3:33: unknown key 'tranfser'. Did you mean 'transfer'?"),
        ("ingest-raws: {transfer: copy}", ":3:5: 'locations' is missing"),
        ("ingest-raws: {locations: a, transfer: b}", ":3:33: transfer: input should be 'auto'"),
        ("ingest-raws: {locations: [a, 5]}", ":3:34: locations.1: input should be a valid string (it is 5)"),
        ("ingest-raws: {locations: a, processes: many}", ":3:33: processes: input should be a valid integer"),
        ("ingest-raws: {locations: a, processes: 0}", "greater than or equal to 1 (it is 0)"),
        ("ingest-files: {dataset-type: [a], run: b, table: t}", ":3:20: dataset-type: input should be a valid string"),
        ("ingest-files: {dataset-type: a, run: b}", ":3:5: give either 'table' or 'files'"),
        (
            "ingest-files: {dataset-type: a, run: b, files: {directory: d, patern: x}}",
            ":3:67: unknown key 'patern'. Did you mean 'pattern'?",
        ),
    ],
)
def test_mistakes_in_steps(tmp_path: Path, step: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_recipe(write(tmp_path, f"repository: r\nsteps:\n  - {step}\n"), {}, {})
    assert said in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = "repository: {roots: r}\nsteps:\n" + "  - ingest-raws: {locatoins: a}\n" * 12
    with pytest.raises(ConfigError) as caught:
        read_recipe(write(tmp_path, text), {}, {})
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert lines[0].endswith(":1:1: 'root' is missing")
    assert lines[-1] == "and 16 more"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_recipe(tmp_path / "none.yaml")
    (tmp_path / "r.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(ConfigError, match="no text in UTF-8"):
        read_recipe(tmp_path / "r.yaml")
