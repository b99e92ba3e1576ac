"""A file is checked to its end before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler import Butler, CollectionType
from skybutler.errors import ButlerError
from support.transfer import content_of

HEAD = "version: 1.0.2\nuniverse_version: 8\ndata:\n"
TYPE = "- {type: dataset_type, name: t, dimensions: [instrument], storage_class: Config}\n"
DATASET = (
    "- {type: dataset, dataset_type: t, run: r, records: [{dataset_id: 1, data_id: {instrument: Cam}, path: PATH}]}\n"
)


RUN_AND_TAG = "- {type: run, name: a}\n- {type: collection, collection_type: TAGGED, name: a}\n"
CHANGED_KIND = "- {type: collection, collection_type: RUN, name: tag}\n"
TAGS = "- {type: associations, collection: COLLECTION, collection_type: TAGGED, dataset_ids: [1]}\n"
RANGES = "- {type: associations, collection: tag, collection_type: CALIBRATION, validity_ranges: [RANGE]}\n"
RANGE = "{begin: null, end: null, dataset_ids: []}"


@pytest.mark.parametrize(
    "blocks, says",
    [
        ("- {type: dimension, element: moon, records: [{a: 1}]}\n", "line 4: 'moon' is not a dimension"),
        ("- {type: dimension, element: skymap, records: [{nam: 1}]}\n", "line 4: skymap records have no field 'nam'"),
        ("- {type: dataset_type, name: t, dimensions: [moon], storage_class: S}\n", "line 4: 'moon' is not"),
        ("- {type: dataset_type, name: t t, dimensions: [], storage_class: S}\n", "line 4: 't t' cannot name"),
        (TYPE + TYPE.replace("Config", "Packages"), "line 5: dataset type 't' is"),
        (DATASET, "line 4: Dataset type 't' does not exist"),
        (TYPE + DATASET.replace("instrument: Cam", "band: r"), "line 5: data IDs of 't' have no instrument"),
        (TYPE + DATASET.replace("PATH", "a/../../b"), "line 5: the path 'a/../../b' leaves"),
        (TYPE + DATASET, r"files that do not exist: .*PATH. Nothing was imported.*--without-datastore"),
        (RUN_AND_TAG, "'a' is a TAGGED in the file"),
        (CHANGED_KIND, "line 4: collection 'tag' is a RUN in the file, but a TAGGED here"),
        (TAGS.replace("COLLECTION", "none"), "'none' is not defined"),
        (RANGES.replace("RANGE", RANGE), "is a TAGGED collection"),
        (TAGS.replace("COLLECTION", "tag"), "neither in the file nor"),
    ],
)
def test_what_is_wrong_changes_nothing(target: Butler, tmp_path: Path, blocks: str, says: str) -> None:
    target.collections.register("tag", CollectionType.TAGGED)
    before = content_of(target)
    (tmp_path / "x.yaml").write_text(HEAD + blocks)
    with pytest.raises(ButlerError, match=says):
        target.import_(directory=tmp_path, filename="x.yaml")
    assert content_of(target) == before


def test_another_namespace(target: Butler, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(HEAD.replace("data:", "universe_namespace: mine\ndata: []"))
    with pytest.raises(ButlerError, match="dimensions of 'mine', this repository of 'daf_butler'"):
        target.import_(filename=tmp_path / "x.yaml")


def test_another_type_of_the_same_name(target: Butler, tmp_path: Path) -> None:
    target.register_dataset_type("t", ["instrument"], "Packages")
    (tmp_path / "x.yaml").write_text(HEAD + TYPE)
    with pytest.raises(ButlerError, match="line 4: dataset type 't' is .*Config.* in the file, but .*Packages.* here"):
        target.import_(filename=tmp_path / "x.yaml")
