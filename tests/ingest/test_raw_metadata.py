"""Index, sidecar and header say the same; each bad file is told apart and said why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.ingest.raw_metadata import RawMetadata, read_metadata
from skybutler.ingest.raw_search import DEFAULT_REGEX, find_raws
from support.instruments import OWN, write_description
from support.raws import CAMERA, cards, write_index, write_raw


def read(*locations: Path, descriptions: tuple[str, ...] = ()) -> RawMetadata:
    problems: list[tuple[str, str]] = []
    (batch,) = find_raws(locations, regex=DEFAULT_REGEX, search_indexes=True, problem=lambda *p: problems.append(p))
    metadata = read_metadata(batch, descriptions)
    metadata.problems += problems
    return metadata


def reasons(metadata: RawMetadata) -> dict[str, str]:
    return {Path(path).name: reason for path, reason in metadata.problems}


def test_real_raw_by_header_index_and_translated_index(shared: Path, real_raw: Path, tmp_path: Path) -> None:
    by_header = read(real_raw).raws[0]
    for kind in ("metadata", "translated"):
        folder = tmp_path / kind
        folder.mkdir()
        source = shared / "data/ingest_sidecars/index_files" / f"imsim_204595_R11_{kind}" / "_index.json"
        (folder / "_index.json").write_bytes(source.read_bytes())
        found = read(folder / "_index.json")
        assert found.problems == []
        (raws,) = found.raws
        assert raws.paths == [str(folder / real_raw.name)]  # no such file: it was not opened
        assert (raws.exposure.tolist(), raws.detector.tolist()) == ([204_595], [42])
        for field, (value,) in by_header.records.items():
            wanted = pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
            if field == "timespan_begin":  # two floats hold no better than a nanosecond
                wanted = pytest.approx(value, abs=1)
            assert raws.records[field][0] == wanted, field
        assert raws.dependencies == by_header.dependencies


def test_real_raw_by_sidecar(real_raw: Path, shared: Path, tmp_path: Path) -> None:
    index = json.loads(
        (shared / "data/ingest_sidecars/index_files/imsim_204595_R11_translated/_index.json").read_text()
    )
    (tmp_path / "x.fits").write_text("never opened")
    (tmp_path / "x.json").write_text(json.dumps({"__CONTENT__": "translated", **index["__COMMON__"]}))
    (raws,) = read(tmp_path).raws
    assert raws.records["obs_id"] == ["204595"]
    header = {**cards(501, 3), "__CONTENT__": "metadata"}
    (tmp_path / "x.json").write_text(json.dumps(header))
    (raws,) = read(tmp_path).raws
    assert (raws.exposure.tolist(), raws.detector.tolist()) == ([501], [3])


def test_one_record_per_exposure(tmp_path: Path) -> None:
    for exposure in (502, 501):
        for detector in (3, 1):
            write_raw(tmp_path, exposure, detector)
    (raws,) = read(tmp_path).raws
    assert raws.instrument == CAMERA
    assert sorted(zip(raws.exposure.tolist(), raws.detector.tolist(), strict=True)) == [
        (501, 1), (501, 3), (502, 1), (502, 3),
    ]  # fmt: skip
    assert raws.records["id"] == [501, 502]
    assert raws.records["group_id"] == [501, 502]
    assert raws.dependencies["group"]["name"] == ["501", "502"]
    assert len(raws.dependencies["day_obs"]["id"]) == 1


def test_bad_files_do_not_stop_good_ones(tmp_path: Path, real_raw: Path) -> None:
    good = write_raw(tmp_path, 501, 1)
    (tmp_path / "empty.fits").touch()
    (tmp_path / "text.fits").write_text("not FITS at all " * 500)
    (tmp_path / "truncated.fits").write_bytes(real_raw.read_bytes()[:1000])
    (tmp_path / "damaged.fits.gz").write_bytes(b"\x1f\x8b" + b"nonsense" * 10)
    (tmp_path / "folder.fits").mkdir()
    (tmp_path / "gone.fits").symlink_to(tmp_path / "nowhere")
    write_raw(tmp_path, 502, 1, "lacking.fits", **{"MJD-OBS": None, "OBSID": None})
    write_raw(tmp_path, 503, 1, "foreign.fits", TESTTYPE="OTHER")
    write_raw(tmp_path, 504, 1, "chip.fits", RAFTNAME="R99")
    write_raw(tmp_path, 505, 1, "date.fits", **{"MJD-OBS": 1e9})
    found = read(tmp_path)
    (raws,) = found.raws
    assert raws.paths == [str(good)]
    said = reasons(found)
    assert found.files == len(said) + 1
    for name, words in {
        "empty.fits": "empty file",
        "text.fits": "not FITS",
        "truncated.fits": "truncated",
        "damaged.fits.gz": "damaged gzip",
        "gone.fits": "No such file",
        "lacking.fits": "no exposure_id, observation_id",
        "foreign.fits": "no known instrument wrote this header",
        "chip.fits": "no detector_num",
        "date.fits": "no datetime_begin",
    }.items():
        assert words in said.pop(name), name
    assert said == {}


def test_missing_and_unreadable_file(tmp_path: Path, unprivileged: Callable[..., Any]) -> None:
    path = write_raw(tmp_path, 501, 1)
    path.chmod(0)
    found = unprivileged(read, tmp_path)
    assert found.raws == []
    assert reasons(found) == {path.name: f"{path}: Permission denied."}
    assert "No such file" in reasons(read(tmp_path / "nowhere.fits"))["nowhere.fits"]


def test_translated_index_wins_over_a_nearer_one(tmp_path: Path) -> None:
    path = write_raw(tmp_path / "sub", 501, 1)
    write_index(tmp_path / "sub", {path.name: cards(502, 1)})
    assert read(tmp_path).raws[0].exposure.tolist() == [502]
    simple = {
        "instrument": CAMERA,
        "exposure_id": 503,
        "observation_id": "503",
        "physical_filter": "i_sim_1.4",
        "datetime_begin": [2459858.0, 0.0],
        "datetime_end": [2459858.0, 0.1],
        "detector_num": 1,
        "observing_day": 20221005,
        "exposure_group": "503",
    }
    write_index(tmp_path, {f"sub/{path.name}": simple}, content="translated")
    assert read(tmp_path).raws[0].exposure.tolist() == [503]


def test_files_an_index_does_not_name_are_opened(tmp_path: Path) -> None:
    one, two = write_raw(tmp_path, 501, 1), write_raw(tmp_path, 501, 2)
    write_index(tmp_path, {one.name: {"RAFTNAME": "R22", "SENSNAME": "S11"}}, cards(501, 1))
    found = read(tmp_path)
    assert found.problems == []
    known = {p: d for raws in found.raws for p, d in zip(raws.paths, raws.detector.tolist(), strict=True)}
    assert known == {str(one): 94, str(two): 2}  # what the index says is believed


def test_broken_index_is_told_and_headers_are_read(tmp_path: Path) -> None:
    path = write_raw(tmp_path, 501, 1)
    (tmp_path / "_index.json").write_text("[]")
    found = read(tmp_path)
    assert found.raws[0].paths == [str(path)]
    assert "not a mapping" in reasons(found)["_index.json"]


def test_translated_metadata_without_instrument(tmp_path: Path) -> None:
    path = write_raw(tmp_path, 501, 1)
    write_index(tmp_path, {path.name: {"exposure_id": 1}}, content="translated")
    assert "name no instrument" in reasons(read(tmp_path))[path.name]


def test_file_of_another_observation_with_the_same_number(tmp_path: Path) -> None:
    good = [write_raw(tmp_path, 501, detector) for detector in (1, 2, 3)]
    write_raw(tmp_path, 501, 0, FILTER="r")  # first by name, but in the minority
    found = read(tmp_path)
    assert found.raws[0].paths == [str(p) for p in good]
    assert found.raws[0].records["physical_filter"] == ["i_sim_1.4"]
    assert "through 'r_sim_1.4'; the other files of exposure 501" in next(iter(reasons(found).values()))


def test_own_instrument(tmp_path: Path) -> None:
    (tmp_path / "descriptions").mkdir()
    write_description(tmp_path / "descriptions", OWN)
    header: dict[str, Any] = {
        "INSTRUME": "Backyard",
        "EXPNUM": 7,
        "FILTER": "R",
        "DATE-OBS": "2024-01-02T03:04:05",
        "EXPTIME": 10.0,
        "CHIP": "left",
        "RA": "10:00:00",
        "DEC": "+10:00:00",
        "OBSTYPE": "OBJECT",
        "TESTTYPE": None,
        "OBSID": None,
    }
    write_raw(tmp_path / "raws", 501, 1, "x.fits", **header)
    found = read(tmp_path / "raws", descriptions=(str(tmp_path / "descriptions"),))
    assert found.problems == []
    assert (found.raws[0].instrument, found.raws[0].records["obs_id"]) == ("BackyardCam", ["BY7"])


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from([0, 20221399, 1e300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
TRANSLATED: dict[str, Any] = {
    "instrument": CAMERA,
    "exposure_id": 501,
    "observation_id": "501",
    "physical_filter": "i_sim_1.4",
    "datetime_begin": [2459858.0, 0.0],
    "datetime_end": [2459858.0, 0.1],
    "detector_num": 1,
    "observing_day": 20221005,
    "observing_day_offset": 0.0,
    "exposure_group": "503",
    "tracking_radec": [1.0, 2.0],
    "altaz_begin": [1.0, 2.0],
    "boresight_rotation_angle": 1.0,
    "exposure_time": 30.0,
    "observation_counter": 1,
}


@given(st.data())
def test_whatever_an_index_says_of_one_file_the_other_is_taken(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("junk")
    kind = data.draw(st.sampled_from(["metadata", "translated"]))
    good: dict[str, Any] = {**cards(501, 1)} if kind == "metadata" else TRANSLATED
    bad = {**good, data.draw(st.sampled_from(sorted(good))): data.draw(JUNK)}
    other = {**good, "OBSID": 777, "exposure_id": 777, "observation_id": "777"}
    index = write_index(folder, {"bad.fits": bad, "good.fits": other}, content=kind)
    found = read(index)
    taken = [p for raws in found.raws for p, e in zip(raws.paths, raws.exposure.tolist(), strict=True) if e == 777]
    assert str(folder / "good.fits") in taken
    assert len(taken) + len(found.problems) <= 2
