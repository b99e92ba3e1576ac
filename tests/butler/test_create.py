"""Making repositories: every option, and nothing left where it fails."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.butler.config import load_yaml
from skybutler.errors import ButlerError, ConfigError, ConflictError, SchemaVersionError
from support.s3 import S3Server

RUBIN_SEED: dict[str, Any] = {
    "datastore": {
        "cls": "lsst.daf.butler.datastores.fileDatastore.FileDatastore",
        "root": "<butlerRoot>",
        "records": {"table": "file_datastore_records"},
    },
    "registry": {"db": "sqlite:///<butlerRoot>/gen3.sqlite3"},
}


def use(place: Any) -> None:
    """Put and get through the repository."""
    with Butler(place, run="r") as butler:
        butler.register_dataset_type("note")
        butler.put({"a": 1}, "note")
        assert butler.get("note") == {"a": 1}


def all_below(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


def test_a_new_directory_becomes_a_repository(tmp_path: Path) -> None:
    Butler.create(tmp_path / "a" / "b")
    assert all_below(tmp_path / "a" / "b") == {"butler.yaml", "skybutler.sqlite3"}
    use(tmp_path / "a" / "b")


def test_it_can_be_moved(tmp_path: Path) -> None:
    Butler.create(tmp_path / "old")
    use(tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    with Butler(tmp_path / "new", collections="r") as butler:
        assert butler.get("note") == {"a": 1}


def test_two_repositories_in_one_place_are_refused(tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo")
    before = (tmp_path / "repo" / "butler.yaml").read_bytes()
    with pytest.raises(ConflictError, match="already"):
        Butler.create(tmp_path / "repo")
    assert (tmp_path / "repo" / "butler.yaml").read_bytes() == before
    use(tmp_path / "repo")


@pytest.mark.parametrize("as_file", [True, False])
def test_a_seed_of_the_original_is_taken(tmp_path: Path, as_file: bool) -> None:
    seed: Any = RUBIN_SEED
    if as_file:
        import yaml

        seed = tmp_path / "seed.yaml"
        seed.write_text(yaml.safe_dump(RUBIN_SEED))
    Butler.create(tmp_path / "repo", seed=seed, override=True)
    assert (tmp_path / "repo" / "gen3.sqlite3").exists()
    use(tmp_path / "repo")


def test_without_override_everything_goes_below_the_root(tmp_path: Path) -> None:
    seed = {"registry": {"db": f"sqlite:///{tmp_path}/else.sqlite3"}, "datastore": {"root": str(tmp_path / "files")}}
    Butler.create(tmp_path / "repo", seed=seed)
    use(tmp_path / "repo")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["repo"]


def test_with_override_places_of_the_seed_are_kept(tmp_path: Path) -> None:
    seed = {"registry": {"db": f"sqlite:///{tmp_path}/else.sqlite3"}, "datastore": {"root": str(tmp_path / "files")}}
    Butler.create(tmp_path / "repo", seed=seed, override=True)
    use(tmp_path / "repo")
    assert all_below(tmp_path / "repo") == {"butler.yaml"}
    assert any(p.is_file() for p in (tmp_path / "files").rglob("*"))


def test_a_configuration_elsewhere_knows_its_root(tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo", outfile=tmp_path / "conf" / "mine.yaml")
    assert load_yaml(tmp_path / "conf" / "mine.yaml")["root"] == str(tmp_path / "repo")
    assert not (tmp_path / "repo" / "butler.yaml").exists()
    use(tmp_path / "conf" / "mine.yaml")


def test_a_standalone_configuration_can_be_copied(tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo", standalone=True)
    (tmp_path / "copy.yaml").write_bytes((tmp_path / "repo" / "butler.yaml").read_bytes())
    use(tmp_path / "copy.yaml")


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_the_journal_mode_is_kept(tmp_path: Path, journal: str) -> None:
    Butler.create(tmp_path, journal=journal)
    with sqlite3.connect(tmp_path / "skybutler.sqlite3") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
    use(tmp_path)


def test_an_older_universe_can_be_asked_for(tmp_path: Path) -> None:
    Butler.create(tmp_path, dimensions=1)
    with Butler(tmp_path) as butler:
        assert butler.dimensions.version == 1


@pytest.mark.parametrize(
    "options",
    [
        {"dimensions": 999},
        {"dimensions": {"version": 0, "elements": "nonsense"}},
        {"dimensions": {}},
        {"seed": {"registry": {"bd": "x"}}},
        {"seed": {"registry": {"db": "oracle://x"}}, "override": True},
        {"seed": "none.yaml"},
        {"journal": "off; DROP TABLE x"},
        {"seed": {"storage_classes": 7}},
        {"seed": {"datastore": {"templates": {"default": "../{run}"}}}},
        {"seed": {"datastore": {"root": "ftp://x/y"}}, "override": True},
    ],
)
def test_wrong_options_leave_nothing(tmp_path: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ButlerError):
        Butler.create(tmp_path / "repo", **options)
    assert all_below(tmp_path) == set()


def test_a_failure_in_a_directory_of_somebody_leaves_its_files(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ButlerError):
        Butler.create(tmp_path, journal="nonsense")
    assert all_below(tmp_path) == {"mine.txt"}


def test_a_database_with_content_is_refused_and_kept(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.sqlite3") as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    seed = {"registry": {"db": f"sqlite:///{tmp_path}/x.sqlite3"}}
    with pytest.raises(ButlerError):
        Butler.create(tmp_path / "repo", seed=seed, override=True)
    with sqlite3.connect(tmp_path / "x.sqlite3") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    connection.close()
    assert all_below(tmp_path) == {"x.sqlite3"}


def test_a_database_in_use_by_a_repository_is_refused(repository: Path, tmp_path: Path) -> None:
    seed = load_yaml(repository / "butler.yaml")
    with pytest.raises(ConfigError):
        Butler.create(tmp_path / "second", seed=seed, override=True)
    assert not (tmp_path / "second").exists()
    use(repository)


def test_a_newer_schema_is_refused(repository: Path) -> None:
    with Butler(repository, writeable=True) as butler, butler.registry.transaction():
        butler.registry.database.execute("UPDATE repository SET value = ? WHERE key = ?", ("999", "schema_version"))
    with pytest.raises(SchemaVersionError, match="999"):
        Butler(repository)


def test_files_can_be_in_an_object_store(tmp_path: Path, s3_environment: S3Server) -> None:
    seed = {"datastore": {"root": s3_environment.new_root()}}
    Butler.create(tmp_path / "repo", seed=seed)
    use(tmp_path / "repo")
    assert all_below(tmp_path / "repo") <= {
        "butler.yaml", "skybutler.sqlite3", "skybutler.sqlite3-wal", "skybutler.sqlite3-shm",
    }  # fmt: skip


def test_stores_of_a_chain_go_below_the_root(tmp_path: Path) -> None:
    stores = [
        {"name": "fast/1", "root": str(tmp_path / "x")},
        {"datastore": {"root": "<butlerRoot>/slow"}},
        {"root": "/y", "constraints": {"reject": ["all"]}},
    ]
    Butler.create(tmp_path / "repo", seed={"datastore": {"datastores": stores}})
    use(tmp_path / "repo")
    (tmp_path / "repo").rename(tmp_path / "moved")
    with Butler(tmp_path / "moved", collections="r") as butler:
        (ref,) = butler.query_datasets("note")
        uris = butler.datastore.uris(butler._record_of(ref))
    assert [uri.removeprefix(f"file://{tmp_path}/moved/").split("/")[0] for uri in uris] == ["fast_1", "slow"]


def test_stores_of_a_chain_stay_where_they_are_with_override(tmp_path: Path) -> None:
    stores = [{"root": str(tmp_path / "x")}, {"root": str(tmp_path / "y")}]
    Butler.create(tmp_path / "repo", seed={"datastore": {"datastores": stores}}, override=True)
    use(tmp_path / "repo")
    assert all_below(tmp_path / "x") == all_below(tmp_path / "y") != set()
