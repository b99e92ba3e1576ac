"""Summary statistics in archives."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.formatters.afw import Archive
from skybutler.images import SummaryStats
from skybutler.images.summary_stats import SUMMARY_STATISTICS
from support.archives import archive_of, rewritten, round_trip, same_pieces

statistics = st.dictionaries(
    st.sampled_from([*SUMMARY_STATISTICS, "version", "starEMedian"]),
    st.one_of(st.floats(), st.integers(), st.lists(st.floats(), max_size=4).map(tuple)),
)


@settings(max_examples=10)
@given(statistics)
def test_round_trip(values: dict[str, object]) -> None:
    stats = SummaryStats(values)
    assert round_trip(stats) == stats


def test_those_of_a_real_file_are_written_byte_for_byte(shared: Path) -> None:
    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        archive = Archive(hdus, "calexp", 4)
        number = hdus[0].header["SUMMARY_STATS_ID"]
        stats = archive.get(number, SummaryStats)
        assert stats is not None
        assert stats.psf_sigma == 1.0
        assert stats.n_psf_star == 0
        assert math.isnan(stats.eff_time_psf_sigma_scale)
        assert len(stats.ra_corners) == 4
        assert set(stats) == {*SUMMARY_STATISTICS, "version"}
        assert same_pieces(archive, number, rewritten(archive, number), 1, references=())


def read(text: str) -> SummaryStats:
    archive = archive_of(SummaryStats())
    archive.column(1, "bytes")[0] = text.encode()
    found = archive.get(1, SummaryStats)
    assert found is not None
    return found


def test_former_and_future_names() -> None:
    assert read("decl: 3.5\nra: 1.0\n") == SummaryStats(dec=3.5, ra=1.0)
    assert read("decl: 3.5\ndec: 4.5\n") == SummaryStats(dec=4.5)
    assert read("somethingNew: 5\npsfIxx: 2.0\n") == SummaryStats(somethingNew=5, psf_ixx=2.0)


@pytest.mark.parametrize("text, said", [("[1, 2]", "have no names"), ("1: 2", "have no names"), ("a: [", "no YAML"),
                                        ("a: !!python/object:os.system {}", "no YAML")])  # fmt: skip
def test_texts_that_are_no_statistics(text: str, said: str) -> None:
    with pytest.raises(UnreadableFileError, match=said):
        read(text)


def test_values_that_are_no_numbers() -> None:
    with pytest.raises(FormatError, match="no plain numbers"):
        archive_of(SummaryStats(ra=object()))
