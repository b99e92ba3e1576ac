"""Detection: footprints are what a plain search of neighbours finds, peaks are where the light is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skybutler.sim.detection import components, detect, grown, smooth

Bools = npt.NDArray[np.bool_]


def flooded(marked: Bools) -> list[set[tuple[int, int]]]:
    """Connected sets by the plainest way there is."""
    left, found = {(int(y), int(x)) for y, x in np.argwhere(marked)}, []
    while left:
        todo = [left.pop()]
        one = set(todo)
        while todo:
            y, x = todo.pop()
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            one |= near
            todo += near
        found.append(one)
    return found


@settings(max_examples=60, deadline=None)
@given(arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_connected_sets_are_those_of_a_flood(marked: Bools) -> None:
    y, x = np.nonzero(marked)
    spans, number = components(marked, y, x)
    expected = flooded(marked)
    found = [{(int(b), int(a)) for b, a in zip(y[number == k], x[number == k], strict=True)} for k in set(number)]
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected))
    of_spans: dict[int, set[tuple[int, int]]] = {}
    for row, first, last, k in spans.tolist():
        of_spans.setdefault(k, set()).update((row, column) for column in range(first, last + 1))
    assert sorted(map(sorted, of_spans.values())) == sorted(map(sorted, expected))


@settings(max_examples=30, deadline=None)
@given(arrays(np.bool_, (9, 11)), st.floats(0.5, 4.0))
def test_growing_adds_what_is_within_the_radius(marked: Bools, radius: float) -> None:
    y, x = np.indices(marked.shape)
    near = [np.hypot(y - b, x - a) <= radius for b, a in np.argwhere(marked)]
    expected = np.any(near, axis=0) if near else np.zeros_like(marked)
    assert np.array_equal(grown(marked, radius), expected)


def test_smoothing_is_a_convolution_whatever_the_size() -> None:
    image = np.zeros((70, 41), dtype=np.float32)
    image[40, 20] = 1.0
    smoothed, squares = smooth(image, 1.7)
    assert smoothed.sum() == pytest.approx(1.0, rel=1e-5)
    assert (smoothed**2).sum() == pytest.approx(squares, rel=1e-5)
    assert np.argwhere(smoothed == smoothed.max()).tolist() == [[40, 20]]


def star(image: npt.NDArray[np.float32], y: int, x: int, flux: float, sigma: float) -> None:
    rows, columns = np.indices(image.shape)
    image += np.float32(flux / (2 * np.pi * sigma**2)) * np.exp(
        -0.5 * ((rows - y) ** 2 + (columns - x) ** 2) / sigma**2
    ).astype(np.float32)


def test_stars_are_found_once_and_blends_have_two_peaks() -> None:
    random = np.random.default_rng(5)
    image = random.standard_normal((80, 120)).astype(np.float32)
    places = [(20, 30), (50, 90), (50, 95), (60, 10)]
    for y, x in places:
        star(image, y, x, 200.0, 1.5)
    found = detect(image, np.ones_like(image), 1.5, ignored=np.zeros(image.shape, dtype=bool))
    assert {(y, x) for y, x in zip(found.y.tolist(), found.x.tolist(), strict=True)} == set(places)
    assert sorted(np.bincount(found.footprint).tolist()) == [1, 1, 2]
    assert (found.significance > 5.0).all()
    inside = found.pixels()
    assert inside[found.y, found.x].all()
    assert inside.sum() == (found.spans[:, 2] - found.spans[:, 1] + 1).sum()


def test_noise_has_next_to_no_sources_and_ignored_pixels_none() -> None:
    image = np.random.default_rng(6).standard_normal((300, 300)).astype(np.float32)
    star(image, 100, 100, 1e4, 1.5)
    ignored = np.zeros(image.shape, dtype=bool)
    ignored[80:121, 80:121] = True
    found = detect(image, np.ones_like(image), 1.5, ignored=ignored)
    assert len(found) == 0
    assert found.pixels().sum() == 0
