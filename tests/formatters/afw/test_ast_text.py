"""Texts of transforms: real ones against AST itself, ours read by AST, and broken ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import FormatError
from skybutler.formatters.afw.ast_text import parse_map, write_map
from skybutler.images.point_maps import Affine, Chain, PointMap, Radial

Ast = pytest.importorskip("starlink.Ast")

PREFIX = "1 TransformPoint2ToPoint2 "


class _Lines:
    """Where AST takes lines from."""

    def __init__(self, text: str) -> None:
        self._lines: Iterator[str] = iter(text.removeprefix(PREFIX).splitlines())

    def astsource(self) -> str | None:
        return next(self._lines, None)


def by_ast(text: str, points: np.ndarray) -> np.ndarray:
    mapping: Any = Ast.Channel(_Lines(text)).read()
    return np.array(mapping.tran(points.T, True)).T


@pytest.mark.parametrize("name", ["LSSTCam", "LSSTCam-imSim", "LATISS"])
def test_real_transforms(name: str, shared: Path) -> None:
    from astropy.io import fits

    points = np.random.default_rng(1).uniform(-300, 4300, (20, 2))
    with fits.open(shared / f"data/cameras/camera_{name}_{name}_calib_unbounded.fits") as hdus:
        texts = {bytes(t).decode() for t in hdus["TransformPoint2ToPoint2"].data["bytes"]}
    some = sorted(texts, key=len)[:: 1 + len(texts) // 30]
    for text in [*some, *(t for t in texts if "MatrixMap" in t)]:
        mapped = by_ast(text, points)
        ours = parse_map(text)
        np.testing.assert_allclose(ours.apply(points), mapped, rtol=1e-13, atol=1e-9 * np.abs(mapped).max())
        np.testing.assert_allclose(parse_map(text, inverse=True).apply(mapped), points, atol=1e-7)


numbers = st.floats(-1e4, 1e4).filter(lambda v: v == 0 or abs(v) > 1e-6)
scales = st.floats(0.01, 100.0)
affines = st.one_of(
    st.builds(lambda a, d, x, y: Affine.scaling((a, d), (x, y)), scales, scales, numbers, numbers),
    st.builds(lambda a, b, x, y: Affine(((a, -b), (b, a)), (x, y)), scales, scales, numbers, numbers),
)
radials = st.builds(lambda c, flag: Radial((0.0, c, 0.0, -1e-9 * c), flag), scales, st.booleans())
maps = st.one_of(affines, radials, st.lists(affines, max_size=3).map(lambda parts: Chain(tuple(parts))))


@given(maps)
def test_what_we_write_is_what_ast_and_we_read(point_map: PointMap) -> None:
    points = np.array([[0.5, 1.0], [100.0, -3.0], [-40.0, 70.0]])
    text = write_map(point_map)
    mapped = point_map.apply(points)
    np.testing.assert_allclose(by_ast(text, points), mapped, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(parse_map(text).apply(points), mapped, rtol=1e-15, atol=0)
    back = write_map(point_map, inverse=True)
    np.testing.assert_allclose(by_ast(back, mapped), points, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(parse_map(back, inverse=True).apply(points), parse_map(text).apply(points))


POLYNOMIAL = """ Begin PolyMap
    Nin = 2
 IsA Mapping
    MPF1 = 2
    MPF2 = 1
    NCF1 = 2
    NCF2 = 1
    CF1 = 1
    CF2 = 0.001
    CF3 = 2
    PF1 = 1
    PF2 = 0
    PF3 = 2
    PF4 = 0
    PF5 = 0
    PF6 = 1
    IterInv = 1
    NiterInv = 20
    TolInv = 1e-12
 End PolyMap
"""


@pytest.mark.parametrize("back", [False, True])
def test_other_classes_are_left_to_ast(back: bool) -> None:
    points = np.array([[0.5, 1.0], [100.0, -3.0]])
    there = parse_map(PREFIX + POLYNOMIAL, inverse=back)
    np.testing.assert_allclose(there.inverse().apply(there.apply(points)), points, rtol=1e-9)
    assert write_map(there, inverse=back) == PREFIX + POLYNOMIAL
    np.testing.assert_allclose(by_ast(write_map(there), points), there.apply(points), rtol=1e-9)
    np.testing.assert_allclose(by_ast(write_map(there, inverse=True), there.apply(points)), points, rtol=1e-9)
    chain = Chain((Affine.scaling((2.0, 3.0)), there))
    np.testing.assert_allclose(by_ast(write_map(chain), points), chain.apply(points), rtol=1e-9)


WINDOW = PREFIX + "Begin WinMap\n   Nin = 2\nIsA Mapping\n   Sft1 = 1\n   Scl1 = 2\nEnd WinMap\n"


def test_defaults() -> None:
    assert parse_map(WINDOW) == Affine.scaling((2.0, 1.0), (1.0, 0.0))
    assert parse_map(WINDOW.replace("IsA", "Invert = 1\nIsA")) == Affine.scaling((2.0, 1.0), (1.0, 0.0)).inverse()


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "Begin"),
        ("cos\nsystem\n", "Begin"),
        (WINDOW.replace("End WinMap", ""), "cut off"),
        (WINDOW.replace("End WinMap", "End ZoomMap"), "begins as WinMap and ends as ZoomMap"),
        (WINDOW.replace("Sft1 = 1", "Sft1 = one"), "no number"),
        (WINDOW.replace("Sft1 = 1", "import os"), "means nothing"),
        (WINDOW.replace("WinMap", "SphMap"), "SphMap"),
        (WINDOW.replace("WinMap", "UnitNormMap"), "cannot evaluate"),
        (WINDOW.replace("WinMap", "CmpMap"), "no MapA"),
        ("Begin CmpMap\nMapA =\n" * 100, "too many blocks"),
    ],
)
def test_broken_texts(text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skybutler.formatters.afw.ast_text.can_evaluate", lambda: False)
    with pytest.raises(FormatError, match=said):
        parse_map(text)
