"""Draws every kind of picture, of simulated and real data, into a folder with a page that shows them.

    python docs/gallery/make.py [FOLDER]

Real files are those of the folder that the environment variable SKYBUTLER_SHARED names, or ../shared; where it is not
there, pictures of them are left out.
"""

from __future__ import annotations

import html
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.display import Display, Scaling, show_grid
from skybutler.display.figures import new_figure
from skybutler.images import Box, Exposure, Image, Mask

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
DPI = 110
SEED = 42
CAMERA = "LSSTCam-imSim"


@dataclass(frozen=True)
class Picture:
    """One picture of the gallery: how it is drawn, and what is said of it."""

    name: str
    title: str
    text: str
    draw: Callable[[Data], Figure]
    real: bool = False


PICTURES: list[Picture] = []


def picture(title: str, *, real: bool = False) -> Callable[[Callable[[Data], Figure]], Any]:
    """Add what a function draws; the picture is named after it, and its docstring is the text."""

    def add(draw: Callable[[Data], Figure]) -> Callable[[Data], Figure]:
        PICTURES.append(Picture(draw.__name__, title, " ".join((draw.__doc__ or "").split()), draw, real))
        return draw

    return add


class Data:
    """What is drawn, made when it is first needed.

    Parameters
    ----------
    folder : `~pathlib.Path`
        Where files may be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        place = Path(os.environ.get("SKYBUTLER_SHARED") or ROOT.parent / "shared")
        self.shared = place / "data" if (place / "data").is_dir() else None

    @cached_property
    def instrument(self) -> Any:
        """The simulated camera."""
        from skybutler.instruments import Instrument

        return Instrument.load(CAMERA)

    @cached_property
    def visits(self) -> Any:
        """A small survey."""
        from skybutler.sim import plan_visits

        return plan_visits(24, SEED, self.instrument)

    @cached_property
    def calexp(self) -> Exposure:
        """A calibrated exposure with a satellite, stars, galaxies and everything that masks know."""
        return self.simulated(94, scale=4)

    @cached_property
    def sources(self) -> Any:
        """What is on it."""
        from skybutler.sim import measure

        return measure(self.calexp)

    def simulated(self, detector: int, *, scale: int, streak: bool = True) -> Exposure:
        """A calibrated exposure of the first visit."""
        from skybutler.sim import simulate_calexp

        visit = replace(self.visits[0], streak=streak)
        return simulate_calexp(self.instrument, detector, visit, scale=scale, seed=SEED)

    def coadd(self, band: str) -> Exposure:
        """Two visits of a band, averaged over a patch."""
        from skybutler.sim import simulate_calexp
        from skybutler.sim.coadd import make_coadd

        visits = [replace(v, streak=False) for v in self.visits if v.band == band][:2]
        calexps = (
            simulate_calexp(self.instrument, detector, visit, scale=8, seed=SEED)
            for visit in visits
            for detector in range(90, 99)
        )
        return make_coadd(self.sky_map[4431][17], calexps, scale=8)

    @cached_property
    def sky_map(self) -> Any:
        """Tracts and patches of DC2."""
        from skybutler.skymap import SkyMap

        settings = {"kind": "rings", "numRings": 120, "projection": "TAN", "pixelScale": 0.2, "tractOverlap": 1 / 60}
        return SkyMap.from_config({**settings, "patchInnerDimensions": [4000, 4000], "patchBorder": 100})

    @cached_property
    def tracts(self) -> list[Any]:
        """The tract of the survey and those around it."""
        ra, dec = self.visits[0].ra, self.visits[0].dec
        places = [(ra + 1.9 * i, dec + 1.5 * j) for i in (0, -1, 1) for j in (0, -1, 1)]
        return list({t.tract_id: t for t in (self.sky_map.find_tract(*place) for place in places)}.values())

    @cached_property
    def repository(self) -> Path:
        """A repository with raws of a small survey, and visits."""
        from skybutler import Butler
        from skybutler.ingest import define_visits, ingest_raws, register_instrument, register_sky_map
        from skybutler.sim import simulate_survey

        simulate_survey(self.folder / "archive", visits=self.visits, detectors=(94,), scale=32, full_size_one=False)
        Butler.create(self.folder / "repo")
        with Butler(self.folder / "repo", writeable=True) as butler:
            register_instrument(butler, CAMERA)
            ingest_raws(butler, [self.folder / "archive"])
            define_visits(butler, CAMERA)
            register_sky_map(butler, self.sky_map, name="DC2", tracts=[t.tract_id for t in self.tracts])
        return self.folder / "repo"

    def read(self, name: str, kind: str) -> Any:
        """What a real file holds, as a storage class."""
        from skybutler.datasets.storage_class import StorageClasses
        from skybutler.formatters.catalog import DEFAULTS, load
        from skybutler.formatters.formatter import Source
        from skybutler.storage import LocalStorage

        assert self.shared is not None
        return load(DEFAULTS[kind]).read(
            Source(LocalStorage(self.shared), name), StorageClasses.default()[kind], None, {}
        )


# -------------------------------------------------------------------------------------------------------- exposures
@picture("An exposure with its mask")
def exposure(data: Data) -> Figure:
    """Values in grey between zscale limits after asinh, mask planes over them in their colours. Of a large image the
    blocks are drawn that the screen can show; zooming in draws the pixels.
    """
    display = Display(new_figure(8.2, 7.2, tidy=True), transparency=55)
    display.show(data.calexp, "calexp of detector R22_S11")
    display.mask_legend()
    return display.figure


@picture("Scales")
def scales(data: Data) -> Figure:
    """The same pixels on the four scales; limits by zscale, as percentages, as numbers or in sigmas."""
    figure = new_figure(8.6, 7.4, tidy=True)
    image = data.calexp[Box((500, 800), (500, 800))].image
    choices = [
        Scaling("linear"), Scaling("sqrt", 1.0, 99.5, "percent"), Scaling("log", -50.0, 20_000.0), Scaling("asinh"),
    ]  # fmt: skip
    for i, scaling in enumerate(choices):
        display = Display(figure.add_subplot(2, 2, i + 1))
        display.scaling = scaling
        display.show(image)
        limits = str(scaling.minimum) if scaling.maximum is None else f"{scaling.minimum:g} to {scaling.maximum:g}"
        display.axes.set_title(f"{scaling.algorithm}, {limits}{' %' if scaling.unit == 'percent' else ''}", fontsize=10)
        display.axes.tick_params(labelsize=7)
    return figure


@picture("Mask planes")
def mask_planes(data: Data) -> Figure:
    """Every plane has a colour and a transparency of its own; the lowest bit is on top. Unknown planes get colours
    too.
    """
    figure = new_figure(10.5, 5.2, tidy=True)
    left, right = figure.subplots(1, 2)
    part = data.calexp[_brightest(data.calexp, 130)]
    first = Display(left, transparency=0, colour_bar=False).show(part, "all planes, opaque")
    first.mask_legend()
    second = Display(right, transparency=70, colour_bar=False).show(part, "some, transparent")
    second.set_mask_colour("DETECTED", "#56b4e9")
    second.set_mask_colour("SAT", "#e69f00")
    second.show_planes(["SAT", "DETECTED", "CR", "BAD"])
    second.set_mask_transparency(40, "SAT")
    second.mask_legend()
    return figure


@picture("A mask by itself")
def mask_alone(data: Data) -> Figure:
    """Masks can be shown without values."""
    display = Display(new_figure(6.5, 6.0, tidy=True)).show(data.calexp.mask, "mask of a calexp")
    display.mask_legend(loc="lower left")
    return display.figure


# --------------------------------------------------------------------------------------------------------------- sky
@picture("Right ascension and declination")
def sky_grid(data: Data) -> Figure:
    """Lines computed through the exposure's own WCS, whatever its kind, with a scale bar and arrows to the north and
    the east; labels in degrees or sexagesimal.
    """
    figure = new_figure(12.0, 5.4, tidy=True)
    for axes, labels in zip(figure.subplots(1, 2), ("degrees", "sexagesimal"), strict=True):
        display = Display(axes, colour_bar=False).show(data.calexp.masked_image.image, labels, wcs=data.calexp.wcs)
        display.sky_grid(labels).sky_marks()
    return figure


@picture("Distortion and poles")
def curved_grids(data: Data) -> Figure:
    """Grids of a strongly distorted image, and of one with the celestial pole in it."""
    from skybutler.images import SkyWcs

    cards = {
        "CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "CRPIX1": 200.0, "CRPIX2": 200.0, "CRVAL1": 150.0,
        "CRVAL2": 2.0, "CD1_1": -5e-4, "CD1_2": 5e-5, "CD2_1": 5e-5, "CD2_2": 5e-4, "A_ORDER": 3, "B_ORDER": 3,
        "A_3_0": 1.5e-6, "A_1_2": 1.5e-6, "B_0_3": 1.5e-6, "B_2_1": 1.5e-6, "RADESYS": "ICRS",
    }  # fmt: skip
    figure = new_figure(11.5, 5.6, tidy=True)
    noise = Image(np.random.default_rng(1).normal(0, 1, (400, 400)).astype(np.float32))
    distorted, polar = SkyWcs.from_fits_header(cards), SkyWcs.from_affine(0, 89.2, 0.01 * np.diag([-1, 1]), (200, 200))
    for axes, wcs, title in zip(figure.subplots(1, 2), (distorted, polar), ("SIP", "north pole"), strict=True):
        display = Display(axes, colour_bar=False).scale("linear", -6.0, 12.0).show(noise, title, wcs=wcs)
        display.sky_grid(count=7).sky_marks()
    return figure


# ---------------------------------------------------------------------------------------------------------- overlays
@picture("A catalog on its image")
def catalog(data: Data) -> Figure:
    """Circles at the sources of a catalog, ellipses of their shapes, and outlines of what was detected. Any table will
    do: catalogs, astropy, Arrow, pandas; sky coordinates go through the WCS.
    """
    figure = new_figure(11.5, 5.8, tidy=True)
    left, right = figure.subplots(1, 2)
    first = Display(left, colour_bar=False).show(data.calexp.image, "src", wcs=data.calexp.wcs)
    count = first.catalog(data.sources, size=11, colour="#ffb000")
    first.axes.set_title(f"src: {count} sources")
    part = data.calexp[_brightest(data.calexp, 90)]
    second = Display(right, colour_bar=False).show(part.image, "shapes and detections", wcs=part.wcs)
    second.catalog(data.sources, shapes=2.0, colour="#56b4e9", width=1.5)
    second.catalog(data.sources, symbol="+", size=1.5, colour="#ffb000")
    second.footprints([_spans(part.mask)], colour="#f0e442")
    return figure


@picture("Symbols")
def symbols(data: Data) -> Figure:
    """What `dot` and `line` draw: crosses, circles and ellipses in pixels of the image, and texts."""
    image = Image(np.random.default_rng(2).normal(0, 1, (60, 130)).astype(np.float32))
    display = Display(new_figure(9.5, 5.0, tidy=True), colour_bar=False).scale("linear", -4.0, 12.0).show(image)
    with display.buffering():
        for i, symbol in enumerate(["+", "x", "*", "o", "@:30,15,20", "text"]):
            display.dot(symbol, 12 + 21 * i, 40, 6.0 if symbol != "text" else 3.0, "#ffb000", width=1.5)
            display.dot(symbol.split(":")[0] if symbol != "text" else "'text'", 12 + 21 * i, 28, 2.0, "white")
        display.line([(x, 10 + 5 * np.sin(x / 6)) for x in range(5, 60)], "#56b4e9", width=2)
        display.line([(x, 10 + 5 * np.sin(x / 6)) for x in range(70, 126, 6)], "#f0e442", symbols="o", size=1.5)
    return display.figure


# ----------------------------------------------------------------------------------------------------------- several
@picture("Side by side")
def side_by_side(data: Data) -> Figure:
    """Several images with one scale, so that their brightness can be compared."""
    numbers = (90, 91, 92, 93, 95, 96)
    images = [data.simulated(number, scale=8, streak=False) for number in numbers]
    displays = show_grid(images, [f"detector {number}" for number in numbers], transparency=70, columns=3)
    return displays[0].figure


@picture("Three bands in colours")
def colours(data: Data) -> Figure:
    """Red, green and blue of coadds in i, r and g after Lupton et al. 2004: `butler show REPO deepCoadd tract=4431
    patch=17 --rgb i,r,g`.
    """
    display = Display(new_figure(7.8, 7.2, tidy=True))
    red, green, blue = (data.coadd(band) for band in "irg")
    display.show_rgb(red, green, blue, "deepCoadd of patch 17: i, r, g")
    display.sky_grid(colors="white", alpha=0.3).sky_marks()
    return display.figure


@picture("The focal plane of a visit")
def focal_plane(data: Data) -> Figure:
    """All detectors at their places, binned; detectors that are not there as outlines. `butler show REPO calexp
    visit=N --mosaic` draws it.
    """
    from skybutler.display.mosaic import Mosaic
    from skybutler.instruments.nominal_camera import nominal_camera

    mosaic = Mosaic(nominal_camera(data.instrument))
    for raft in (5, 9, 10, 11, 15):
        for sensor in range(9):
            if (raft, sensor) != (11, 7):
                mosaic.add(9 * raft + sensor, data.simulated(9 * raft + sensor, scale=16, streak=False))
    figure = new_figure(8.6, 7.8, tidy=True)
    axes = figure.add_subplot()
    mosaic.draw(axes, title=f"44 of {len(mosaic.camera)} detectors of a simulated visit")
    return figure


# ----------------------------------------------------------------------------------------------------------- surveys
@picture("A survey")
def survey(data: Data) -> Figure:
    """`butler summary REPO --plot FILE`: how often each place was visited, by band, and when."""
    import matplotlib as mpl

    from skybutler import Butler
    from skybutler.display.figures import STYLE
    from skybutler.upkeep.coverage import tract_outlines
    from skybutler.upkeep.coverage_plot import compose_summary
    from skybutler.upkeep.summary import summarize

    with Butler(data.repository) as butler, mpl.rc_context(STYLE):
        return compose_summary(summarize(butler), tract_outlines(butler))


@picture("Where datasets are")
def datasets_on_sky(data: Data) -> Figure:
    """`butler show REPO TYPE --on-sky`: how many datasets of a type are at each place, with tracts around them."""
    from skybutler import Butler
    from skybutler.upkeep.dataset_coverage import draw_dataset_coverage

    with Butler(data.repository, run="u/gallery") as butler:
        butler.register_dataset_type("visit_summary", ["instrument", "visit"], "StructuredDataDict")
        for record in butler.query_dimension_records("visit"):
            butler.put({}, "visit_summary", instrument=CAMERA, visit=record.id)
        return draw_dataset_coverage(butler, butler.get_dataset_type("visit_summary"), ["u/gallery"])


@picture("Tracts")
def tracts(data: Data) -> Figure:
    """Neighbouring tracts of a sky map, what each owns, and patches that have data."""
    from skybutler.display.sky_map_plot import plot_tracts

    figure = new_figure(7.4, 7.0, tidy=True)
    axes = figure.add_subplot()
    sky = plot_tracts(data.tracts, axes, marked={data.tracts[0].tract_id: [16, 17, 18, 24]})
    sky.axes.set_title("Tracts around a place")
    return figure


@picture("Patches")
def patches(data: Data) -> Figure:
    """The patches of a tract with their numbers."""
    from skybutler.display.sky_map_plot import plot_patches

    figure = new_figure(7.4, 7.0, tidy=True)
    axes = figure.add_subplot()
    tract = data.sky_map.find_tract(data.visits[0].ra, data.visits[0].dec)
    plot_patches(tract, axes=axes)
    axes.set_title(f"Patches of tract {tract.tract_id}")
    return figure


@picture("The whole sky")
def whole_sky(data: Data) -> Figure:
    """All tracts of a coarse rings sky map in Mollweide's projection, east to the left."""
    from skybutler.display.sky_map_plot import plot_all_sky
    from skybutler.skymap import SkyMap

    coarse = SkyMap.from_config({"kind": "rings", "numRings": 12, "projection": "TAN", "pixelScale": 1.0})
    figure = new_figure(9.5, 5.2)
    axes = figure.add_axes((0.03, 0.03, 0.94, 0.88), projection="mollweide")
    plot_all_sky(coarse, axes=axes)
    axes.set_title("Tracts of a rings sky map", pad=14)
    return figure


