"""The butler's own work: opening, putting, getting, finding."""

from __future__ import annotations

import pickle
import threading
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler import Butler
from skybutler.datasets import CollectionType, DatasetExistence, DatasetRef
from skybutler.dimensions import DataId
from skybutler.errors import (
    ButlerError,
    DataIdError,
    DatasetExistsError,
    DatasetNotFoundError,
    DimensionNameError,
    FileNotFoundInStoreError,
    InconsistentDataIdError,
    MissingCollectionError,
    MissingDatasetTypeError,
    NoDefaultCollectionError,
    ParameterError,
    ReadOnlyError,
    StorageClassError,
    TemplateError,
    UnknownComponentError,
)
from skybutler.images import Exposure, GaussianPsf, Image, PhotoCalib
from skybutler.sky.timespan import Timespan
from support.s3 import S3Server
from support.world import HOUR, NIGHT, World

CAM: dict[str, Any] = {"instrument": "Cam"}
CALEXP: dict[str, Any] = {"instrument": "Cam", "detector": 2, "visit": 11}


# ---------------------------------------------------------------------------------------------------------------- open
def test_a_butler_without_a_run_only_reads(repository: Path) -> None:
    with Butler(repository) as butler:
        assert not butler.writeable
        with pytest.raises(ReadOnlyError):
            butler.put({}, "x", run="r")
        with pytest.raises(ReadOnlyError):
            butler.register_dataset_type("x")


def test_a_run_that_cannot_be_made_is_no_error_to_a_reader_until_it_is_searched(repository: Path) -> None:
    with pytest.raises(MissingCollectionError):
        Butler(repository, run="none", writeable=False)
    with pytest.raises(MissingCollectionError):
        Butler(repository, collections=["none"])


def test_unknown_defaults_are_named(repository: Path) -> None:
    with pytest.raises(DimensionNameError, match="instrument"):
        Butler(repository, instrment="Cam")


def test_no_defaults_are_said(repository: Path) -> None:
    with Butler(repository, writeable=True) as butler:
        butler.register_dataset_type("note")
        with pytest.raises(NoDefaultCollectionError, match="collections="):
            butler.get("note")
        with pytest.raises(NoDefaultCollectionError, match="run="):
            butler.put({}, "note")


def test_the_run_is_searched_by_default_and_collections_replace_it(butler: Butler, repository: Path) -> None:
    butler.register_dataset_type("note")
    butler.put({"a": 1}, "note")
    butler.put({"a": 2}, "note", run="other")
    assert butler.collections.defaults == ("run/mine",)
    assert butler.get("note") == {"a": 1}
    assert butler.get("note", collections="other") == {"a": 2}
    with Butler(repository, collections=["other", "run/mine"]) as reader:
        assert reader.get("note") == {"a": 2}


def test_a_sole_governor_needs_no_saying(small: Butler) -> None:
    small.put({}, "plain", detector=1)
    assert small.exists("plain", detector=1) is DatasetExistence.VERIFIED
    small.insert_dimension_data("instrument", {"name": "Other"})
    with pytest.raises(DataIdError, match="instrument"):
        small.get("plain", detector=1)
    assert small.clone(instrument="Cam").get("plain", detector=1) == {}


def test_a_clone_shares_the_connection_and_has_its_own_defaults(small: Butler) -> None:
    small.put({"a": 1}, "plain", detector=1)
    clone = small.clone(run="run/second", instrument="Cam")
    clone.put({"a": 2}, "plain", detector=1)
    assert clone.get("plain", detector=1) == {"a": 2}
    assert small.get("plain", detector=1) == {"a": 1}
    assert small.clone().collections.defaults == small.collections.defaults
    assert clone.registry is small.registry


def test_a_pickled_butler_opens_the_same(small: Butler) -> None:
    ref = small.put({"a": 1}, "plain", detector=1)
    with pickle.loads(pickle.dumps(small.clone(run="run/mine", instrument="Cam"))) as other:
        assert other.run == "run/mine"
        assert other.writeable
        assert other.get("plain", detector=1) == {"a": 1}
        assert other.get(pickle.loads(pickle.dumps(ref))) == {"a": 1}


