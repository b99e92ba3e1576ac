"""Displays with the spellings of lsst.afw.display: what notebooks do, and what is then drawn."""

from __future__ import annotations

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pytest

from skybutler.compat.afw import display as afw_display
from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.afw.pixels import LOCAL
from skybutler.compat.afw.psf import Quadrupole
from skybutler.compat.geom import Point2D
from skybutler.errors import InvalidError

mpl.use("agg")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    from matplotlib import pyplot as plt

    yield
    plt.close("all")
    afw_display.delAllDisplays()
    afw_display._Defaults.colours.clear()
    afw_display._Defaults.transparency = None


def test_scale_before_the_image(exposure: ExposureF) -> None:
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(10, 8))
    shown = afw_display.Display(1)
    shown.scale("asinh", "zscale")
    shown.mtv(exposure, title="a title")
    assert plt.gcf() is figure is shown.plain.figure
    assert plt.gca() is shown.plain.axes
    assert shown.plain.axes.get_title() == "a title"
    assert shown.plain.scaling.algorithm == "asinh"
    assert shown.plain.axes.get_xlim() == (99.5, 159.5)
    shown.scale("linear", min=0.0, max=5.0, unit="absolute", Q=5, maskedPixels="SAT")
    assert (shown.plain.scaling.minimum, shown.plain.scaling.masked_planes) == (0.0, ("SAT",))


def test_a_figure_instead_of_a_number(exposure: ExposureF) -> None:
    from matplotlib import pyplot as plt

    figure, _ = plt.subplots()
    shown = afw_display.Display(frame=figure, backend="matplotlib")
    for data in (
        exposure.image,
        exposure.maskedImage,
        exposure.mask,
        exposure.getPsf().computeImage(Point2D(9.0, 9.0)),
    ):
        shown.image(data)
    assert shown.plain.figure is figure


def test_a_closed_figure_is_made_anew(exposure: ExposureF) -> None:
    from matplotlib import pyplot as plt

    shown = afw_display.Display(3)
    shown.scale("linear", "minmax")
    shown.mtv(exposure)
    plt.close("all")
    shown.mtv(exposure)
    assert plt.get_fignums() == [3]
    assert shown.plain.scaling.algorithm == "linear"


def test_symbols(exposure: ExposureF) -> None:
    shown = afw_display.Display(1)
    shown.mtv(exposure)
    with shown.Buffering():
        for x, y in ((110.0, 210.0), (120.0, 220.0)):
            shown.dot("+", x, y, ctype=afw_display.RED)
            shown.dot("o", x, y, size=20, ctype="orange")
            shown.dot("+", x, y, ctype=afw_display.IGNORE)
        assert not shown.plain.axes.collections
    lines, circles = shown.plain.axes.collections
    assert len(lines.get_paths()) == 4
    assert np.shape(circles.get_offsets()) == (2, 2)
    shown.erase()
    shown.dot(Quadrupole(4.0, 9.0, 0.0), 10.0, 10.0, origin=LOCAL)
    (ellipse,) = shown.plain.axes.collections
    assert np.asarray(ellipse.get_offsets()).tolist() == [[110.0, 210.0]]
    shown.erase()
    shown.line([(110.0, 210.0), (120.0, 215.0)], ctype=afw_display.GREEN)
    shown.line([Point2D(1.0, 2.0), Point2D(3.0, 4.0)], origin=LOCAL, symbs="ox", size=1.0)
    shown.flush()
    assert shown.plain.axes.collections


def test_view(exposure: ExposureF) -> None:
    shown = afw_display.Display(1)
    shown.mtv(exposure)
    shown.zoom(2)
    assert np.ptp(shown.plain.axes.get_xlim()) == pytest.approx(30.0)
    shown.zoom(4, 110.0, 210.0)
    assert shown.plain.center == pytest.approx((110.0, 210.0))
    shown.pan(20.0, 20.0, origin=LOCAL)
    assert shown.plain.center == pytest.approx((120.0, 220.0))
    shown.zoom(colc=111.0, rowc=211.0)
    assert shown.plain.center == pytest.approx((111.0, 211.0))
    shown.setImageColormap("viridis")
    assert shown.plain.axes.get_images()[0].get_cmap().name == "viridis"
    shown.show()


def test_masks(exposure: ExposureF) -> None:
    afw_display.setDefaultMaskTransparency(60)
    afw_display.setDefaultMaskPlaneColor({"CR": "white"})
    afw_display.setDefaultMaskPlaneColor("EDGE", afw_display.IGNORE)
    shown = afw_display.Display(1)
    shown.mtv(exposure)
    assert shown.getMaskTransparency() == 60
    shown.setMaskTransparency(80)
    shown.setMaskTransparency(20, "SAT")
    shown.setMaskPlaneColor("SAT", "pink")
    assert (shown.getMaskTransparency("SAT"), shown.getMaskPlaneColor("SAT")) == (20, "pink")
    assert shown.getMaskPlaneColor() == {"CR": "white", "EDGE": "ignore", "SAT": "pink"}


def test_displays_by_number() -> None:
    afw_display.setDefaultBackend("matplotlib")
    assert afw_display.getDefaultBackend() == afw_display.Display.getDefaultBackend() == "matplotlib"
    with pytest.raises(InvalidError, match="no display backend 'firefly'. There is matplotlib"):
        afw_display.setDefaultBackend("firefly")
    with pytest.raises(InvalidError, match="no display backend"):
        afw_display.Display(1, backend="ds9")
    one = afw_display.Display(1)
    assert afw_display.getDisplay(1) is one is afw_display.Display.getDisplay(1)
    with pytest.raises(InvalidError, match="There is no display 2"):
        afw_display.getDisplay(2, create=False)
    assert repr(afw_display.getDisplay(2)) == "Display[2]"
    with one:
        pass
    assert afw_display.getDisplay(1) is not one
    afw_display.setDefaultFrame(7)
    assert afw_display.Display().frame == afw_display.getDefaultFrame() == afw_display.Display.getDefaultFrame() == 7
    afw_display.Display.setDefaultFrame(0)
    afw_display.Display.setDefaultBackend("matplotlib")
    afw_display.Display.delAllDisplays()
    assert not afw_display._Defaults.displays
