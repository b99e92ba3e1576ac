"""What a store takes."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler.datastore.constraints import Constraints
from skybutler.errors import ConfigError
from support.datasets import make_ref

CALEXP = make_ref("calexp", ["visit", "detector"], "ExposureF").dataset_type
CATALOG = make_ref("objectTable", ["tract"], "DataFrame").dataset_type


@pytest.mark.parametrize(
    "config, calexp, catalog",
    [
        ({}, True, True),
        ({"accept": ["calexp"]}, True, False),
        ({"accept": ["all"]}, True, True),
        ({"reject": ["all"]}, False, False),
        ({"reject": ["calexp"]}, False, True),
        ({"accept": ["cal*"]}, True, False),
        ({"accept": ["ExposureF"]}, True, False),
        ({"accept": ["detector+visit"]}, True, False),
        ({"reject": ["visit+detector"]}, False, True),
        ({"accept": ["visit+no_such_dimension"]}, False, False),
        ({"accept": ["calexp"], "reject": ["all"]}, True, False),
        ({"accept": ["all"], "reject": ["calexp"]}, False, True),
        ({"accept": ["calexp"], "reject": ["ExposureF"]}, True, False),  # accepting comes first
    ],
)
def test_lookups(config: dict[str, Any], calexp: bool, catalog: bool) -> None:
    constraints = Constraints(config)
    assert (constraints.accepts(CALEXP), constraints.accepts(CATALOG)) == (calexp, catalog)
    assert constraints.is_open == (config == {})


def test_blocks_of_instruments() -> None:
    constraints = Constraints({"reject": [{"instrument<HSC>": ["calexp"]}, {"instrument<DECam>": ["all"]}]})
    names = ("HSC", "LSSTCam", "DECam", None)
    assert [constraints.accepts(CALEXP, name) for name in names] == [False, True, False, True]
    assert [constraints.accepts(CATALOG, name) for name in ("HSC", "DECam", None)] == [True, False, True]
    assert str(constraints) == "rejects calexp of HSC, all of DECam"


@pytest.mark.parametrize(
    "config, message",
    [
        ([], "must be a mapping"),
        ({"acept": []}, "'constraints.acept'. Did you mean 'accept'"),
        ({"accept": "calexp"}, "'accept' must be a list, not 'calexp'"),
        ({"accept": [3]}, "3 is no dataset type"),
        ({"accept": [{"HSC": ["x"]}]}, "'HSC' is not of the form instrument<NAME>"),
        ({"accept": ["all"], "reject": ["all"]}, "both accepted and rejected"),
    ],
)
def test_wrong_constraints(config: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=f"here: .*{message}"):
        Constraints(config, "here")