def test_a_pickled_butler_of_a_configuration_elsewhere_opens_the_same(tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo", outfile=tmp_path / "mine.yaml")
    with Butler(tmp_path / "mine.yaml", run="r") as butler, pickle.loads(pickle.dumps(butler)) as other:
        assert other.run == "r"


# --------------------------------------------------------------------------------------------------------- put and get
def test_what_is_put_is_what_is_got(small: Butler) -> None:
    ref = small.put({"a": [1, 2]}, "plain", {"instrument": "Cam", "detector": 1})
    assert ref.run == "run/mine"
    assert ref.data_id.has_records
    assert small.get(ref) == {"a": [1, 2]}
    assert small.get("plain", {"detector": 1}, instrument="Cam") == {"a": [1, 2]}
    assert small.find_dataset("plain", detector=1) == ref
    assert small.get_dataset(ref.id) == ref
    assert small.get_dataset(str(ref.id)) == ref
    assert small.get_dataset(uuid.uuid4()) is None


def test_records_come_with_a_found_dataset_when_asked(small: Butler) -> None:
    small.put({}, "plain", detector=1)
    found = small.find_dataset("plain", detector=1, dimension_records=True)
    assert found is not None
    record = found.data_id.record("detector")
    assert record is not None
    assert record.full_name == "R0_S1"


def test_a_second_put_is_refused_and_the_first_stays(small: Butler) -> None:
    ref = small.put({"a": 1}, "plain", detector=1)
    with pytest.raises(DatasetExistsError, match="run/mine"):
        small.put({"a": 2}, "plain", detector=1)
    assert small.get(ref) == {"a": 1}


def test_a_put_with_a_ref_keeps_its_identity(small: Butler) -> None:
    kind = small.get_dataset_type("plain")
    data_id = DataId.standardize({"instrument": "Cam", "detector": 1}, group=kind.dimensions)
    ref = DatasetRef(kind, data_id, "run/other", uuid.uuid4())
    assert small.put({"a": 1}, ref).id == ref.id
    assert small.get_dataset(ref.id) == ref
    with pytest.raises(DatasetExistsError):
        small.put({"a": 2}, ref)
    again = DatasetRef(kind, data_id, "run/third", ref.id)
    with pytest.raises(DatasetExistsError):
        small.put({"a": 2}, again)
    assert small.get(ref) == {"a": 1}
    assert small.find_dataset("plain", detector=1, collections="run/other") == ref


def test_not_found_says_where_it_is(small: Butler) -> None:
    small.put({}, "plain", detector=1)
    small.collections.register("empty")
    with pytest.raises(DatasetNotFoundError, match="run/mine"):
        small.get("plain", detector=1, collections="empty")
    with pytest.raises(DatasetNotFoundError):
        small.get_deferred("plain", detector=2)
    with pytest.raises(DatasetNotFoundError):
        small.get_uri("plain", detector=2)
    with pytest.raises(MissingDatasetTypeError, match="plain"):
        small.get("plian", detector=1)


@pytest.mark.parametrize("value", [99, "R9_S9", "x", None, 1.5, True])
def test_data_ids_that_mean_nothing_are_refused(small: Butler, value: Any) -> None:
    with pytest.raises(ButlerError):
        small.put({}, "plain", detector=value)
    assert not small.query_datasets("plain").any()


def test_unknown_names_in_a_data_id_are_refused(small: Butler) -> None:
    with pytest.raises(DimensionNameError, match="detector"):
        small.get("plain", detectr=1)


def test_the_wrong_type_of_object_leaves_nothing(small: Butler, repository: Path) -> None:
    files = {p for p in repository.rglob("*") if p.is_file()}
    with pytest.raises(StorageClassError):
        small.put(object(), "plain", detector=1)
    assert small.exists("plain", detector=1) is DatasetExistence.UNRECOGNIZED
    assert {p for p in repository.rglob("*") if p.is_file()} <= files
    small.put({}, "plain", detector=1)


def test_existence_tells_what_is_known(small: Butler, repository: Path) -> None:
    ref = small.put({}, "plain", detector=1)
    path = Path(small.get_uri(ref).removeprefix("file://"))
    assert path.is_relative_to(repository)
    assert small.exists(ref) is DatasetExistence.VERIFIED
    path.unlink()
    assert small.exists(ref) is DatasetExistence.MISSING
    assert small.exists(ref, full_check=False) is DatasetExistence.KNOWN
    with pytest.raises(FileNotFoundInStoreError):
        small.get(ref)
    small.prune_datasets([ref], unstore=True)
    assert small.exists("plain", detector=1) is DatasetExistence.RECORDED
    assert not small.exists("plain", detector=2)


def test_a_predicted_uri_is_where_the_file_goes(small: Butler) -> None:
    predicted = small.get_uri("plain", detector=1, predict=True)
    assert predicted.endswith("#predicted")
    ref = small.put({}, "plain", detector=1)
    assert small.get_uri(ref) == predicted.removesuffix("#predicted")
    assert "run/else" in small.get_uri("plain", detector=1, predict=True, run="run/else")


def test_an_object_store_holds_datasets(database_url: str, tmp_path: Path, s3_environment: S3Server) -> None:
    seed = {"registry": {"db": database_url}, "datastore": {"root": s3_environment.new_root()}}
    Butler.create(tmp_path / "repo", seed=seed, override=True)
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.register_dataset_type("note")
        ref = butler.put({"a": 1}, "note")
        assert butler.get_uri(ref).startswith("s3://")
        assert butler.get(ref) == {"a": 1}
        with pytest.raises(ZeroDivisionError), butler.transaction():  # noqa: PT012 - the block is the transaction
            lost = butler.put({"a": 1}, "note", run="s")
            uri = butler.get_uri(lost)
            raise ZeroDivisionError
        assert not butler.datastore.storage.exists(uri.removeprefix(butler.datastore.root))
        butler.prune_datasets([ref], unstore=True, purge=True)
        assert butler.exists(ref) is DatasetExistence.UNRECOGNIZED
        assert butler.put({"a": 2}, "note").run == "r"


# ----------------------------------------------------------------- components, parameters and storage class conversion
def test_components_and_parameters_of_images(world: World, butler: Butler) -> None:
    pixels = np.arange(12, dtype=np.float32).reshape(3, 4)
    butler.register_dataset_type("picture", ["visit", "detector"], "ExposureF")
    calib, psf = PhotoCalib(2.0, 0.1), GaussianPsf(5, 5, 1.5)
    ref = butler.put(Exposure(Image(pixels), photo_calib=calib, psf=psf), "picture", CALEXP)
    assert (butler.get("picture.photoCalib", CALEXP), butler.get("picture.psf", CALEXP)) == (calib, psf)
    assert butler.get("picture.wcs", CALEXP) is None
    np.testing.assert_array_equal(butler.get("picture", CALEXP).image.array, pixels)
    np.testing.assert_array_equal(butler.get("picture.image", CALEXP).array, pixels)
    assert butler.get("picture.bbox", CALEXP).shape == (3, 4)
    component = ref.make_component_ref("image", "ImageF")
    np.testing.assert_array_equal(butler.get(component).array, pixels)
    with pytest.raises(UnknownComponentError, match="image"):
        butler.get("picture.imgae", CALEXP)
    with pytest.raises(UnknownComponentError):
        butler.get_deferred("picture.imgae", CALEXP)
    with pytest.raises(ParameterError, match="bbox"):
        butler.get("picture", CALEXP, parameters={"bobx": 1})


def test_tables_are_converted_and_cut(small: Butler) -> None:
    import pyarrow as pa

    small.register_dataset_type("table", [], "DataFrame")
    table = pa.table({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5]})
    small.put(table.to_pandas(), "table")
    assert small.get("table", storage_class="ArrowTable").select(["a", "b"]).equals(table)
    assert list(small.get("table", parameters={"columns": ["b"]}).columns) == ["b"]
    assert small.get("table.rowcount") == 3
    with pytest.raises(StorageClassError):
        small.get("table", storage_class="ExposureF")
    with pytest.raises(StorageClassError):
        small.get("table", storage_class="DataFram")


