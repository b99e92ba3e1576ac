"""PSFs of PSFEx, against its formulas written out one number at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import InvalidError
from skybutler.images import GaussianPsf, PsfexPsf

OFFSET, SCALE, MEAN = (1000.0, 2000.0), (900.0, 1900.0), (1100.0, 2100.0)


def made(width: int = 9, height: int = 11, step: float = 0.7, degree: int = 2, seed: int = 0) -> PsfexPsf:
    terms = (degree + 1) * (degree + 2) // 2
    pixels = np.random.default_rng(seed).normal(size=(terms, height, width))
    pixels[0] += GaussianPsf(width, height, 2.0).compute_kernel_image().array * 100
    return PsfexPsf(pixels, step, OFFSET, SCALE, MEAN, (degree,))


def lanczos(x: float) -> float:
    if abs(x) < 1e-12:
        return 1.0
    return 3 * math.sin(math.pi * x) * math.sin(math.pi * x / 3) / (math.pi * x) ** 2 if abs(x) < 3 else 0.0


def weights(place: float, n: int) -> list[float]:
    if not 0 <= place <= n - 1:
        return [0.0] * n
    raw = [lanczos(i - place) for i in range(n)]
    return [w / sum(raw) for w in raw]


def by_hand(psf: PsfexPsf, x: float, y: float, dx: float, dy: float) -> list[list[float]]:
    """The image at a position, moved by (dx, dy), by loops over terms and pixels."""
    n, height, width = psf.components.shape
    u, v = (x - psf.offset[0]) / psf.scale[0], (y - psf.offset[1]) / psf.scale[1]
    degree = psf.degrees[0]
    basis = [u**i * v**j for j in range(degree + 1) for i in range(degree + 1 - j)]
    assert len(basis) == n
    full = [[sum(basis[k] * float(psf.components[k, r, c]) for k in range(n)) for c in range(width)]
            for r in range(height)]  # fmt: skip
    out_w, out_h = (int(m * psf.pixel_step) for m in (width, height))
    out_w, out_h = out_w + (out_w % 2 == 0), out_h + (out_h % 2 == 0)
    image: list[list[float]] = []
    for row in range(out_h):
        of_y = weights(height // 2 + (row - out_h // 2 - dy) / psf.pixel_step, height)
        image.append([])
        for column in range(out_w):
            of_x = weights(width // 2 + (column - out_w // 2 - dx) / psf.pixel_step, width)
            image[-1].append(
                sum(of_y[r] * of_x[c] * full[r][c] for r in range(height) if of_y[r] for c in range(width) if of_x[c])
            )
    total = sum(sum(line) for line in image)
    return [[value / total for value in line] for line in image]


@settings(max_examples=15)
@given(
    st.sampled_from([(9, 11), (8, 7), (13, 13)]),
    st.sampled_from([0.5, 0.7, 1.0, 1.3]),
    st.integers(0, 3),
    st.tuples(st.floats(0, 2000), st.floats(0, 4000)),
    st.integers(0, 9),
)
def test_images_are_those_of_the_formulas(
    size: tuple[int, int], step: float, degree: int, position: tuple[float, float], seed: int
) -> None:
    psf = made(*size, step, degree, seed)
    x, y = position
    dx, dy = x - math.floor(x + 0.5), y - math.floor(y + 0.5)
    expected = np.array(by_hand(psf, x, y, dx, dy))
    if np.abs(expected).max() < 10.0:  # else the sum is near 0, and no digits are left
        np.testing.assert_allclose(psf.compute_image(x, y).array, expected, atol=1e-9)
    kernel = np.array(by_hand(psf, x, y, 0.0, 0.0))
    if np.abs(kernel).max() < 10.0:
        np.testing.assert_allclose(psf.compute_kernel_image(x, y).array, kernel, atol=1e-9)


def test_a_star_is_where_it_should_be() -> None:
    fine = GaussianPsf(61, 61, 5.0).compute_kernel_image().array
    psf = PsfexPsf(fine[None], 0.5, OFFSET, SCALE, MEAN, (0,))
    image = psf.compute_image(10.3, 20.4)
    x = np.arange(image.bbox.x.start, image.bbox.x.stop)
    y = np.arange(image.bbox.y.start, image.bbox.y.stop)
    assert (image.array.sum(axis=0) @ x) == pytest.approx(10.3, abs=0.02)
    assert (image.array.sum(axis=1) @ y) == pytest.approx(20.4, abs=0.02)
    assert psf.sigma() == pytest.approx(2.5, rel=1e-3)
    assert image.bbox.dimensions == (31, 31)


def test_groups_of_coordinates() -> None:
    pixels = np.zeros((6, 5, 5))
    pixels[:, 2, 2] = [1.0, 0.0, 0.0, 0.0, 0.0, 0.5]  # the last term is x y², x being linear and y quadratic
    pixels[5, 2, 1] = 1.0
    psf = PsfexPsf(pixels, 1.0, (0.0, 0.0), (1.0, 1.0), (0.0, 0.0), (1, 2), (0, 1))
    kernel = psf.compute_kernel_image(2.0, 3.0).array
    assert kernel[2, 1] / kernel[2, 2] == pytest.approx(18.0 / 10.0)


def test_equal_by_value() -> None:
    assert made() == made() != made(seed=1)
    assert hash(made()) == hash(made())
    assert made().average_position == MEAN
    assert made().components.dtype == np.float32
    assert repr(made()) == "PsfexPsf(6 components of 9 x 11 pixels, step 0.7)"


def test_what_is_no_psf() -> None:
    pixels = np.ones((6, 5, 5))
    for wrong, said in (
        ((np.ones((5, 5)), 1.0, OFFSET, SCALE, MEAN), "three axes"),
        ((pixels, 0.0, OFFSET, SCALE, MEAN), "pixels of size 0.0"),
        ((pixels, 1.0, OFFSET, (1.0, 0.0), MEAN), r"scale of \(1.0, 0.0\)"),
        ((pixels, 1.0, OFFSET, SCALE, MEAN, (3,)), "has 10 terms, and not 6"),
        ((pixels, 1.0, OFFSET, SCALE, MEAN, (2,), (0, 1)), "do not go with"),
    ):
        with pytest.raises(InvalidError, match=said):
            PsfexPsf(*wrong)
