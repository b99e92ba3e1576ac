"""Lines lie where the WCS says, for every orientation, near poles and across right ascension zero; labels are round."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from astropy.coordinates import Angle
from hypothesis import given
from hypothesis import strategies as st

from skybutler.display.figures import new_figure
from skybutler.display.sky_grid import SkyGrid, angle_text, grid_lines, round_step
from skybutler.errors import InvalidError
from skybutler.images import SkyWcs

VIEW = (-0.5, 499.5, -0.5, 399.5)
SIP: dict[str, Any] = {
    "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "CRPIX1": 250.0, "CRPIX2": 200.0, "CRVAL1": 150.0,
    "CRVAL2": 2.0, "CD1_1": -5e-5, "CD1_2": 1e-5, "CD2_1": 1e-5, "CD2_2": 5e-5, "A_ORDER": 2, "B_ORDER": 2,
    "A_2_0": 1e-5, "A_0_2": 3e-5, "B_2_0": 2e-5, "B_1_1": -1e-5, "RADESYS": "ICRS",
}  # fmt: skip


def _wcs(ra: float, dec: float, scale: float, angle: float) -> SkyWcs:
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return SkyWcs.from_affine(ra, dec, scale * np.array([[-c, s], [s, c]]), (250, 200))


@given(
    st.floats(0, 359.9), st.floats(-89, 89), st.sampled_from([1e-6, 5e-5, 1e-3, 1e-2]), st.floats(0, 360),
    st.sampled_from(["degrees", "sexagesimal"]),
)  # fmt: skip
def test_every_point_of_a_line_has_its_value(ra: float, dec: float, scale: float, angle: float, labels: str) -> None:
    wcs = _wcs(ra, dec, scale, angle)
    lines, ra_step, dec_step = grid_lines(wcs, VIEW, labels=labels)
    assert any(line.is_meridian for line in lines)
    assert any(not line.is_meridian for line in lines)
    for line in lines:
        got_ra, got_dec = wcs.pixel_to_sky(*line.path.T)
        inside = np.isfinite(got_ra) & (np.abs(got_dec) < 89.999)
        if line.is_meridian:
            off = (got_ra[inside] - line.value + 180) % 360 - 180
            assert np.abs(off * np.cos(np.radians(got_dec[inside]))).max(initial=0) < 1e-8
        else:
            assert np.abs(got_dec[inside] - line.value).max(initial=0) < 1e-8
        step = ra_step if line.is_meridian else dec_step
        assert abs(line.value / step - round(line.value / step)) < 1e-6


def test_a_distorted_wcs_gives_curved_lines() -> None:
    wcs = SkyWcs.from_fits_header(SIP)
    lines, _, _ = grid_lines(wcs, VIEW)
    bent = []
    for line in lines:
        path = line.path[np.isfinite(line.path).all(axis=1)]
        if len(path) < 3:  # the inverse of the distortion ends outside the image
            continue
        sky = np.stack(wcs.pixel_to_sky(*path.T), axis=-1)
        assert np.abs(sky[:, 0 if line.is_meridian else 1] - line.value).max() < 1e-8
        chord = path[-1] - path[0]
        cross = chord[0] * (path[:, 1] - path[0, 1]) - chord[1] * (path[:, 0] - path[0, 0])
        bent.append(float(np.abs(cross).max() / np.linalg.norm(chord)))
    assert max(bent) > 1.0


def test_all_meridians_meet_at_a_pole_in_view() -> None:
    lines, _, _ = grid_lines(_wcs(20.0, 89.9, 1e-3, 0), VIEW)
    values = sorted(line.value for line in lines if line.is_meridian)
    assert min(values) < 60
    assert max(values) > 300
    assert max(line.value for line in lines if not line.is_meridian) <= 90.0


def _labels(grid: SkyGrid) -> tuple[list[str], list[str]]:
    axes = grid.axes
    return [t.get_text() for t in axes.get_xticklabels()], [t.get_text() for t in axes.get_yticklabels()]


def _grid(wcs: SkyWcs, **settings: Any) -> SkyGrid:
    axes = new_figure().add_subplot()
    axes.set_xlim(*VIEW[:2])
    axes.set_ylim(*VIEW[2:])
    return SkyGrid(axes, wcs, **settings)


def test_labels_are_at_the_edge_where_their_lines_leave() -> None:
    upright = _grid(_wcs(150, 2, 5e-5, 0))
    assert upright.axes.get_xlabel().startswith("Right")
    below, beside = _labels(upright)
    assert "150.000°" in below
    assert "2.000°" in beside
    for place, text in zip(upright.axes.get_yticks(), beside, strict=True):
        assert float(upright.wcs.pixel_to_sky(-0.5, place)[1]) == pytest.approx(float(text[:-1]), abs=1e-6)
    turned = _grid(_wcs(150, 2, 5e-5, 90))
    assert turned.axes.get_xlabel().startswith("Declination")
    assert "2.000°" in _labels(turned)[0]


def test_labels_across_right_ascension_zero() -> None:
    below, _ = _labels(_grid(_wcs(0, 10, 1e-4, 0)))
    assert {"0.00°", "359.99°", "0.01°"} <= set(below)


def test_labels_do_not_touch() -> None:
    below, _ = _labels(_grid(_wcs(100, 10, 1e-6, 0), labels="sexagesimal", count=20))
    assert "" in below
    assert [t for t in below if t]


def test_zooming_draws_finer_lines() -> None:
    grid = _grid(_wcs(150, 2, 5e-5, 30))
    before = {line.value for line in grid.lines}
    grid.axes.set_xlim(240, 260)
    grid.axes.set_ylim(190, 210)
    assert len({line.value for line in grid.lines} - before) > 3
    assert len(grid.axes.collections) == 1
    grid.remove()
    assert not grid.axes.collections
    grid.axes.set_xlim(0, 10)
    assert grid.axes.get_xlabel() == ""


@given(st.floats(1e-7, 300.0), st.sampled_from(["degrees", "sexagesimal"]), st.booleans())
def test_steps_are_near_what_was_wanted(width: float, labels: str, hours: bool) -> None:
    step = round_step(width, 5, labels=labels, hours=hours)
    assert 0.3 < step / max(width / 5, 1e-9) < 3.0


@given(st.integers(-90 * 3600 * 4, 90 * 3600 * 4))
def test_declinations_are_written_as_astropy_reads_them(quarters: int) -> None:
    value = quarters / 14400
    plain = angle_text(value, 0.1 / 3600, labels="sexagesimal").replace("−", "-")
    read = Angle(plain.replace("°", "d").replace("′", "m").replace("″", "s"))
    assert read.deg == pytest.approx(value, abs=0.051 / 3600)


@given(st.floats(0, 359.99999))
def test_right_ascensions_are_written_as_astropy_reads_them(value: float) -> None:
    plain = angle_text(value, 15 / 3600, labels="sexagesimal", hours=True)
    read = Angle(plain.replace("ʰ", "h").replace("ᵐ", "m").replace("ˢ", "s"))
    assert abs((read.deg - value + 180) % 360 - 180) < 7.6 / 3600


def test_labels_are_as_short_as_the_step_allows() -> None:
    assert angle_text(150.25, 0.05) == "150.25°"
    assert angle_text(-30.0, 10.0) == "−30°"
    assert angle_text(-0.0000001, 0.1) == "0.0°"
    assert angle_text(45.0, 15.0, labels="sexagesimal", hours=True) == "03ʰ"
    assert angle_text(359.9999, 0.25, labels="sexagesimal", hours=True) == "00ʰ00ᵐ"
    assert angle_text(-0.5, 0.5, labels="sexagesimal") == "−00°30′"
    assert angle_text(59.99999, 1 / 3600, labels="sexagesimal") == "+60°00′00″"


def test_unknown_labels_are_refused() -> None:
    with pytest.raises(InvalidError, match="degrees"):
        _grid(_wcs(0, 0, 1e-4, 0), labels="degree")
