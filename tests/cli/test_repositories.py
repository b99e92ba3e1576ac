"""Making repositories, and their configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest
import yaml

from skybutler import Butler

Good = Callable[..., str]
Bad = Callable[..., str]
Run = Callable[..., click.testing.Result]
Rows = Callable[..., list[dict[str, Any]]]


# --------------------------------------------------------------------- create
def test_create(good: Good, tmp_path: Path) -> None:
    assert good("create", tmp_path / "r") == f"Created repository {tmp_path / 'r'}.\n"
    with Butler(tmp_path / "r") as butler:
        assert butler.dimensions.version == 8


def test_create_again(bad: Bad, repo: Path) -> None:
    assert "there is a repository already" in bad("create", repo)


def test_create_with_an_older_universe(good: Good, tmp_path: Path) -> None:
    good("create", "--dimension-config", 3, tmp_path / "r")
    with Butler(tmp_path / "r") as butler:
        assert butler.dimensions.version == 3


def test_create_standalone_elsewhere(good: Good, tmp_path: Path) -> None:
    good("create", "--standalone", "-f", tmp_path / "elsewhere.yaml", "--journal", "delete", tmp_path / "r")
    assert yaml.safe_load((tmp_path / "elsewhere.yaml").read_text())["root"] == str(tmp_path / "r")
    good("query-collections", tmp_path / "elsewhere.yaml")


@pytest.mark.parametrize("override", [True, False])
def test_create_from_a_seed(override: bool, good: Good, tmp_path: Path) -> None:
    seed = tmp_path / "seed.yaml"
    seed.write_text(f"registry: {{db: 'sqlite:///{tmp_path}/other.sqlite3'}}\ndatastore: {{checksum: false}}\n")
    good("create", "--seed-config", seed, *(["--override"] if override else []), tmp_path / "r")
    assert (tmp_path / "other.sqlite3").exists() is override
    assert yaml.safe_load((tmp_path / "r" / "butler.yaml").read_text())["datastore"]["checksum"] is False


@pytest.mark.parametrize(
    "options, said",
    [
        (["--seed-config", "{}/seed.yaml"], "Did you mean 'registry'?"),
        (["--dimension-config", "99"], "99"),
        (["--dimension-config", "{}/seed.yaml"], ""),
    ],
)
def test_create_from_nonsense(options: list[str], said: str, bad: Bad, tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text("registri: {}\n")
    assert said in bad("create", *(o.format(tmp_path) for o in options), tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_create_with_a_missing_seed(bad: Bad, tmp_path: Path) -> None:
    assert "does not exist" in bad("create", "--seed-config", tmp_path / "none.yaml", tmp_path / "r", status=2)


def test_create_where_nobody_may_write(bad: Bad, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "'" in bad("create", tmp_path / "file" / "r")


# -------------------------------------------------------------- configuration
def test_config_dump(good: Good, repo: Path) -> None:
    content = yaml.safe_load(good("config-dump", repo))
    assert content["datastore"]["root"] == str(repo)
    assert content["registry"]["db"].startswith("sqlite:///")
    assert content["datastore"]["formatters"]["StructuredDataDict"] == "yaml"
    assert "{run:/}" in content["datastore"]["templates"]["default"]


def test_config_dump_of_a_part(good: Good, repo: Path, tmp_path: Path) -> None:
    assert good("config-dump", repo, "-s", ".datastore.root") == f"root: {repo}\n"
    assert good("config-dump", repo, "--subset", "/datastore/root") == f"root: {repo}\n"
    good("config-dump", repo, "-s", "registry", "--file", tmp_path / "part.yaml")
    assert list(yaml.safe_load((tmp_path / "part.yaml").read_text())) == ["db"]


@pytest.mark.parametrize("key", [".datastor.root", ".datastore.root.x", "regitry"])
def test_config_dump_of_no_part(key: str, bad: Bad, repo: Path) -> None:
    assert f"no key '{key}'" in bad("config-dump", repo, "-s", key)


def test_config_dump_hides_passwords(good: Good, repo: Path) -> None:
    (repo / "butler.yaml").write_text("registry: {db: 'postgresql://me:secret@host/db'}")
    assert "postgresql://me:***@host/db" in good("config-dump", repo)


def test_config_validate(good: Good, run: Run, rows: Rows, repo: Path) -> None:
    assert good("config-validate", repo) == "No problems found in 3 dataset types.\n"
    assert good("config-validate", repo, "-q", "-d", "n*", "-i", "note") == ""
    content = yaml.safe_load((repo / "butler.yaml").read_text())
    content["datastore"]["templates"] = {
        "note": "{run}/{datasetType}_{band:?}",
        "instrument<Cam>": {"numbers": "{run}/{datasetType}_{detector}"},
    }
    (repo / "butler.yaml").write_text(yaml.safe_dump(content))
    result = run("config-validate", repo)
    assert result.exit_code == 1
    assert result.stdout.count("note ") == 1
    assert "lacks instrument" in result.stdout
    assert run("config-validate", repo, "-i", "n*").exit_code == 0
    assert rows("config-validate", repo, "-d", "flat") == []


def test_config_validate_of_an_unknown_type(bad: Bad, repo: Path) -> None:
    assert "Did you mean 'note'?" in bad("config-validate", repo, "-d", "nota")


def test_config_dump_hides_keys(good: Good, tmp_path: Path) -> None:
    keys = {"access_key_id": "hidden1", "secret_access_key": "hidden2", "region": "shown"}
    stores = [{"root": "s3://bucket/x", "s3": keys}, {"root": str(tmp_path / "x")}]
    seed = {"datastore": {"s3": {**keys, "session_token": "hidden3"}, "datastores": stores}}
    (tmp_path / "seed.yaml").write_text(yaml.safe_dump(seed))
    good("create", tmp_path / "new", "--seed-config", tmp_path / "seed.yaml")
    shown = good("config-dump", tmp_path / "new")
    assert "hidden" not in shown
    assert shown.count("region: shown") == 2
