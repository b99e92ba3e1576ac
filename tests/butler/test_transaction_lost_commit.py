"""The server has committed and the connection goes before it says so: rows and files still come or go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import DatasetExistsError, UnknownOutcomeError
from support.postgres_link import CuttingLink

pytestmark = pytest.mark.postgres


@pytest.fixture
def link(postgres_database: Callable[[], str]) -> Iterator[CuttingLink]:
    link = CuttingLink(postgres_database())
    yield link
    link.close()


@pytest.fixture
def noted(link: CuttingLink, tmp_path: Path) -> Iterator[Butler]:
    Butler.create(tmp_path / "repo", seed={"registry": {"db": link.url}}, override=True)
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.register_dataset_type("note")
        yield butler


def test_a_commit_that_was_done_counts(noted: Butler, link: CuttingLink) -> None:
    link.armed = True
    ref = noted.put({"a": 1}, "note")
    assert link.cuts == 1
    assert noted.get(ref) == {"a": 1}
    with noted.transaction():
        noted.put({"a": 2}, "note", run="s")
        link.armed = True
    assert link.cuts == 2
    assert noted.get("note", collections="s") == {"a": 2}


def test_the_answer_is_waited_for(noted: Butler, link: CuttingLink) -> None:
    link.armed, link.closed_for = True, 0.5
    ref = noted.put({"a": 1}, "note")
    assert link.cuts == 1
    assert noted.get(ref) == {"a": 1}


def test_files_stay_when_nobody_knows(noted: Butler, link: CuttingLink, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit was done: a butler that took its file back would leave a row without a file."""
    monkeypatch.setattr("skybutler.registry.postgresql_outcome._OUTCOME_SECONDS", 0.1)
    link.armed, link.closed_for = True, 1.0
    with pytest.raises(UnknownOutcomeError, match="not known"):
        noted.put({"a": 1}, "note")
    link._opens_at = 0.0
    assert noted.get("note") == {"a": 1}
    with pytest.raises(DatasetExistsError):
        noted.put({"a": 1}, "note")
