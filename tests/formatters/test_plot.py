"""Figures become pictures."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from skybutler.datasets.storage_class import StorageClasses
from skybutler.formatters.converters import convert
from skybutler.formatters.plot import Png
from support.files import Files


def figure() -> Figure:
    made = Figure(figsize=(2, 1), dpi=50)
    made.subplots().plot([1, 2])
    return made


def test_a_figure_reads_back_as_its_picture(files: Callable[[str, str], Files]) -> None:
    found = files("plot", "Plot").round_trip(figure())
    assert isinstance(found, Png)
    assert found.startswith(b"\x89PNG")
    assert found._repr_png_() == found
    assert convert(found, StorageClasses.default()["Plot"]) is found


def test_the_picture_as_an_array(files: Callable[[str, str], Files]) -> None:
    pixels = convert(files("plot", "Plot").round_trip(figure()), StorageClasses.default()["Thumbnail"])
    assert pixels.shape == (50, 100, 4)
    assert 0 <= pixels.min() < pixels.max() <= 1


def test_provenance_and_pictures_are_written(files: Callable[[str, str], Files]) -> None:
    plot = files("plot", "Plot")
    plot.write(figure(), {"LSST BUTLER RUN": "u/me"})
    found = plot.read()
    assert b"LSST BUTLER RUN\0u/me" in found
    assert plot.round_trip(found) == found
