"""Arrays as .npy, without pickles."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from skybutler.errors import FormatError, UnreadableFileError
from support.files import Files


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(array=hnp.arrays(hnp.scalar_dtypes() | hnp.array_dtypes(), hnp.array_shapes(min_dims=0, min_side=0)))
def test_arrays_come_back(files: Callable[[str, str], Files], array: np.ndarray) -> None:
    found = files("numpy", "NumpyArray").round_trip(array)
    assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_what_a_file_cannot_keep_is_refused(files: Callable[[str, str], Files]) -> None:
    with pytest.raises(FormatError, match="Python objects"):
        files("numpy", "NumpyArray").write(np.array([{}]))
    with pytest.raises(FormatError, match="mask"):
        files("numpy", "NumpyArray").write(np.ma.masked_equal([1, 2], 1))


@pytest.mark.parametrize("content", [b"", b"not numpy", pickle.dumps(np.arange(3)), b"\x93NUMPY\x01\x00\x02\x00{}"])
def test_what_is_no_array_is_named(files: Callable[[str, str], Files], content: bytes) -> None:
    with pytest.raises(UnreadableFileError, match=r"d/x\.npy"):
        files("numpy", "NumpyArray").read_bytes(content)


def test_pickled_arrays_are_refused(files: Callable[[str, str], Files], tmp_path: object) -> None:
    import io

    out = io.BytesIO()
    np.lib.format.write_array(out, np.array([{}]), allow_pickle=True)
    with pytest.raises(UnreadableFileError, match="Pickled"):
        files("numpy", "NumpyArray").read_bytes(out.getvalue())
