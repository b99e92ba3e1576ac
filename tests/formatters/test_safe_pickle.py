"""Pickles read through a list: what may be named is read alike under every protocol, everything else is refused."""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import struct
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import UnreadableFileError
from skybutler.formatters.plain_arrays import PLAIN_ARRAYS
from skybutler.formatters.safe_pickle import Allowed, Uncalled, load_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
URI = "file:///somewhere/skyMap.pickle"


class Star:
    """A class of the program that writes; readers have `Read` in its place."""

    def __init__(self, x: float, name: str) -> None:
        self.x, self.name = x, name


class Read:
    """What stands for `Star`."""

    x: float
    name: str


class Slotted:
    __slots__ = ("x",)
    x: object


class WithState:
    def __init__(self) -> None:
        self.got: object = None

    def __setstate__(self, state: object) -> None:
        self.got = state


MINE = Star.__module__
TABLE: Allowed = {(MINE, "Star"): Read, (MINE, "Slotted"): Slotted, (MINE, "WithState"): WithState}

keys = st.text(max_size=5) | st.integers() | st.binary(max_size=5)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(keys, max_size=4)
        | st.frozensets(keys, max_size=4)
        | st.builds(OrderedDict, st.dictionaries(keys, inner, max_size=3))
    ),
    max_leaves=12,
)


@given(plain, st.sampled_from(PROTOCOLS))
def test_plain_values_come_back(value: object, protocol: int) -> None:
    assert load_pickle(pickle.dumps(value, protocol), {}, URI) == value


@given(st.sampled_from(["f4", "f8", ">f8", "i2", ">i4", "u1", "?", "c16", "U5", "S3"]), st.data())
def test_arrays_come_back_under_every_protocol(dtype: str, data: st.DataObject) -> None:
    protocol = data.draw(st.sampled_from(PROTOCOLS))
    shape = data.draw(st.sampled_from([(), (0,), (3,), (2, 3), (2, 1, 4)]))
    array = np.arange(int(np.prod(shape))).reshape(shape).astype(dtype)
    array = np.asarray(array, order=data.draw(st.sampled_from(["C", "F"])))
    found = load_pickle(pickle.dumps([array, array], protocol), PLAIN_ARRAYS, URI)
    assert isinstance(found, list)
    assert found[0] is found[1]
    assert type(found[0]) is np.ndarray
    assert found[0].dtype.newbyteorder("=") == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found[0], array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numbers_of_numpy_and_transposed_arrays_come_back(protocol: int) -> None:
    turned = np.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2)
    value = {"n": np.float32(1.5), "big": np.int64(-7), "turned": turned, np.str_("key"): np.bool_(True)}
    found = load_pickle(pickle.dumps(value, protocol), {**PLAIN_ARRAYS, ("numpy", "bool_"): np.bool_}, URI)
    assert isinstance(found, dict)
    assert (found["n"], found["big"]) == (np.float32(1.5), -7)
    assert found["n"].dtype == np.float32
    np.testing.assert_array_equal(found["turned"], turned)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_granted_class_stands_for_the_one_in_the_file(protocol: int) -> None:
    found = load_pickle(pickle.dumps([Star(1.5, "a"), Star(2.0, "b")], protocol), TABLE, URI)
    assert isinstance(found, list)
    assert [(type(star), star.x, star.name) for star in found] == [(Read, 1.5, "a"), (Read, 2.0, "b")]


def test_slots_and_setstate_work() -> None:
    slotted = Slotted()
    slotted.x = 3
    stateful = WithState()
    found = load_pickle(pickle.dumps((slotted, stateful, {"x": 1})), TABLE, URI)
    assert isinstance(found, tuple)
    assert found[0].x == 3
    assert found[1].got == {"got": None}


def test_a_name_of_ours_is_imported_when_it_is_wanted() -> None:
    table = {(MINE, "Star"): "fractions:Fraction", ("x", "y"): "no_such_module:z"}
    found = load_pickle(b"c" + MINE.encode() + b"\nStar\n(I3\nI4\ntR.", table, URI)
    assert str(found) == "3/4"


def test_strings_of_python_2_are_read() -> None:
    assert load_pickle(b"\x80\x02U\x03ab\xe9q\x00.", {}, URI) == "abé"


