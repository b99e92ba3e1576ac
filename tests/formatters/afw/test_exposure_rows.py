"""Records of exposures as rows of tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.images import Box, CoaddInputs, ExposureRecord, GaussianPsf, PhotoCalib, Polygon
from support.archives import archive_of, round_trip

BOX = Box((0, 100), (0, 200))
PSF = GaussianPsf(5, 5, 1.0)
columns = st.fixed_dictionaries(
    {},
    optional={
        "weight": st.floats(),
        "visit": st.integers(-(2**63), 2**63 - 1),
        "goodpix": st.integers(0, 2**31 - 1).map(np.int32),
        "seeing": st.floats(width=32).map(np.float32),
        "good": st.booleans(),
        "filter": st.text("abr-", min_size=1, max_size=9),
    },
)


@st.composite
def records(draw: st.DrawFn) -> list[ExposureRecord]:
    names = list(draw(columns))
    made = []
    for number in range(draw(st.integers(0, 3))):
        fields = {**draw(columns.filter(lambda values: set(names) <= set(values)))} if names else {}
        parts: dict[str, Any] = {"psf": PSF, "photo_calib": PhotoCalib(2.0)} if draw(st.booleans()) else {}
        if draw(st.booleans()):
            parts["valid_polygon"] = Polygon.from_box(BOX)
        made.append(ExposureRecord(number, BOX, parts, {name: fields[name] for name in names}))
    return made


@settings(max_examples=10)
@given(records(), records())
def test_round_trip(visits: list[ExposureRecord], ccds: list[ExposureRecord]) -> None:
    inputs = CoaddInputs(visits, ccds)
    assert round_trip(inputs) == inputs


def test_objects_are_shared() -> None:
    psf = GaussianPsf(5, 5, 1.0)
    inputs = CoaddInputs([ExposureRecord(1, BOX, {"psf": psf})], [ExposureRecord(n, BOX, {"psf": psf}) for n in (2, 3)])
    archive = archive_of(inputs)
    assert sorted(archive.classes.values()) == ["CoaddInputs", "GaussianPsf"]
    again = archive.get(1, CoaddInputs)
    assert again is not None
    assert again.visits[0].psf is again.ccds[1].psf


def test_an_object_is_read_when_it_is_needed() -> None:
    archive = archive_of(CoaddInputs(ccds=[ExposureRecord(1, BOX, {"psf": PSF, "photo_calib": PhotoCalib(1.0)})]))
    (rows,) = (piece for piece in archive.pieces(1) if len(piece))
    archive.column(rows.table, "psf")[0] = 99
    inputs = archive.get(1, CoaddInputs)
    assert inputs is not None
    assert inputs.ccds[0].photo_calib == PhotoCalib(1.0)
    with pytest.raises(UnreadableFileError, match="persisted object 99, which it does not have"):
        inputs.ccds[0].psf  # noqa: B018


@pytest.mark.parametrize(
    "fields, said",
    [
        ([{"weight": 1.0}, {}], "Not all records of exposures have a plain 'weight'"),
        ([{"weight": [1.0, 2.0]}], "plain 'weight'"),
        ([{"weight": 1j}], "of a type that cannot be written: complex128"),
    ],
)
def test_fields_that_make_no_column(fields: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(FormatError, match=said):
        archive_of(CoaddInputs([ExposureRecord(i, BOX, fields=values) for i, values in enumerate(fields)]))
