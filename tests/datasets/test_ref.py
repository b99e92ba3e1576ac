from __future__ import annotations

import itertools
import pickle
import uuid

import pytest

from skybutler.datasets import DatasetExistence, DatasetRef, DatasetType, FileDataset
from skybutler.dimensions import DataId, DimensionUniverse

UNIVERSE = DimensionUniverse.load()
GROUP = UNIVERSE.conform(["visit", "detector"])
CALEXP = DatasetType("calexp", GROUP, "ExposureF")
FULL = DataId.from_full_values(GROUP, ("Cam", 0, 1, "r", 20261013, "r_1"))


def _ref(number: int = 5, visit: int = 1, run: str = "u/me/run", kind: DatasetType = CALEXP) -> DatasetRef:
    return DatasetRef(kind, DataId.from_required_values(GROUP, ("Cam", 0, visit)), run, uuid.UUID(int=number))


def test_text_is_that_of_the_peer() -> None:
    ref = DatasetRef(CALEXP, FULL, "u/me/run", uuid.UUID(int=5))
    data_id = "{instrument: 'Cam', detector: 0, visit: 1, band: 'r', day_obs: 20261013, physical_filter: 'r_1'}"
    assert str(ref) == (f"calexp@{data_id} [sc=ExposureF] (run=u/me/run id=00000000-0000-0000-0000-000000000005)")
    assert repr(ref) == f"DatasetRef({CALEXP}, {data_id}, run='u/me/run', id=00000000-0000-0000-0000-000000000005)"
    page = ref._repr_html_()
    assert ">day_obs</th>" in page
    assert ">20261013</td>" in page


def test_components() -> None:
    ref = _ref()
    assert (ref.component, ref.is_component) == (None, False)
    wcs = ref.make_component_ref("wcs", "Wcs")
    assert (wcs.component, wcs.is_component, wcs.id, wcs.run) == ("wcs", True, ref.id, ref.run)
    assert str(wcs).startswith("calexp.wcs@{instrument: 'Cam', detector: 0, visit: 1} [sc=Wcs] (run=")
    assert wcs != ref
    assert wcs.make_component_ref("psf", "Psf").dataset_type.name == "calexp.psf"


def test_equality_is_that_of_the_id() -> None:
    assert _ref() == _ref()
    assert _ref() == _ref(run="other")
    assert len({_ref(), _ref(), _ref(6)}) == 2
    assert _ref() != _ref(6)
    assert _ref() != _ref().id
    assert hash(_ref()) == hash(_ref().make_component_ref("wcs", "Wcs"))


def test_refs_are_sorted_by_run_type_and_data_id() -> None:
    early = DatasetType("bias", GROUP, "ExposureF")
    ordered = [_ref(4, 9, "a", early), _ref(3, 1, "a"), _ref(2, 9, "a"), _ref(1, 10, "a"), _ref(0, 1, "b", early)]
    for given in itertools.permutations(ordered):
        assert sorted(given) == ordered


def test_an_id_is_made_when_it_is_left_out() -> None:
    data_id = DataId.from_required_values(GROUP, ("Cam", 0, 1))
    first, second = (DatasetRef(CALEXP, data_id, "u/me/run") for _ in range(2))
    assert first.id.version == 7
    assert first.id < second.id
    assert first != second
    assert pickle.loads(pickle.dumps(first)) == first


def test_expanding_keeps_the_dataset() -> None:
    ref = _ref().expanded(FULL)
    assert ref == _ref()
    assert ref.data_id["band"] == "r"


def test_refs_are_small_and_travel() -> None:
    ref = _ref()
    assert not hasattr(ref, "__dict__")
    again = pickle.loads(pickle.dumps([ref, ref.make_component_ref("wcs", "Wcs")]))
    assert [str(r) for r in again] == [str(ref), str(ref.make_component_ref("wcs", "Wcs"))]
    assert again[0].data_id.group == GROUP
    many = pickle.dumps([_ref(i, i) for i in range(1000)])
    assert len(many) < 1000 * 160 + 20_000


def test_files_hold_datasets() -> None:
    assert FileDataset("a.fits", _ref()).refs == [_ref()]
    assert FileDataset("a.fits", [_ref(), _ref(6)], formatter="raw").refs == [_ref(), _ref(6)]
    assert FileDataset("a.fits", _ref()).formatter is None


@pytest.mark.parametrize("name, exists", [("UNRECOGNIZED", False), ("RECORDED", False), ("DATASTORE", False)])
def test_half_known_datasets_do_not_exist(name: str, exists: bool) -> None:
    assert bool(DatasetExistence[name]) is exists


def test_known_and_verified_datasets_exist() -> None:
    known, verified = DatasetExistence.KNOWN, DatasetExistence.VERIFIED
    assert known
    assert verified
    assert not DatasetExistence.MISSING
    for state in (known, verified, DatasetExistence.MISSING):
        assert DatasetExistence.RECORDED in state
        assert DatasetExistence.DATASTORE in state
    assert len({known, verified, DatasetExistence.MISSING}) == 3


def test_refs_made_at_once_are_those_made_singly() -> None:
    data_ids = [DataId.from_required_values(GROUP, ("Cam", 0, n)) for n in range(3)]
    ids = [uuid.uuid4() for _ in data_ids]
    made = DatasetRef.from_columns(CALEXP, data_ids, ["a", "b", "c"], [i.bytes for i in ids])
    singly = [DatasetRef(CALEXP, d, run, i) for d, run, i in zip(data_ids, "abc", ids, strict=True)]
    assert pickle.loads(pickle.dumps(made[0])) == singly[0]
    assert {*made} == {*singly}
    assert [(r.id, r.run, r.data_id) for r in made] == [(r.id, r.run, r.data_id) for r in singly]
    assert list(map(repr, made)) == list(map(repr, singly))
    assert made[1].id is made[1].id
