"""``butler.calibrations``: certifying, taking back and listing; get by time; two processes at once."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler, CollectionType
from skybutler.errors import (
    AmbiguousCalibrationError,
    CollectionTypeError,
    ConflictingDefinitionError,
    DataIdValueError,
    DatasetNotFoundError,
    DatasetTypeError,
    InvalidError,
    MissingCollectionError,
)
from skybutler.sky.timespan import Timespan
from support.rivals import compete, wanted

ALWAYS = Timespan(None, None)


def span(begin: int | None, end: int | None) -> Timespan:
    return Timespan.from_ns(begin, end)


@pytest.fixture
def calibrated(small: Butler) -> Butler:
    """A bias for each of four detectors in two runs, and a day with an exposure from 100 to 200 ns after 1970."""
    small.register_dataset_type("bias", ["detector"], is_calibration=True)
    for run in ("old", "new"):
        for detector in range(4):
            small.put({"run": run}, "bias", detector=detector, run=run)
    small.insert_dimension_data("physical_filter", {"instrument": "Cam", "name": "r", "band": "r"})
    small.insert_dimension_data("day_obs", {"instrument": "Cam", "id": 20260101, "timespan": span(50, 500)})
    small.insert_dimension_data("group", {"instrument": "Cam", "name": "g"})
    for exposure, timespan in ((1, span(100, 200)), (2, span(290, 310)), (3, span(900, 950))):
        row = {"instrument": "Cam", "id": exposure, "obs_id": f"e{exposure}", "physical_filter": "r", "group": "g",
               "day_obs": 20260101, "timespan": timespan}  # fmt: skip
        small.insert_dimension_data("exposure", row)
    small.collections.register("calib", CollectionType.CALIBRATION)
    return small


def certify(butler: Butler, run: str, timespan: Timespan) -> int:
    return butler.calibrations.certify("calib", butler.query_datasets("bias", run), timespan)


def spans(butler: Butler, detector: int) -> list[tuple[str, Timespan]]:
    found = butler.calibrations.validity("calib", "bias")
    return [(v.ref.run, v.timespan) for v in found if v.ref.data_id["detector"] == detector]


def test_certify_once_and_again(calibrated: Butler) -> None:
    assert certify(calibrated, "old", span(None, 300)) == 4
    assert certify(calibrated, "old", span(None, 300)) == 0
    assert certify(calibrated, "new", span(300, None)) == 4
    assert spans(calibrated, 2) == [("old", span(None, 300)), ("new", span(300, None))]
    listed = calibrated.calibrations.validity("calib")
    assert [(v.collection, v.ref.data_id["detector"], v.ref.run) for v in listed[:3]] == [
        ("calib", 0, "old"), ("calib", 0, "new"), ("calib", 1, "old"),
    ]  # fmt: skip


def test_part_of_it_again_certifies_the_rest(calibrated: Butler) -> None:
    some = list(calibrated.query_datasets("bias", "old", where="detector < 2"))
    assert calibrated.calibrations.certify("calib", [*some, *some], span(0, 10)) == 2
    assert calibrated.calibrations.certify("calib", [], span(0, 10)) == 0
    assert certify(calibrated, "old", span(0, 10)) == 2
    assert len(calibrated.calibrations.validity("calib")) == 4


def test_a_conflict_names_everything_and_the_way_out(calibrated: Butler) -> None:
    certify(calibrated, "old", span(0, 86_400_000_000_000))
    with pytest.raises(ConflictingDefinitionError) as caught:
        certify(calibrated, "new", span(3_600_000_000_000, None))
    said = str(caught.value)
    assert "'bias' with data ID {instrument: 'Cam', detector:" in said
    assert "[1970-01-01T00:00:00, 1970-01-02T00:00:00)" in said
    assert "[1970-01-01T01:00:00, ∞)" in said
    assert "(4 conflicts in all)" in said
    assert said.endswith("butler decertify-calibrations REPO calib bias --begin-date 1970-01-01T01:00:00")
    for same_dataset in (span(0, 10), span(0, None), span(-5, 86_400_000_000_000)):
        with pytest.raises(ConflictingDefinitionError):
            certify(calibrated, "old", same_dataset)
    assert spans(calibrated, 0) == [("old", span(0, 86_400_000_000_000))]


def test_decertify_chosen_data_ids(calibrated: Butler) -> None:
    certify(calibrated, "old", ALWAYS)
    taken = calibrated.calibrations.decertify(
        "calib", "bias", span(100, 200), data_ids=[{"detector": "R0_S1"}, {"detector": 2}]
    )
    assert taken == 2
    assert spans(calibrated, 0) == [("old", ALWAYS)]
    assert spans(calibrated, 1) == spans(calibrated, 2) == [("old", span(None, 100)), ("old", span(200, None))]
    assert calibrated.calibrations.decertify("calib", "bias", span(120, 180), data_ids=[{"detector": 1}]) == 0
    with pytest.raises(InvalidError, match="empty"):
        calibrated.calibrations.decertify("calib", "bias", span(5, 4))
    assert calibrated.calibrations.decertify("calib", "bias", ALWAYS) == 6
    assert calibrated.calibrations.validity("calib") == []


def test_mistakes(calibrated: Butler) -> None:
    refs = calibrated.query_datasets("bias", "old")
    with pytest.raises(MissingCollectionError, match="calib"):
        calibrated.calibrations.certify("calip", refs, ALWAYS)
    with pytest.raises(CollectionTypeError):
        calibrated.calibrations.certify("old", refs, ALWAYS)
    plain = calibrated.put({}, "plain", detector=0)
    with pytest.raises(DatasetTypeError, match="--is-calibration"):
        calibrated.calibrations.certify("calib", [plain], ALWAYS)


@pytest.mark.parametrize(
    "when, run",
    [
        ({"exposure": 1}, "old"),
        ({"exposure": "e1"}, "old"),
        ({"exposure": 3}, "new"),
        ({"timespan": span(10, 11)}, "old"),
        ({"exposure": 1, "timespan": span(1000, 1001)}, "new"),
    ],
)
def test_get_by_time(calibrated: Butler, when: dict[str, Any], run: str) -> None:
    certify(calibrated, "old", span(None, 300))
    certify(calibrated, "new", span(300, None))
    where: dict[str, Any] = {"detector": 1, "collections": "calib", **when}
    assert calibrated.get("bias", **where) == {"run": run}
    found = calibrated.find_dataset("bias", **where)
    assert found is not None
    assert found.run == run


@pytest.mark.parametrize("when", [{"exposure": 2}, {"day_obs": 20260101}, {}, {"timespan": span(299, 301)}])
def test_two_answers_are_no_answer(calibrated: Butler, when: dict[str, Any]) -> None:
    certify(calibrated, "old", span(None, 300))
    certify(calibrated, "new", span(300, None))
    with pytest.raises(AmbiguousCalibrationError) as caught:
        calibrated.get("bias", detector=1, collections="calib", **when)
    said = str(caught.value)
    assert "'bias' with data ID {instrument: 'Cam', detector: 1}" in said
    assert "(-∞, 1970-01-01T00:00:00), [1970-01-01T00:00:00, ∞)" in said


def test_nothing_valid_says_what_would_be(calibrated: Butler) -> None:
    certify(calibrated, "old", span(0, 86_400_000_000_000))
    with pytest.raises(DatasetNotFoundError, match=r"'calib' has one for \[1970-01-01T00:00:00, 1970-01-02T00:00:00\)"):
        calibrated.get("bias", detector=1, collections="calib", timespan=span(-20, -10))
    assert calibrated.find_dataset("bias", detector=1, collections="calib", timespan=span(-20, -10)) is None


def test_an_unknown_exposure_is_no_time(calibrated: Butler) -> None:
    certify(calibrated, "old", ALWAYS)
    with pytest.raises(DataIdValueError, match="There is no exposure 77"):
        calibrated.get("bias", detector=1, exposure=77, collections="calib")


def test_a_failed_transaction_certifies_nothing(calibrated: Butler) -> None:
    def both() -> None:
        with calibrated.transaction():
            certify(calibrated, "old", span(0, 10))
            certify(calibrated, "new", span(5, 20))

    with pytest.raises(ConflictingDefinitionError):
        both()
    assert calibrated.calibrations.validity("calib") == []


def test_of_two_processes_exactly_one_certifies(calibrated: Butler, repository: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, won, rounds = context.Barrier(2), context.Queue(), 12
    processes = [
        context.Process(target=compete, args=(repository, run, rounds, barrier, won)) for run in ("old", "new")
    ]
    for process in processes:
        process.start()
    winners = dict(won.get(timeout=100) for _ in range(rounds))
    for process in processes:
        process.join(100)
        assert process.exitcode == 0
    assert won.empty()
    assert sorted(winners) == list(range(rounds))
    for detector in range(4):
        # All four or none, and none of the loser's.
        assert spans(calibrated, detector) == [(winners[i], wanted(winners[i], i)) for i in range(rounds)]
