"""The names of ``lsst.daf.butler``: all there, and errors caught by the names that scripts use."""

from __future__ import annotations

import pytest

import skybutler.errors
from skybutler.compat import daf_butler
from skybutler.compat.butler import Butler
from support.dp02 import DETECTOR, INSTRUMENT

DATA_ID = {"instrument": INSTRUMENT, "visit": 1192139, "detector": DETECTOR}

# Names and built-in bases that scripts rely on in ``except`` clauses.
CAUGHT_AS = {
    "ButlerUserError": Exception,
    "CalibrationLookupError": LookupError,
    "CollectionCycleError": ValueError,
    "CollectionError": Exception,
    "CollectionTypeError": daf_butler.CollectionError,
    "ConflictingDefinitionError": Exception,
    "DataIdError": Exception,
    "DataIdValueError": daf_butler.DataIdError,
    "DatasetNotFoundError": LookupError,
    "DatasetTypeNotSupportedError": Exception,
    "DimensionNameError": KeyError,
    "DimensionValueError": ValueError,
    "EmptyQueryResultError": Exception,
    "InconsistentDataIdError": daf_butler.DataIdError,
    "InconsistentUniverseError": Exception,
    "InvalidQueryError": Exception,
    "MissingCollectionError": daf_butler.CollectionError,
    "MissingDatasetTypeError": KeyError,
    "NoDefaultCollectionError": daf_butler.CollectionError,
    "OrphanedRecordError": Exception,
    "UnimplementedQueryError": Exception,
    "UnknownComponentError": KeyError,
    "UserExpressionError": Exception,
    "UserExpressionSyntaxError": Exception,
    "DatasetTypeExpressionError": Exception,
    "CollectionExpressionError": Exception,
    "ArgumentError": Exception,
    "RegistryConsistencyError": Exception,
    "ValidationError": Exception,
}


def test_every_name_is_there_and_listed_once() -> None:
    assert daf_butler.__all__ == sorted(set(daf_butler.__all__), key=daf_butler.__all__.index)
    assert all(hasattr(daf_butler, name) for name in daf_butler.__all__)


@pytest.mark.parametrize("name", CAUGHT_AS)
def test_errors_keep_their_bases(name: str) -> None:
    error = getattr(daf_butler, name)
    assert issubclass(error, CAUGHT_AS[name])
    assert issubclass(error, daf_butler.RegistryError)
    assert error.__module__ == skybutler.errors.__name__


@pytest.mark.parametrize(
    "name, call",
    [
        ("DatasetNotFoundError", lambda b: b.get("calibrate_metadata", DATA_ID)),
        ("MissingDatasetTypeError", lambda b: b.get("nothing", DATA_ID)),
        ("DimensionNameError", lambda b: b.get("calexp", instrument=INSTRUMENT, visit=1)),
        ("DataIdValueError", lambda b: b.registry.expandDataId({**DATA_ID, "visit": 1})),
        ("InconsistentDataIdError", lambda b: b.registry.expandDataId({**DATA_ID, "band": "u"})),
        ("MissingCollectionError", lambda b: b.registry.queryDatasets("calexp", collections="nothing")),
        ("MissingCollectionError", lambda b: b.registry.getCollectionType("nothing")),
        ("UserExpressionSyntaxError", lambda b: b.registry.queryDatasets("calexp", where="visit = = 1")),
        ("InvalidQueryError", lambda b: b.registry.queryDatasets("calexp", where="nothing = 1")),
        ("UnknownComponentError", lambda b: b.registry.getDatasetType("calexp.nothing")),
        ("EmptyQueryResultError", lambda b: b.query_datasets("calexp", visit=1)),
        ("CollectionTypeError", lambda b: b.collections.prepend_chain("2.2i/runs/DP0.2/v23_0_0_rc5/PREOPS-905", [])),
    ],
)
def test_errors_are_caught_by_their_names(own_dp02: Butler, name: str, call: object) -> None:
    with pytest.raises(getattr(daf_butler, name)):
        call(own_dp02)  # type: ignore[operator]
