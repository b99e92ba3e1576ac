"""Catalogs of peaks."""

from __future__ import annotations

from skybutler.tables import PeakCatalog


def test_peaks_have_their_columns() -> None:
    peaks = PeakCatalog({"id": [7], "f_x": [1.5], "f_y": [2.5], "i_x": [1], "i_y": [2], "peakValue": [9.0]})
    assert (peaks[0].id, peaks[0].x, peaks[0].y, peaks[0].peak_value) == (7, 1.5, 2.5, 9.0)
    assert peaks.names == ["id", "f_x", "f_y", "i_x", "i_y", "peakValue"]