# --------------------------------------------------------------------------------------------------------- real data
@picture("A real exposure", real=True)
def real_calexp(data: Data) -> Figure:
    """A calexp of Hyper Suprime-Cam, 64 x 32 pixels, with its WCS and mask."""
    display = Display(new_figure(9.0, 5.0, tidy=True), transparency=60).show(
        data.read("exposures/calexp.fits", "ExposureF")
    )
    display.axes.set_title("exposures/calexp.fits")
    display.sky_grid("sexagesimal").sky_marks()
    display.mask_legend()
    return display.figure


@picture("Real spots", real=True)
def real_spots(data: Data) -> Figure:
    """A detector of the camera's test stand, with spots of light; a cut-out of it at full resolution beside it."""
    from astropy.io import fits

    assert data.shared is not None
    array = fits.getdata(data.shared / "raw_assembly/e2v_expected_assembled.fits.gz")
    image = Image(np.asarray(array, np.float32), unit="adu")
    figure = new_figure(11.5, 5.4, tidy=True)
    left, right = figure.subplots(1, 2)
    Display(left).scale("linear", 0.0, 1.5).show(image, "whole")
    near = Display(right).scale("linear", 0.0, 3.0).show(image, "some of its pixels")
    near.zoom(20)
    return figure


@picture("A real camera", real=True)
def real_camera(data: Data) -> Figure:
    """The nine detectors of LSSTComCam, from its camera file; two have no image."""
    from skybutler.display.mosaic import Mosaic

    camera = data.read("cameras/camera_LSSTComCam_LSSTComCam_calib_unbounded.fits", "Camera")
    mosaic = Mosaic(camera)
    figure = new_figure(7.0, 6.4, tidy=True)
    values = np.random.default_rng(4)
    for detector in list(camera)[:-2]:
        ny, nx = detector.box.shape
        mosaic.add(detector.id, values.normal(detector.id, 0.3, (ny // 16, nx // 16)).astype(np.float32))
    mosaic.draw(figure.add_subplot(), scaling=Scaling("linear", "minmax"), title=camera.name)
    return figure


# ------------------------------------------------------------------------------------------------------------ helpers
def _brightest(exposure: Exposure, half: int) -> Box:
    """A box around the most saturated place."""
    where = exposure.mask.where("SAT")
    ys, xs = np.nonzero(where)
    x, y = int(np.median(xs)), int(np.median(ys))
    return Box((y - half, y + half), (x - half, x + half)).intersection(exposure.bbox)


def _spans(mask: Mask) -> Any:
    """Rows (y, x0, x1) of what was detected."""
    x0, y0 = mask.xy0
    rows = []
    for i, row in enumerate(mask.where("DETECTED")):
        ends = np.flatnonzero(np.diff(np.pad(row, 1).astype(np.int8)))
        rows += [(i + y0, a + x0, b - 1 + x0) for a, b in ends.reshape(-1, 2).tolist()]
    return np.array(rows)


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Gallery of skybutler</title>
<style>
body {{ font-family: sans-serif; color: #22303c; max-width: 1100px; margin: 2em auto; padding: 0 1em }}
figure {{ margin: 3em 0 }} img {{ max-width: 100%; height: auto }}
figcaption {{ margin-bottom: .8em }} h2 {{ margin: 0 0 .3em; font-size: 1.2em }}
</style></head><body><h1>Gallery</h1>
<p>Drawn by <code>make gallery</code>; <code>docs/gallery/make.py</code> is how.</p>
{figures}
<figure><figcaption><h2>An exposure in a notebook</h2>What the last line of a cell shows.</figcaption>
{notebook}</figure>
</body></html>
"""


def make_gallery(folder: Path, *, tell: Callable[[str], None] = print) -> list[Path]:
    """Draw all pictures into a folder, with a page ``index.html``."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    with tempfile.TemporaryDirectory() as scratch:
        data = Data(Path(scratch))
        figures = []
        for one in PICTURES:
            if one.real and data.shared is None:
                continue
            began = time.monotonic()
            path = folder / f"{one.name}.png"
            one.draw(data).savefig(path, dpi=DPI, bbox_inches="tight", pad_inches=0.1)
            made.append(path)
            title = html.escape(one.title)
            caption = f"<figcaption><h2>{title}</h2>{html.escape(one.text)}</figcaption>"
            figures.append(f'<figure>{caption}<img src="{path.name}" alt="{title}"></figure>')
            tell(f"{time.monotonic() - began:6.1f} s  {path.name}")
        page = PAGE.format(figures="\n".join(figures), notebook=data.calexp._repr_html_())
        (folder / "index.html").write_text(page, encoding="utf-8")
    return made


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs/gallery/build"
    make_gallery(target)
    print(target / "index.html")