def test_provenance_is_no_part_of_the_content(small: Butler) -> None:
    assert small.get(small.put({"a": 1}, "plain", detector=1, provenance={"QUANTUM": "x"})) == {"a": 1}


# ------------------------------------------------------------------------------------------------------------ data IDs
@pytest.mark.parametrize(
    "data_id",
    [
        {**CAM, "detector": "R1_S0", "visit": 11},
        {**CAM, "detector": 2, "visit": "v1"},
        {**CAM, "detector.full_name": "R1_S0", "visit": 11},
        {**CAM, "raft": "R1", "name_in_raft": "S0", "visit": 11},
        {**CAM, "detector": 2, "visit": 11, "band": "r"},
        {**CAM, "detector": np.int64(2), "visit": np.int32(11), "physical_filter": "r_1"},
    ],
)
def test_alternate_keys_mean_the_same_dataset(world: World, butler: Butler, data_id: dict[str, Any]) -> None:
    found = butler.find_dataset("calexp", data_id, collections="run/a")
    assert found == butler.find_dataset("calexp", CALEXP, collections="run/a")
    assert found is not None


@pytest.mark.parametrize(
    "data_id",
    [
        {"exposure.obs_id": "E3"},
        {"exposure": "E3"},
        {"obs_id": "E3"},
        {"day_obs": 20240102, "seq_num": 3},
        {"exposure.day_obs": 20240102, "exposure.seq_num": 3},
    ],
)
def test_exposures_are_named_as_people_name_them(world: World, butler: Butler, data_id: dict[str, Any]) -> None:
    found = butler.find_dataset("raw", data_id, detector="R1_S1", collections="run/a", instrument="Cam")
    assert found is not None
    assert (found.data_id["exposure"], found.data_id["detector"]) == (13, 3)


