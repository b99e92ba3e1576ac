"""Assembly of amplifiers, against a real raw file and its independently assembled truth."""

from __future__ import annotations

import gzip
import json
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from astropy.io import fits

from skybutler.errors import FormatError, InvalidError
from skybutler.images import Amplifier, Box, assemble

Arrays = dict[str, npt.NDArray[Any]]


def e2v_amplifiers(rule: dict[str, Any]) -> list[Amplifier]:
    section = rule["amp_data_section_0based"]
    height, width = section["h"], section["w"]
    data = Box.from_shape((height, width), (section["x0"], section["y0"]))
    amplifiers = []
    for row in (0, 1):
        flip_x, flip_y = rule[f"flip_x_y_of_C{row}x"]
        top = (row == 1) == rule["C1x_is_top_half"]
        for i in range(8):
            place = Box.from_shape((height, width), (i * width, height if top else 0))
            amplifiers.append(Amplifier(f"C{row}{i}", f"Segment{row}{i}", data, flip_x, flip_y, place, (2048, 576)))
    return amplifiers


def test_real_e2v_detector_equals_the_truth(shared: Path) -> None:
    expected = json.loads((shared / "expect/raw_assembly.json").read_text())["e2v"]
    folder = shared / "data/raw_assembly"
    with fits.open(BytesIO(gzip.decompress((folder / "e2v_spot.fits.gz").read_bytes()))) as raw:
        arrays = {hdu.header["EXTNAME"]: hdu.data for hdu in raw[1:17]}
    truth = fits.getdata(BytesIO(gzip.decompress((folder / "e2v_expected_assembled.fits.gz").read_bytes())))
    height, width = expected["shape_yx"]
    image = assemble(arrays, e2v_amplifiers(expected["rule"]), (height, width))
    assert image.kind == "I"
    assert image.bbox == Box((0, height), (0, width))
    assert np.abs(image.array - truth).max() == expected["max_abs_difference"]
    assert image.array.sum() == expected["stats"]["sum"]


def four_amplifiers(data: Box, raw_shape: tuple[int, int] | None = None) -> list[Amplifier]:
    ny, nx = data.shape
    return [
        Amplifier(
            f"C{row}{i}", f"S{row}{i}", data, i == 1, row == 1, Box.from_shape((ny, nx), (i * nx, row * ny)), raw_shape
        )
        for row in (0, 1)
        for i in (0, 1)
    ]


def four_arrays(shape: tuple[int, int], data: Box, dtype: str = "int32") -> Arrays:
    """Raw arrays that hold -1 outside the data section, and inside numbers that differ by pixel and amplifier."""
    arrays = {}
    for n, name in enumerate(("S00", "S01", "S10", "S11")):
        array = np.full(shape, 99, dtype)
        array[data.slices(Box.from_shape(shape))] = 1000 * n + np.arange(data.area).reshape(data.shape)
        arrays[name] = array
    return arrays


def test_flips_and_places() -> None:
    data = Box((1, 4), (2, 6))
    image = assemble(four_arrays((6, 9), data), four_amplifiers(data), (6, 8))
    block = np.arange(12).reshape(3, 4)
    np.testing.assert_array_equal(image.array[:3, :4], block)
    np.testing.assert_array_equal(image.array[:3, 4:], 1000 + block[:, ::-1])
    np.testing.assert_array_equal(image.array[3:, :4], 2000 + block[::-1])
    np.testing.assert_array_equal(image.array[3:, 4:], 3000 + block[::-1, ::-1])


@pytest.mark.parametrize(
    "dtype, kind", [("int16", "I"), ("uint16", "U"), (">i4", "I"), ("uint32", "L"), ("float32", "F"), (">f8", "D")]
)
def test_pixel_types_keep_their_values(dtype: str, kind: str) -> None:
    data = Box((0, 2), (0, 2))
    image = assemble(four_arrays((2, 3), data, dtype), four_amplifiers(data), (4, 4))
    assert image.kind == kind
    assert image.array.max() == 3003


def test_other_overscan_length_is_taken_from_datasec_and_warned_of_once() -> None:
    described, real = Box((0, 3), (2, 6)), Box((0, 3), (1, 5))
    arrays = four_arrays((5, 7), real)
    amplifiers = four_amplifiers(described, raw_shape=(5, 9))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        image = assemble(arrays, amplifiers, (6, 8), data_sections=dict.fromkeys(arrays, "[2:5,1:3]"))
    assert [str(w.message).split(" raw ")[0] for w in caught] == ["4 of 4"]
    np.testing.assert_array_equal(image.array[:3, :4], np.arange(12).reshape(3, 4))


def test_without_a_card_the_described_section_is_kept() -> None:
    data = Box((0, 3), (2, 6))
    with pytest.warns(UserWarning, match=r"\(5, 7\) instead of \(5, 9\)"):
        image = assemble(four_arrays((5, 7), data), four_amplifiers(data, (5, 9)), (6, 8))
    assert image.array[0, 0] == 0
    assert image.array[0, 3] == 3


@pytest.mark.parametrize(
    "card, message", [("[1:3,1:3]", "DATASEC"), ("[5:8,1:3]", "outside the raw array"), ("nonsense", "FITS section")]
)
def test_a_data_section_that_cannot_be_right_is_refused(card: str, message: str) -> None:
    data = Box((0, 3), (2, 6))
    arrays = four_arrays((5, 7), data)
    with pytest.raises((FormatError, InvalidError), match=message):
        assemble(arrays, four_amplifiers(data, (5, 9)), (6, 8), data_sections=dict.fromkeys(arrays, card))


def test_missing_extension_names_the_nearest() -> None:
    data = Box((0, 2), (0, 2))
    arrays = {name.replace("S1", "T1"): array for name, array in four_arrays((2, 2), data).items()}
    with pytest.raises(FormatError, match="No extension 'S10' for amplifier C10"):
        assemble(arrays, four_amplifiers(data), (4, 4))


def test_amplifier_whose_boxes_differ_is_refused() -> None:
    with pytest.raises(InvalidError, match="C00"):
        Amplifier("C00", "S00", Box((0, 2), (0, 3)), False, False, Box((0, 2), (0, 2)))
