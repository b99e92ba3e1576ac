"""Importing into a repository: idempotent, all or nothing, with files in every mode."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from skybutler import Butler, CollectionType
from skybutler.errors import ButlerError, ConflictingDefinitionError, DatasetExistsError
from support.repositories import Command
from support.transfer import content_of, save_everything


@pytest.fixture
def exported(stored: Butler, tmp_path: Path) -> Path:
    """An export of `stored` with its files."""
    folder = tmp_path / "exported"
    with stored.export(directory=folder, format="yaml", transfer="copy") as export:
        save_everything(stored, export)
    return folder


def read(butler: Butler) -> list[object]:
    return [butler.get("plain", instrument="Cam", detector=i, collections="all") for i in range(4)]


@pytest.mark.parametrize("mode", ["auto", "copy", "move", "link", "hardlink", "symlink", "relsymlink", "direct"])
def test_files_in_every_mode(stored: Butler, target: Butler, exported: Path, mode: str) -> None:
    report = target.import_(directory=exported, format="yaml", transfer=mode)
    assert content_of(target) == content_of(stored)
    assert (report.datasets.new, report.files, report.tagged.new, report.certified.new) == (8, 8, 2, 4)
    assert read(target) == [{"detector": i} for i in range(4)]
    assert not target.import_(directory=exported, format="yaml", transfer=mode).is_change


def test_in_place(stored: Butler, target: Butler, exported: Path) -> None:
    root = Path(target.datastore.storage.local_root or "")
    for path in exported.rglob("*.yaml"):
        (root / path.relative_to(exported)).parent.mkdir(parents=True, exist_ok=True)
        path.rename(root / path.relative_to(exported))
    target.import_(filename=root / "export.yaml", transfer=None)
    assert content_of(target) == content_of(stored)
    assert read(target) == [{"detector": i} for i in range(4)]
    with target.export(filename=root / "again.yaml") as export:
        save_everything(target, export)
    assert (root / "again.yaml").read_bytes() == (root / "export.yaml").read_bytes()


def test_without_files(stored: Butler, target: Butler, exported: Path) -> None:
    report = target.import_(directory=exported, format="yaml", without_datastore=True)
    assert content_of(target) == content_of(stored)
    assert report.files == 0


def test_files_can_come_later(stored: Butler, target: Butler, exported: Path) -> None:
    target.import_(directory=exported, format="yaml", without_datastore=True)
    report = target.import_(directory=exported, format="yaml", transfer="copy")
    assert (report.datasets.new, report.files) == (0, 8)
    assert content_of(target) == content_of(stored)
    assert read(target) == [{"detector": i} for i in range(4)]
    assert not target.import_(directory=exported, format="yaml", transfer="copy").is_change


def test_two_at_once_give_what_one_gives(stored: Butler, target: Butler, exported: Path) -> None:
    place = target.config.root
    both = [Command("import", place, exported, "-t", "copy") for _ in range(2)]
    ended = [command.end() for command in both]
    assert [e.status for e in ended] == [0, 0], [e.err for e in ended]
    assert sorted("Nothing new" in e.out for e in ended) == [False, True]
    target.registry.refresh()
    assert content_of(target) == content_of(stored)
    assert read(target) == [{"detector": i} for i in range(4)]


def test_a_failure_at_the_end_takes_everything_back(target: Butler, exported: Path) -> None:
    target.collections.register("all", CollectionType.CHAINED)
    target.collections.register("other")
    target.collections.redefine_chain("all", ["other"])
    before = content_of(target)
    files = sorted(Path(target.datastore.storage.local_root or "").rglob("*.yaml"))
    with pytest.raises(ConflictingDefinitionError, match=r"chain 'all' has the children .*but \['other'\] here"):
        target.import_(directory=exported, format="yaml", transfer="move")
    assert content_of(target) == before
    assert sorted(Path(target.datastore.storage.local_root or "").rglob("*.yaml")) == files
    assert len(list(exported.rglob("*_S*.yaml"))) == 8


def test_a_missing_file_changes_nothing(target: Butler, exported: Path) -> None:
    next(iter(sorted(exported.rglob("plain_*.yaml")))).unlink()
    before = content_of(target)
    with pytest.raises(ButlerError, match="files that do not exist: .*plain_Cam_R0_S0.*Nothing was imported"):
        target.import_(directory=exported, format="yaml")
    assert content_of(target) == before


def test_another_dataset_in_the_place(target: Butler, exported: Path) -> None:
    target.import_(directory=exported, format="yaml", without_datastore=True)
    text = (exported / "export.yaml").read_text()
    identifier = text[text.index("!uuid '") + 7 :][:36]
    (exported / "export.yaml").write_text(text.replace(identifier, "00000000-0000-0000-0000-000000000001"))
    before = content_of(target)
    with pytest.raises(DatasetExistsError, match=r"has another dataset 'bias' with \{instrument: 'Cam', detector: 0\}"):
        target.import_(directory=exported, format="yaml")
    assert content_of(target) == before


def test_children_that_exist_nowhere_are_left_out_and_taken_later(
    target: Butler, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(
        "version: 1.0.2\ndata:\n- {type: run, name: a}\n"
        "- {type: collection, collection_type: CHAINED, name: c, children: [later, a]}\n"
    )
    with caplog.at_level(logging.WARNING):
        assert target.import_(filename=file).unknown_children == [("c", "later")]
    assert "Chain 'c' has no child 'later'" in caplog.text
    assert target.collections.get_info("c").children == ("a",)
    target.collections.register("later")
    target.import_(filename=file)
    assert target.collections.get_info("c").children == ("later", "a")


def test_formatters_that_nobody_knows_are_kept_as_text(target: Butler, stored: Butler, exported: Path) -> None:
    text = (exported / "export.yaml").read_text()
    known = "lsst.daf.butler.formatters.yaml.YamlFormatter"
    (exported / "export.yaml").write_text(text.replace(known, "lsst.obs.later.LaterFormatter"))
    target.import_(directory=exported, format="yaml", transfer="copy")
    assert content_of(target) == content_of(stored)
    with pytest.raises(ButlerError, match=r"There is no formatter 'lsst.obs.later.LaterFormatter'"):
        read(target)
    with target.export(filename=exported / "again.yaml") as export:
        save_everything(target, export)
    assert (exported / "again.yaml").read_text().count("formatter: lsst.obs.later.LaterFormatter\n") == 8


def test_skipped_dimensions(target: Butler, exported: Path) -> None:
    with pytest.raises(ButlerError, match="No instrument record"):
        target.import_(directory=exported, format="yaml", skip_dimensions=["instrument", "detector"])
    target.insert_dimension_data("instrument", {"name": "Cam", "class_name": "mine"})
    report = target.import_(directory=exported, format="yaml", skip_dimensions=["instrument"])
    assert list(report.records) == ["detector"]


@pytest.mark.parametrize("version", [1, 7])
@pytest.mark.parametrize("first", ["import", "register"])
def test_import_before_or_after_the_instrument_is_registered(
    make: object, shared: Path, tmp_path: Path, first: str, version: int
) -> None:
    from skybutler.ingest.instruments import register_instrument

    butler: Butler = make()  # type: ignore[operator]
    text = (shared / "data" / "exports" / "ap_verify_testdata-imsim-export.yaml").read_text()
    file = tmp_path / "x.yaml"
    if version < 2:  # when instruments had no visit system
        text = text.replace("universe_version: 7", f"universe_version: {version}").replace("    visit_system: 0\n", "")
    file.write_text(text)
    if first == "register":
        register_instrument(butler, "LSSTCam-imSim")
    butler.import_(filename=file, without_datastore=True)
    if first == "import":
        register_instrument(butler, "LSSTCam-imSim")
    (record,) = butler.query_dimension_records("instrument")
    assert record.get("class_name") == "lsst.obs.lsst.LsstCamImSim"
    assert record.get("visit_system") is not None
    assert butler.query_dimension_records("detector").count() == 189
