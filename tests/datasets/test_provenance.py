from __future__ import annotations

import json
import uuid
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.datasets import DatasetRef, DatasetType
from skybutler.datasets.provenance import DatasetProvenance, provenance_keys
from skybutler.dimensions import DataId, DimensionUniverse
from skybutler.errors import InvalidError
from support.peer import Peer

UNIVERSE = DimensionUniverse.load()
VISIT = UNIVERSE.conform(["visit", "detector"])
EXPOSURE = UNIVERSE.conform(["exposure", "detector"])
MADE = DatasetRef(
    DatasetType("calexp", VISIT, "ExposureF"),
    DataId.from_required_values(VISIT, ("I", 2, 1)),
    "run/a",
    uuid.UUID(int=1),
)
QUANTUM = uuid.UUID(int=9)


def raw(number: int) -> DatasetRef:
    data_id = DataId.from_required_values(EXPOSURE, ("I", number, 1))
    return DatasetRef(DatasetType("raw", EXPOSURE, "Exposure"), data_id, "raw/all", uuid.UUID(int=100 + number))


def whole() -> DatasetProvenance:
    made = DatasetProvenance([raw(0)], QUANTUM)
    made.add_extra_provenance(raw(0).id, {"EXPTIME": 30.0, "flag": True})
    return made


def test_flat_names_are_those_that_the_peer_writes() -> None:
    """Keys, order and values as its `DatasetProvenance.to_flat_dict` gave them for the same dataset."""
    flat = whole().to_flat_dict(MADE, prefix="LSST BUTLER", sep=" ", simple_types=True)
    assert list(flat.items()) == [
        ("LSST BUTLER ID", str(MADE.id)),
        ("LSST BUTLER RUN", "run/a"),
        ("LSST BUTLER DATASETTYPE", "calexp"),
        ("LSST BUTLER DATAID DETECTOR", 2),
        ("LSST BUTLER DATAID INSTRUMENT", "I"),
        ("LSST BUTLER DATAID VISIT", 1),
        ("LSST BUTLER QUANTUM", str(QUANTUM)),
        ("LSST BUTLER N_INPUTS", 1),
        ("LSST BUTLER INPUT 0 ID", str(raw(0).id)),
        ("LSST BUTLER INPUT 0 RUN", "raw/all"),
        ("LSST BUTLER INPUT 0 DATASETTYPE", "raw"),
        ("LSST BUTLER INPUT 0 EXPTIME", 30.0),
        ("LSST BUTLER INPUT 0 FLAG", True),
    ]


PEER = r"""
import json, uuid
from lsst.daf.butler import DataCoordinate, DatasetProvenance, DatasetRef, DatasetType, DimensionUniverse
universe = DimensionUniverse()
def ref(kind, dimensions, values, run, number):
    group = universe.conform(dimensions)
    data_id = DataCoordinate.from_required_values(group, values)
    return DatasetRef(DatasetType(kind, group, "StructuredDataDict"), data_id, run=run, id=uuid.UUID(int=number))
made = ref("calexp", ["visit", "detector"], ("I", 2, 1), "run/a", 1)
raws = [ref("raw", ["exposure", "detector"], ("I", n, 1), "raw/all", 100 + n) for n in range(3)]
provenance = DatasetProvenance(quantum_id=uuid.UUID(int=9))
for raw in raws:
    provenance.add_input(raw)
provenance.add_extra_provenance(raws[1].id, {"EXPTIME": 30.0, "flag": True})
forms = json.loads('''FORMS''')
told = []
for with_ref, options in forms:
    flat = provenance.to_flat_dict(made if with_ref else None, simple_types=True, **options)
    content = {"OTHER": 1, **flat}
    DatasetProvenance.strip_provenance_from_flat_dict(content)
    told.append([list(flat.items()), content])
print(json.dumps(told))
"""

FORMS: list[tuple[bool, dict[str, Any]]] = [
    (True, {"prefix": "LSST BUTLER", "sep": " "}),
    (True, {"prefix": "LSST.BUTLER", "max_inputs": 2}),
    (False, {"prefix": "lsst.butler"}),
    (True, {"use_upper": True, "store_minimalist_inputs": True}),
    (True, {"prefix": "lsst", "sep": ":", "use_upper": True}),
]


def test_flat_names_are_those_of_the_peer(peer: Peer) -> None:
    provenance = DatasetProvenance([raw(n) for n in range(3)], QUANTUM)
    provenance.add_extra_provenance(raw(1).id, {"EXPTIME": 30.0, "flag": True})
    told = json.loads(peer.script(PEER.replace("FORMS", json.dumps(FORMS))))
    for (with_ref, options), (flat, rest) in zip(FORMS, told, strict=True):
        ours = provenance.to_flat_dict(MADE if with_ref else None, simple_types=True, **options)
        assert [list(pair) for pair in ours.items()] == flat
        content = {"OTHER": 1, **ours}
        DatasetProvenance.strip_provenance_from_flat_dict(content)
        assert content == rest == {"OTHER": 1}


@pytest.mark.parametrize(
    "options, expected",
    [
        ({}, ["quantum", "n_inputs", "input.0.id", "input.0.run", "input.0.datasettype", "input.0.EXPTIME"]),
        ({"max_inputs": 0}, ["quantum", "n_inputs"]),
        ({"prefix": "lsst", "sep": " ", "use_upper": True, "max_inputs": 0}, ["lsst QUANTUM", "lsst N_INPUTS"]),
        ({"prefix": "lsst.butler", "max_inputs": 0}, ["lsst.butler.quantum", "lsst.butler.n_inputs"]),
        ({"store_minimalist_inputs": True}, ["quantum", "n_inputs", "input.0.id", "input.0.EXPTIME"]),
    ],
)
def test_forms_of_names(options: dict[str, Any], expected: list[str]) -> None:
    flat = whole().to_flat_dict(None, **options)
    assert list(flat)[: len(expected)] == expected