@pytest.mark.parametrize("wrong", [{"band": "g"}, {"physical_filter": "g_1"}, {"day_obs": 20240102}, {"band": "none"}])
def test_a_wrong_implied_value_is_an_error(world: World, butler: Butler, wrong: dict[str, Any]) -> None:
    butler.register_dataset_type("mine", ["visit", "detector"])
    for ask in (butler.get, butler.find_dataset, butler.exists, butler.get_uri):
        with pytest.raises(InconsistentDataIdError, match=next(iter(wrong))):
            ask("calexp", CALEXP, collections="run/a", **wrong)
    with pytest.raises(InconsistentDataIdError):
        butler.put({}, "mine", CALEXP, **wrong)


def test_a_dimension_named_like_an_sql_word(world: World, butler: Butler) -> None:
    butler.register_dataset_type("grouped", ["group"])
    ref = butler.put({"a": 1}, "grouped", instrument="Cam", group="g1")
    assert butler.get("grouped", instrument="Cam", group="g1") == {"a": 1}
    assert list(butler.query_datasets("grouped", where="group = 'g1'", instrument="Cam")) == [ref]
    assert not butler.query_datasets("grouped", where="group = 'g2'", instrument="Cam").any()


# -------------------------------------------------------------------------------------------------------- calibrations
@pytest.mark.parametrize(
    "when, run",
    [
        ({"exposure": 10}, "calib/run"),
        ({"exposure": "E4"}, "calib/new"),
        ({"visit": 12}, "calib/run"),
        ({"timespan": Timespan.from_ns(NIGHT + 6 * HOUR, None)}, "calib/new"),
        ({"timespan": Timespan.from_ns(None, NIGHT)}, "calib/run"),
        ({"exposure": 10, "timespan": Timespan.from_ns(NIGHT + 6 * HOUR, None)}, "calib/new"),
    ],
)
def test_a_calibration_is_found_by_time(world: World, butler: Butler, when: dict[str, Any], run: str) -> None:
    found = butler.find_dataset("bias", collections="calib/one", instrument="Cam", detector=1, **when)
    assert found is not None
    assert found.run == run