class Evil:
    def __init__(self, call: object, *args: object) -> None:
        self.reduction = call, args

    def __reduce__(self) -> Any:
        return self.reduction


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("call", [os.system, eval, exec, getattr, __import__, open, bytearray, np.load, type])
def test_everything_else_is_refused_by_name(protocol: int, call: Any, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    data = pickle.dumps({"sky": Evil(call, f"touch {mark}")}, protocol)
    with pytest.raises(UnreadableFileError, match=f"asks for .*{call.__name__}.*not on the list") as caught:
        load_pickle(data, {**TABLE, **PLAIN_ARRAYS}, URI)
    assert URI in str(caught.value)
    assert not mark.exists()


def test_a_dotted_name_reaches_nothing() -> None:
    data = b"\x80\x04\x8c" + bytes([len(MINE)]) + MINE.encode() + b"\x8c\x0dStar.__init__\x93."
    with pytest.raises(UnreadableFileError, match=r"Star\.__init__"):
        load_pickle(data, TABLE, URI)


def _global(name: str) -> bytes:
    return b"c" + MINE.encode() + b"\n" + name.encode() + b"\n"


REFUSED = {
    "persistent id": (b"Phere\n.", "refers to 'here'"),
    "binary persistent id": (b"\x80\x02X\x04\0\0\0hereQ.", "refers to 'here'"),
    "extension": (b"\x80\x02\x82\x01.", "extension 1"),
    "state for a class": (_global("Slotted") + b"(N}S'x'\nI1\nstb.", "gives a state"),
    "state for a list": (b"]}b.", "gives a state to a list"),
    "special attribute": (
        b"(i" + MINE.encode() + b"\nStar\n}S'__class__'\nI1\nsb.",
        "attributes that are no plain names",
    ),
    "calls a result": (_global("Star") + b")R)R.", "calls a Read"),
    "calls a text": (b"S'x'\n)R.", "calls a str"),
    "no arguments": (_global("Star") + b"I1\nR.", "with int for arguments"),
    "new of an instance": (b"\x80\x02I1\n)\x81.", "never granted"),
    "puts into an instance of numpy": (b"cnumpy\nndarray\nI1\nI2\ns.", "puts values into a function"),
    "absurd frame": (b"\x80\x04\x95" + struct.pack("<Q", 2**40) + b"N.", "announces a part of 1099511627776"),
    "absurd bytearray": (b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"N.", "announces a part of"),
    "out of band": (b"\x80\x05\x97.", "damaged"),
    "deep key": (b"}" + b"N" + b"\x85" * 40 + b"Ns.", "not plain"),
    "array too large": (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I1000000000000\ntS'b'\ntR.",
        "unusual way",
    ),
    "array as a call": (b"cnumpy\nndarray\n(I1000000000000\ntR.", "unusual way"),
    "objects in an array": (b"cnumpy\ndtype\n(S'O8'\nI0\nI1\ntR.", "'O8', which is not plain"),
    "records in an array": (b"cnumpy\ndtype\n(S'V8'\nI0\nI1\ntR.", "'V8', which is not plain"),
    "newer protocol": (b"\x80\x09N.", "damaged"),
    "nothing": (b"", "damaged"),
    "truncated": (pickle.dumps(list(range(1000)))[:-10], "damaged"),
    "text": (b"kind: rings\n", "damaged"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_unusual_steps_are_refused(case: str) -> None:
    data, message = REFUSED[case]
    with pytest.raises(UnreadableFileError, match=message) as caught:
        load_pickle(data, {**TABLE, **PLAIN_ARRAYS}, URI)
    assert URI in str(caught.value)
    assert not hasattr(Slotted(), "x")


def test_a_few_bytes_cannot_become_gigabytes() -> None:
    text = b"X" + struct.pack("<I", 1_000_000) + b"a" * 1_000_000 + b"q\x000"
    again = b"c_codecs\nencode\nh\x00X\x06\0\0\0latin1\x86R"
    with pytest.raises(UnreadableFileError, match="far more memory"):
        load_pickle(b"\x80\x02" + text + again * 100 + b".", {}, URI)


@pytest.fixture
def module_of_writer() -> Iterator[types.ModuleType]:
    module = types.ModuleType("lsst_of_old")
    sys.modules["lsst_of_old"] = module
    yield module
    del sys.modules["lsst_of_old"]


def test_the_nearest_name_is_offered(module_of_writer: types.ModuleType) -> None:
    made = type("RingSkyMap", (), {"__module__": "lsst_of_old"})
    module_of_writer.RingSkyMap = made  # type: ignore[attr-defined]
    with pytest.raises(UnreadableFileError, match="Did you mean 'lsst_of_old.RingsSkyMap'"):
        load_pickle(pickle.dumps(made()), {("lsst_of_old", "RingsSkyMap"): Read}, URI)


@given(st.binary(max_size=60) | st.lists(st.sampled_from([c.code for c in pickletools.opcodes])).map("".join))
def test_noise_is_refused_or_plain(noise: bytes | str) -> None:
    data = noise if isinstance(noise, bytes) else noise.encode("latin1") + b"."
    try:
        found = load_pickle(data, {**TABLE, **PLAIN_ARRAYS}, URI)
    except UnreadableFileError:
        return
    assert pickle.load(io.BytesIO(pickle.dumps(found))) is not Ellipsis


def _calling(code: bytes) -> bytes:
    """A pickle that names a class and then does something with it."""
    return b"\x80\x04cfractions\nFraction\n" + code + b"."


@pytest.mark.parametrize("code", [b"(K\x01K\x02tR", b")R", b"K\x01\x85\x81"])
def test_a_class_that_must_not_be_called_is_not(code: bytes) -> None:
    name = ("fractions", "Fraction")
    assert load_pickle(_calling(code), {name: "fractions:Fraction"}, URI) is not None
    with pytest.raises(UnreadableFileError, match="calls Fraction, which may only be given a state"):
        load_pickle(_calling(code), {name: Uncalled("fractions:Fraction")}, URI)
    blank = load_pickle(_calling(b")\x81"), {name: Uncalled("fractions:Fraction")}, URI)
    assert type(blank).__name__ == "Fraction"