def test_without_ref_and_inputs_there_is_nothing_to_say() -> None:
    assert DatasetProvenance().to_flat_dict(None) == {}
    assert DatasetProvenance().to_flat_dict(MADE)["n_inputs"] == 0


def test_of_a_bare_uuid_only_the_id_is_known() -> None:
    flat = DatasetProvenance([raw(1).id]).to_flat_dict(None)
    assert flat == {"n_inputs": 1, "input.0.id": raw(1).id}


def test_repeated_inputs_count_once() -> None:
    made = DatasetProvenance([raw(0), raw(0).id, str(raw(1).id), raw(0)])
    assert made.input_ids == [raw(0).id, raw(1).id]


@pytest.mark.parametrize("sep", ["", "..", "_", "a", "1"])
def test_separators_that_could_be_part_of_names(sep: str) -> None:
    with pytest.raises(InvalidError, match="one character"):
        whole().to_flat_dict(MADE, sep=sep)


@pytest.mark.parametrize("name", ["ID", "run", "DatasetType"])
def test_names_that_mean_something_else(name: str) -> None:
    with pytest.raises(InvalidError, match=name.lower()):
        whole().add_extra_provenance(raw(0).id, {name: 1})


def test_notes_on_what_is_no_input() -> None:
    with pytest.raises(InvalidError, match="is no input"):
        DatasetProvenance(extras={raw(0).id: {"a": 1}})


@pytest.mark.parametrize("bad", [5, "raw", None, object()])
def test_inputs_are_datasets_or_uuids(bad: Any) -> None:
    with pytest.raises(InvalidError, match="neither a dataset nor a UUID"):
        DatasetProvenance([bad])


# ------------------------------------------------------------------------------------------------- reading them back
NAMES = st.text("abcdefgh_", min_size=1, max_size=8).filter(lambda name: name not in ("id", "run"))
VALUES = st.integers(-5, 5) | st.text("xyz /'", max_size=5) | st.booleans() | st.floats(allow_nan=False)


@given(
    inputs=st.lists(st.uuids(), max_size=12, unique=True),
    quantum=st.none() | st.uuids(),
    extra=st.dictionaries(NAMES, VALUES, max_size=3),
    form=st.sampled_from([("", "."), ("LSST BUTLER", " "), ("LSST.BUTLER", "."), ("a:b", ":")]),
    simple=st.booleans(),
)
def test_what_was_written_is_read(
    inputs: list[uuid.UUID], quantum: uuid.UUID | None, extra: dict[str, Any], form: tuple[str, str], simple: bool
) -> None:
    made = DatasetProvenance(inputs, quantum, {inputs[-1]: extra} if inputs and extra else None)
    flat = made.to_flat_dict(MADE, prefix=form[0], sep=form[1], simple_types=simple, use_upper=False)
    found, own = DatasetProvenance.from_flat({"OTHER": 1, **flat, "n": "id"})
    assert (found, own) == (made, MADE.id)
    content = {"OTHER": 1, **flat, "n": "id"}
    DatasetProvenance.strip_provenance_from_flat_dict(content)
    assert content == {"OTHER": 1, "n": "id"}


def test_old_files_without_the_number_of_inputs() -> None:
    flat = {"LSST BUTLER ID": str(MADE.id), "LSST BUTLER RUN": "r", "LSST BUTLER DATASETTYPE": "camera", "RUN": "x"}
    assert list(provenance_keys(flat)) == ["LSST BUTLER ID", "LSST BUTLER RUN", "LSST BUTLER DATASETTYPE"]
    assert DatasetProvenance.from_flat(flat) == (DatasetProvenance(), MADE.id)


@pytest.mark.parametrize(
    "header",
    [{"ID": 5, "RUN": "a", "EXPTIME": 3.0}, {"datasettype": "raw"}, {"N": 1, "run": "x", "id": "y", 5: 6}, {}],
)
def test_ordinary_metadata_are_no_provenance(header: dict[Any, Any]) -> None:
    assert provenance_keys(header) == {}


def test_mappings() -> None:
    flat = whole().to_flat_dict(MADE, prefix="LSST BUTLER", sep=" ", simple_types=True)
    made = DatasetProvenance.of({**flat, "SOFTWARE": "x 1.0", "SEEING": np.float32(0.5)})
    assert made.input_ids == [raw(0).id]
    assert made.quantum_id == QUANTUM
    assert made.extras == {raw(0).id: {"EXPTIME": 30.0, "FLAG": True}}
    assert made.notes == {"SOFTWARE": "x 1.0", "SEEING": 0.5}
    assert type(made.notes["SEEING"]) is float
    assert DatasetProvenance.of(made) is made
    with pytest.raises(InvalidError, match="cannot be a list"):
        DatasetProvenance.of([raw(0)])  # type: ignore[arg-type]


def test_what_is_no_uuid_is_named() -> None:
    with pytest.raises(InvalidError, match="'raw-5' \\(LSST BUTLER INPUT 0 ID\\)"):
        DatasetProvenance.of({"LSST BUTLER N_INPUTS": 1, "LSST BUTLER INPUT 0 ID": "raw-5"})
