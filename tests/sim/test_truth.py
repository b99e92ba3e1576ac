"""The simulated sky."""

from __future__ import annotations

import hpgeom
import numpy as np
import pytest

from skybutler.sim.physics import GALAXIES, STARS
from skybutler.sim.truth import sources_in_cell, sources_in_cone
from skybutler.sim.visits import FIELD


def test_sources_do_not_depend_on_the_pointing() -> None:
    wide, narrow = sources_in_cone(*FIELD, 0.3, 3), sources_in_cone(*FIELD, 0.05, 3)
    positions = set(zip(wide.ra.tolist(), wide.dec.tolist(), strict=True))
    assert set(zip(narrow.ra.tolist(), narrow.dec.tolist(), strict=True)) < positions
    assert len(sources_in_cell(1000, 3)) > 50


def test_transients_come_and_go() -> None:
    sources = sources_in_cone(*FIELD, 1.0, 3)
    transients = sources.take(~np.isnan(sources.peak))
    assert len(transients) > 10
    one = transients.take(np.array([0]))
    at_peak, later = (one.magnitudes("i", float(one.peak[0]) + days)[0] for days in (0.0, 60.0))
    assert at_peak == pytest.approx(one.magnitude[0])
    assert later > at_peak + 4
    constant = sources.take(np.isnan(sources.peak))
    assert np.array_equal(constant.magnitudes("i", 59880.0), constant.magnitudes("i", 60000.0))


def test_sources_lie_in_their_cell() -> None:
    sources = sources_in_cell(123456, 1)
    assert set(hpgeom.angle_to_pixel(512, sources.ra, sources.dec, nest=True).tolist()) == {123456}


def test_counts_follow_the_power_laws() -> None:
    sources = sources_in_cone(*FIELD, 1.0, 5)
    for counts, chosen in ((STARS, sources.radius == 0), (GALAXIES, sources.radius > 0)):
        magnitudes = sources.magnitude[chosen & np.isnan(sources.peak)]
        assert counts.brightest <= magnitudes.min()
        assert magnitudes.max() <= counts.faintest
        ratio = (magnitudes < counts.faintest - 1).sum() / len(magnitudes)
        assert ratio == pytest.approx(10**-counts.slope, abs=0.05)
