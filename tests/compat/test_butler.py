"""The butler with foreign spellings."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest
from lsst.resources import ResourcePath

import skybutler
from skybutler import FileDataset
from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.afw.pixels import LOCAL
from skybutler.compat.butler import Butler
from skybutler.compat.daf_base import PropertySet
from skybutler.compat.dataset_types import DatasetRef, DatasetType, StorageClass
from skybutler.compat.geom import Box2I, Extent2I, Point2I
from skybutler.errors import (
    DatasetNotFoundError,
    InconsistentDataIdError,
    InvalidError,
    MissingCollectionError,
    OrphanedRecordError,
)
from support.dp02 import COLLECTION, DETECTOR, INSTRUMENT, RUN, task_metadata

VISIT = 1192139
DATA_ID = {"instrument": INSTRUMENT, "visit": VISIT, "detector": DETECTOR}


# ---------------------------------------------------------------- opening it
@pytest.mark.parametrize(
    "spelling", [{"collections": COLLECTION}, {"collections": [COLLECTION]}, {"collection": COLLECTION}]
)
def test_collections_of_all_generations(dp02_root: Path, spelling: dict[str, Any]) -> None:
    with Butler(config=str(dp02_root / "butler.yaml"), **spelling) as butler:
        assert list(butler.collections) == [COLLECTION]
        assert butler.collection == COLLECTION
        assert butler.registry.queryDatasets("calexp").any()


def test_the_collection_can_be_chosen_later(dp02_root: Path) -> None:
    with Butler(config=dp02_root, collection="") as butler:
        assert butler.collection == ""
        butler.collection = RUN
        assert butler.get("characterizeImage_metadata", dataId=DATA_ID) == task_metadata(VISIT)
        with pytest.raises(MissingCollectionError):
            butler.collection = "nothing"


def test_places(dp02_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAF_BUTLER_REPOSITORIES", f"dp02: {dp02_root}")
    assert Butler.get_known_repos() == {"dp02"}
    config = Butler("dp02").config
    for place in ("dp02", dp02_root, str(dp02_root), ResourcePath(str(dp02_root)), config):
        with Butler.from_config(place, collections=COLLECTION) as butler:
            assert butler.datasetExists("calexp", DATA_ID)
    with pytest.raises(FileNotFoundError):
        Butler(tmp_path / "nothing")
    with pytest.raises(InvalidError, match="needs a repository"):
        Butler()


@pytest.mark.parametrize(
    "given, writeable", [("True", True), (True, True), ("false", False), (False, False), (None, False)]
)
def test_writeable_may_be_text(dp02_root: Path, given: str | bool | None, writeable: bool) -> None:
    with Butler(dp02_root, writeable=given) as butler:
        assert butler.isWriteable() is butler.registry.isWriteable() is writeable


def test_another_butler_over_the_same_connection(dp02: Butler) -> None:
    other = Butler(butler=dp02, collections=RUN)
    assert (list(other.collections), list(dp02.collections)) == ([RUN], [COLLECTION])
    assert dp02.clone().get("characterizeImage_metadata", DATA_ID) == task_metadata(VISIT)
    assert list(dp02.clone(collections=RUN).collections) == [RUN]
    reopened = pickle.loads(pickle.dumps(dp02))
    assert type(reopened) is Butler
    assert list(reopened.collections) == [COLLECTION]
    reopened.close()
    assert COLLECTION in repr(dp02)
    assert isinstance(dp02.plain, skybutler.Butler)
    assert Butler.of(dp02.plain).plain is dp02.plain


def test_repositories_are_made_once(tmp_path: Path) -> None:
    config = Butler.makeRepo(tmp_path / "repo", dimensionConfig=1)
    with Butler(config, writeable=True) as butler:
        assert butler.dimensions.version == 1
    with pytest.raises(FileExistsError, match="already"):
        Butler.makeRepo(tmp_path / "repo")


# ------------------------------------------------------------------- datasets
def test_get(dp02: Butler) -> None:
    ref = dp02.registry.findDataset("characterizeImage_metadata", DATA_ID)
    assert ref is not None
    wanted = task_metadata(VISIT)
    assert dp02.get("characterizeImage_metadata", DATA_ID) == wanted
    assert dp02.get(ref) == dp02.getDirect(ref) == dp02.get(ref.datasetType, dataId=ref.dataId) == wanted
    assert dp02.get("characterizeImage_metadata", visit=VISIT, detector="R11_S20") == wanted
    full = dp02.registry.expandDataId(DATA_ID).full
    assert dp02.get("characterizeImage_metadata", dataId=full, collections=RUN) == wanted
    assert type(dp02.get(ref, storageClass=StorageClass("PropertySet"))) is PropertySet
    assert dp02.get("calexp.bbox", DATA_ID) == Box2I(Point2I(0, 0), Extent2I(4, 3))
    assert dp02.get("calexp.xy0", DATA_ID) == Point2I(0, 0)
    assert dp02.get(ref.datasetType.name, DATA_ID).toDict() == wanted.to_dict()


def test_images_have_the_classes_that_lsst_names_refer_to(own_dp02: Butler) -> None:
    exposure = own_dp02.get("calexp", DATA_ID)
    assert type(exposure) is ExposureF
    part = own_dp02.get("calexp", DATA_ID, parameters={"bbox": Box2I(Point2I(1, 0), Extent2I(2, 2)), "origin": LOCAL})
    assert part.getDimensions() == Extent2I(2, 2)
    assert own_dp02.get("calexp.image", DATA_ID) == exposure.image
    exposure.image.set(7.0)
    ref = own_dp02.put(exposure, "calexp", DATA_ID, run="u/me/images")
    assert own_dp02.get(ref).image == exposure.image


def test_get_of_what_is_not_there(dp02: Butler) -> None:
    with pytest.raises(LookupError):
        dp02.get("calibrate_metadata", DATA_ID)
    with pytest.raises(KeyError):
        dp02.get("nothing", DATA_ID)
    with pytest.raises(InconsistentDataIdError):
        dp02.get("calexp", {**DATA_ID, "band": "u"})


def test_put(own_dp02: Butler) -> None:
    ref = own_dp02.put(PropertySet({"a": 1}), "calibrate_metadata", dataId=DATA_ID)
    assert (type(ref), ref.run, ref.dataId.hasRecords()) == (DatasetRef, RUN, True)
    assert own_dp02.get(ref) == {"a": 1}
    new = DatasetRef(ref.datasetType, ref.dataId, "u/me/run")
    assert own_dp02.putDirect(PropertySet({"b": 2}), new).id == new.id
    assert own_dp02.get("calibrate_metadata", DATA_ID, collections="u/me/run") == {"b": 2}


def test_existence(own_dp02: Butler) -> None:
    ref = own_dp02.registry.findDataset("calexp", DATA_ID)
    assert ref is not None
    assert own_dp02.datasetExists("calexp", DATA_ID) is own_dp02.datasetExists(ref) is own_dp02.stored(ref) is True
    assert own_dp02.exists("calexp", DATA_ID)
    Path(own_dp02.getURI(ref).ospath).unlink()
    assert own_dp02.datasetExists("calexp", dataId=DATA_ID) is False
    assert own_dp02.stored(ref) is True
    with pytest.raises(DatasetNotFoundError):
        own_dp02.datasetExists("calibrate_metadata", DATA_ID)
    assert not own_dp02.exists("calibrate_metadata", DATA_ID)


def test_uris(own_dp02: Butler) -> None:
    uri = own_dp02.getURI("calexp", dataId=DATA_ID)
    assert isinstance(uri, ResourcePath)
    assert uri.exists()
    uris = own_dp02.getURIs("calexp", DATA_ID)
    assert (uris.primaryURI, uris.componentURIs) == (uri, {})
    assert own_dp02.getURI("calibrate_metadata", DATA_ID, predict=True).fragment == "predicted"


def test_files_in_and_out(own_dp02: Butler, tmp_path: Path) -> None:
    refs = list(own_dp02.registry.queryDatasets("characterizeImage_metadata", visit=VISIT))
    copies = own_dp02.retrieveArtifacts(refs, ResourcePath(str(tmp_path / "out")), preserve_path=False)
    assert [c.exists() for c in copies] == [True, True]
    again = [DatasetRef(ref.datasetType, ref.dataId, "copies") for ref in refs]
    own_dp02.ingest(*(FileDataset(c.ospath, [r]) for c, r in zip(copies, again, strict=True)), transfer="copy")
    assert own_dp02.get("characterizeImage_metadata", DATA_ID, collections="copies") == task_metadata(VISIT)


def test_pruning_and_removing(own_dp02: Butler) -> None:
    ref = own_dp02.registry.findDataset("calexp", DATA_ID)
    assert ref is not None
    own_dp02.pruneDatasets([ref], disassociate=False, unstore=True)
    assert own_dp02.stored(ref) is False
    own_dp02.pruneDatasets([ref], unstore=True, purge=True)
    assert own_dp02.registry.getDataset(ref.id) is None
    with pytest.raises(InvalidError, match="files stay"):
        own_dp02.removeRuns([RUN], unstore=False)
    with pytest.raises(OrphanedRecordError):
        own_dp02.removeRuns([RUN])
    own_dp02.removeRuns([RUN], unlink_from_chains=True)
    assert own_dp02.registry.queryCollections() == [COLLECTION]


def test_failed_transactions_leave_nothing(own_dp02: Butler) -> None:
    made = []

    def fail() -> None:
        with own_dp02.transaction():
            made.append(own_dp02.put(PropertySet({"a": 1}), "calibrate_metadata", DATA_ID))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert own_dp02.registry.getDataset(made[0].id) is None
    assert own_dp02.registry.queryDatasets("calibrate_metadata").count() == 0


def test_what_is_spelt_alike_is_ours(dp02: Butler, tmp_path: Path) -> None:
    refs = dp02.query_datasets("calexp", visit=VISIT)
    assert len(dp02.retrieve_artifacts(refs, tmp_path / "out")) == 2
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = dp02.nothing_of_this_name


def test_types_are_registered_and_used(own_dp02: Butler) -> None:
    kind = DatasetType("note", ("instrument",), "StructuredDataDict", universe=own_dp02.dimensions)
    own_dp02.registry.registerDatasetType(kind)
    ref = own_dp02.put({"a": [1, 2]}, kind, instrument=INSTRUMENT, run="notes")
    assert re.fullmatch(
        r"note@\{instrument: 'LSSTCam-imSim'\} \[sc=StructuredDataDict\] \(run=notes id=[-0-9a-f]{36}\)", str(ref)
    )
    assert own_dp02.get(kind, instrument=INSTRUMENT, collections="notes") == {"a": [1, 2]}


def test_labels(dp02_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAF_BUTLER_REPOSITORIES", f"dp02: {dp02_root}")
    assert Butler.get_repo_uri("dp02").ospath.rstrip("/") == str(dp02_root)
    with pytest.raises(KeyError, match="Did you mean 'dp02'"):
        Butler.get_repo_uri("dp2")
    assert (Butler.has_repo_config(dp02_root), Butler.has_repo_config(tmp_path)) == (True, False)
