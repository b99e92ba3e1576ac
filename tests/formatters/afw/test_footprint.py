"""Footprints in archives: written and read, of both layouts, and broken ones."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import UnreadableFileError
from skybutler.formatters.afw.archive import Archive, ArchiveWriter, Column
from skybutler.tables import Field, Footprint, HeavyFootprint, PeakCatalog

SPANS = [[10, 5, 7], [11, 4, 4], [11, 6, 8]]
ROW = tuple(Column(name, "J") for name in ("y", "x0", "x1"))


def _again(writer: ArchiveWriter) -> Archive:
    out = io.BytesIO()
    writer.file().writeto(out)
    out.seek(0)
    return Archive(fits.open(out), "x.fits")


@st.composite
def _footprints(draw: st.DrawFn) -> Footprint:
    spans = draw(st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99), st.integers(0, 9)), max_size=5))
    rows = np.array([[y, x, x + width] for y, x, width in spans], int).reshape(-1, 3)
    n = draw(st.integers(0, 3))
    peaks = PeakCatalog(
        {
            "id": np.arange(n),
            "f_x": np.arange(n) + 0.5,
            "peakValue": np.full(n, 1e30),
            "merge_peak_i": np.arange(n) == 1,
        },
        fields=[Field("merge_peak_i", "Flag", "in i")] if draw(st.booleans()) else (),
    )
    plain = Footprint(rows, peaks)
    kind = draw(st.sampled_from(["", "f4", "f8", "i4"]))
    if not kind:
        return plain
    values = np.arange(plain.area)
    return HeavyFootprint(rows, peaks, values.astype(kind), values.astype("i4"), values.astype("f4"))


@given(st.lists(_footprints(), min_size=1, max_size=4))
def test_footprints_come_back(footprints: list[Footprint]) -> None:
    writer = ArchiveWriter()
    numbers = [writer.put(footprint) for footprint in footprints]
    archive = _again(writer)
    for number, footprint in zip(numbers, footprints, strict=True):
        found = archive.get(number, Footprint)
        assert found is not None
        assert type(found) is type(footprint)
        assert (found.spans == footprint.spans).all()
        assert len(found.peaks) == len(footprint.peaks)
        for name in footprint.peaks.names if len(footprint.peaks) else ():
            assert np.array_equal(found.peaks[name], footprint.peaks[name], equal_nan=True)
        if isinstance(found, HeavyFootprint) and isinstance(footprint, HeavyFootprint):
            assert found.image.tobytes() == footprint.image.tobytes()
            assert found.image.dtype == footprint.image.dtype
            assert (found.mask == footprint.mask).all()
            assert (found.variance == footprint.variance).all()


def test_the_layout_is_that_of_the_stack() -> None:
    values = np.zeros(7)
    writer = ArchiveWriter()
    writer.put(HeavyFootprint(SPANS, PeakCatalog({"id": [1]}), values.astype("f4"), values, values))
    hdus = writer.file()
    index = hdus[1].data
    rows = list(zip(*(index[name].tolist() for name in ("id", "cat.archive", "cat.persistable", "nrows")), strict=True))
    assert rows == [(2, 1, 0, 3), (1, 2, 0, 1), (1, 3, 1, 1), (1, 4, 2, 1)]
    assert [name.strip() for name in index["name"]] == ["SpanSet", *["HeavyFootprintF"] * 3]
    assert [hdu.columns.names for hdu in hdus[2:]] == [
        ["y", "x0", "x1"], ["id"], ["id", "f_x", "f_y", "i_x", "i_y", "peakValue"], ["image", "mask", "variance"],
    ]  # fmt: skip


def _old(spans: Any = SPANS, kind: str = "Footprint", extra: Any = None) -> Archive:
    """A footprint whose first piece are its spans, as files had them before 2016."""
    writer = ArchiveWriter()
    number = writer.number()
    rows = [dict(zip(("y", "x0", "x1"), span, strict=True)) for span in spans]
    writer.add(number, writer.table(ROW), kind, "", rows)
    peaks = writer.table(
        [Column("id", "K"), *(Column(n, "E") for n in ("f_x", "f_y", "peakValue")), Column("i_x", "J")]
    )
    writer.add(number, peaks, kind, "", [{"id": 3, "f_x": 1.5, "f_y": 2.5, "peakValue": 9.0, "i_x": 2}])
    if extra is not None:
        columns = (Column("image", "QE"), Column("mask", "QJ"), Column("variance", "QE"))
        writer.add(number, writer.table(columns), kind, "", [dict.fromkeys(("image", "mask", "variance"), extra)])
    return _again(writer)


def test_the_former_layout() -> None:
    found = _old().get(1)
    assert found.spans.tolist() == SPANS
    assert (found.peaks[0].x, found.peaks[0].y, found.peaks[0].id) == (1.5, 2.5, 3)
    assert found.peaks["i_y"].tolist() == [0]
    heavy = _old(kind="HeavyFootprintF", extra=np.arange(7)).get(1)
    assert heavy.image.tolist() == list(range(7))


def test_what_is_broken_is_named() -> None:
    with pytest.raises(UnreadableFileError, match=r"x\.fits: footprint 1 is not possible: .*7 pixels has shape \(3,\)"):
        _old(kind="HeavyFootprintF", extra=np.arange(3)).get(1)
    with pytest.raises(UnreadableFileError, match="Spans are rows"):
        _old([[0, 5, 4]]).get(1)
    writer = ArchiveWriter()
    number = writer.number()
    writer.add(number, writer.table([Column("id", "J")]), "Footprint", "", [{"id": 9}])
    writer.add(number, writer.table([Column("id", "K")]), "Footprint", "", [])
    with pytest.raises(UnreadableFileError, match="refers to a persisted object 9"):
        _again(writer).get(1)
    writer = ArchiveWriter()
    writer.add(writer.number(), writer.table(ROW), "Footprint", "", [])
    with pytest.raises(UnreadableFileError, match="1 pieces instead of 2"):
        _again(writer).get(1)


def test_spans_alone() -> None:
    writer = ArchiveWriter()
    number = writer.number()
    writer.add(number, writer.table(ROW), "SpanSet", "", [{"y": 1, "x0": 2, "x1": 3}])
    assert _again(writer).get(number).tolist() == [[1, 2, 3]]
