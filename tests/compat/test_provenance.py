from __future__ import annotations

import uuid

import pytest

from skybutler.compat.butler import Butler
from skybutler.compat.daf_butler import DatasetProvenance, DatasetRef
from skybutler.errors import DatasetNotFoundError, InvalidError
from support.dp02 import DETECTOR, INSTRUMENT

DATA_ID = {"instrument": INSTRUMENT, "visit": 1192139, "detector": DETECTOR}


def test_there_and_back(dp02: Butler) -> None:
    calexp = dp02.find_dataset("calexp", DATA_ID)
    assert calexp is not None
    provenance = DatasetProvenance(quantum_id=uuid.UUID(int=5))
    provenance.add_input(calexp)
    provenance.add_extra_provenance(calexp.id, {"SEEING": 0.7})
    flat = provenance.to_flat_dict(calexp, prefix="LSST BUTLER", sep=" ", simple_types=True)
    found, own = DatasetProvenance.from_flat_dict(flat, dp02)
    assert isinstance(own, DatasetRef)
    assert own == calexp
    assert found == provenance
    assert found.inputs[0].datasetType.name == "calexp"  # type: ignore[union-attr]
    DatasetProvenance.strip_provenance_from_flat_dict(flat)
    assert flat == {}


def test_what_the_butler_does_not_know(dp02: Butler) -> None:
    with pytest.raises(InvalidError, match="no names of provenance"):
        DatasetProvenance.from_flat_dict({"EXPTIME": 5}, dp02)
    with pytest.raises(DatasetNotFoundError, match="0005 is not in this repository"):
        DatasetProvenance.from_flat_dict({"n_inputs": 1, "input.0.id": uuid.UUID(int=5)}, dp02)