def test_a_calibration_without_a_time_or_with_two_answers_is_no_guess(world: World, butler: Butler) -> None:
    both = Timespan.from_ns(NIGHT, NIGHT + 10 * HOUR)
    for options in ({}, {"timespan": both}):
        with pytest.raises(ButlerError):
            butler.find_dataset("bias", collections="calib/one", instrument="Cam", detector=1, **options)  # type: ignore[arg-type]


def test_a_calibration_outside_its_validity_is_not_found(world: World, butler: Butler) -> None:
    late = Timespan.from_ns(NIGHT + 6 * HOUR, None)
    assert butler.find_dataset("bias", collections="calib/one", instrument="Cam", detector=3, timespan=late) is None


# ------------------------------------------------------------------------------------------------- threads, bad places
def test_several_threads_put_through_one_butler(small: Butler) -> None:
    small.register_dataset_type("deep", ["detector"])
    errors: list[BaseException] = []

    def work(detector: int) -> None:
        try:
            for turn in range(5):
                small.put({"d": detector, "t": turn}, "deep", detector=detector, run=f"t/{turn}")
        except BaseException as error:  # noqa: BLE001 - raised again by the test
            errors.append(error)

    threads = [threading.Thread(target=work, args=(d,)) for d in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for detector in range(4):
        for turn in range(5):
            assert small.get("deep", detector=detector, collections=f"t/{turn}") == {"d": detector, "t": turn}


def test_of_two_threads_with_the_same_dataset_one_wins(small: Butler) -> None:
    barrier, results = threading.Barrier(2), list[Any]()

    def work(value: int) -> None:
        barrier.wait()
        try:
            results.append(small.put({"v": value}, "plain", detector=1))
        except DatasetExistsError as error:
            results.append(error)

    threads = [threading.Thread(target=work, args=(v,)) for v in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(r, DatasetRef) for r in results) == [False, True]
    assert small.get("plain", detector=1)["v"] in (1, 2)


@pytest.mark.parametrize("template", ["../{run}/{instrument}/{detector}", "{run}/../../{instrument}{detector}"])
def test_a_template_that_leaves_the_root_writes_nothing(tmp_path: Path, template: str) -> None:
    seed = {"datastore": {"templates": {"default": template}}}
    with pytest.raises((TemplateError, ButlerError)):
        Butler.create(tmp_path / "a" / "repo", seed=seed)
    assert not (tmp_path / "a" / "repo").exists()


@pytest.mark.parametrize(
    "name", ["../../outside", "a/../../../outside", "..", "/etc/x", "a//b", "a\x00b", ".hidden/../.."]
)
def test_a_run_cannot_lead_out_of_the_root(butler: Butler, repository: Path, name: str) -> None:
    butler.register_dataset_type("note")
    outside = {p for p in repository.parent.rglob("*") if not p.is_relative_to(repository)}
    try:
        ref = butler.put({}, "note", run=name)
    except ButlerError:
        pass
    else:
        assert Path(butler.get_uri(ref).removeprefix("file://")).resolve().is_relative_to(repository.resolve())
    assert {p for p in repository.parent.rglob("*") if not p.is_relative_to(repository)} <= outside | {
        repository.parent / f"registry.sqlite3{suffix}" for suffix in ("-wal", "-shm")
    }


def test_collections_are_of_the_right_kind(butler: Butler) -> None:
    butler.register_dataset_type("note")
    butler.collections.register("tag", CollectionType.TAGGED)
    with pytest.raises(ButlerError, match="TAGGED"):
        butler.put({}, "note", run="tag")
