"""What an import says of itself."""

from __future__ import annotations

from skybutler.transfer.report import ImportReport, Tally


def test_kinds_that_the_file_has_none_of_are_left_out() -> None:
    report = ImportReport("x.yaml", datasets=Tally(3, 1), records={"visit": Tally(0, 2), "patch": Tally()})
    assert [name for name, _ in report.rows()] == ["visit records", "datasets"]


def test_a_change_is_something_new() -> None:
    report = ImportReport("x.yaml")
    report.datasets.add(0, 5)
    assert not report.is_change
    report.datasets.add(1)
    assert report.is_change
    assert (report.datasets.new, report.datasets.existing) == (1, 5)
