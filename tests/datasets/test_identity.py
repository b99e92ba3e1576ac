from __future__ import annotations

import pickle
import threading
import time
import uuid
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.datasets.identity import DATASET_NAMESPACE, new_uuid, to_uuid, uuid5_for_data_ids, uuid7

RAW = {"instrument": ["Cam"], "detector": [0], "exposure": [1]}
SKY = {"instrument": ["Cam"], "skymap": ["m"], "tract": [4], "visit": [3]}


def _uuids(ids: np.ndarray[Any, Any]) -> list[uuid.UUID]:
    return [to_uuid(row.tobytes()) for row in ids]


# ------------------------------------------------------------------------------------------------------- version 7
def test_uuid7_is_of_version_7_and_its_time() -> None:
    before = time.time_ns() // 1_000_000
    ids = uuid7(1000)
    assert (ids.shape, ids.dtype) == ((1000, 16), np.dtype("u1"))
    found = _uuids(ids)
    assert {(u.version, u.variant) for u in found} == {(7, uuid.RFC_4122)}
    assert before <= found[0].int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_uuid7_grows_within_and_between_calls() -> None:
    ids = [bytes(row) for _ in range(50) for row in uuid7(300)] + [uuid7(1)[0].tobytes() for _ in range(500)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert uuid7(0).shape == (0, 16)


def test_single_uuids_belong_to_the_same_sequence() -> None:
    ids = [u for _ in range(300) for u in (new_uuid(), to_uuid(uuid7(1)[0].tobytes()))]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(u.version, u.variant, len(u.bytes), u.is_safe) for u in ids} == {
        (7, uuid.RFC_4122, 16, uuid.SafeUUID.unknown)
    }
    random = np.unpackbits(np.frombuffer(b"".join(new_uuid().bytes for _ in range(4000)), "u1").reshape(-1, 16), axis=1)
    assert abs(random[:, 66:].mean(axis=0) - 0.5).max() < 0.06


def test_uuid7_of_threads_differ() -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.extend(bytes(r) for r in uuid7(2000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({i[:8] for i in found}) == len(found) == 16_000  # even without their random part


def test_uuid7_has_random_bits() -> None:
    bits = np.unpackbits(uuid7(4000), axis=1)[:, 66:]
    assert abs(bits.mean(axis=0) - 0.5).max() < 0.06  # 7.6 standard deviations


# ------------------------------------------------------------------------------------------------------- version 5
@pytest.mark.parametrize(
    "dataset_type, run, columns, expected",
    [
        ("raw", "Cam/raw/all", RAW, "442c9878-38ef-5a2d-b249-b669ce22dfa0"),
        ("raw", None, RAW, "6a9072d5-c367-5160-a3bf-9da61d811673"),
        ("x", "r", SKY, "38e935c9-c842-5e93-b8d6-44cc3e3ade67"),
    ],
)
def test_uuid5_is_that_of_the_peer(dataset_type: str, run: str | None, columns: Any, expected: str) -> None:
    [found] = _uuids(uuid5_for_data_ids(dataset_type, run, list(columns), columns))
    assert str(found) == expected


@given(
    st.from_regex(r"[a-z_]{1,9}", fullmatch=True),
    st.none() | st.text(max_size=20),
    st.lists(st.tuples(st.text(max_size=10), st.integers(), st.integers()), max_size=6),
)
def test_uuid5_is_that_of_the_recipe(dataset_type: str, run: str | None, rows: list[tuple[str, int, int]]) -> None:
    instruments, visits, detectors = zip(*rows, strict=True) if rows else ((), (), ())
    columns = {"visit": visits, "instrument": instruments, "detector": detectors}
    head = f"dataset_type={dataset_type}" + ("" if run is None else f",run={run}")
    expected = [
        uuid.uuid5(DATASET_NAMESPACE, f"{head},detector={detector},instrument={instrument},visit={visit}")
        for instrument, visit, detector in rows
    ]
    found = uuid5_for_data_ids(dataset_type, run, ["visit", "detector", "instrument"], columns)
    assert found.shape == (len(rows), 16)
    assert _uuids(found) == expected


def test_uuid5_of_arrays_and_lists_agree() -> None:
    lists: Any = {"instrument": ["Cam"] * 5, "detector": [0, 1, 2, 3, 4], "exposure": [7] * 5}
    arrays: Any = {name: np.array(values) for name, values in lists.items()}
    assert np.array_equal(
        uuid5_for_data_ids("raw", "r", list(lists), lists), uuid5_for_data_ids("raw", "r", list(lists), arrays)
    )


def test_uuid5_needs_columns_of_one_length() -> None:
    with pytest.raises(ValueError, match="shorter"):
        uuid5_for_data_ids("raw", "r", ["detector", "exposure"], {"detector": [1, 2], "exposure": [1]})


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_uuid_from_what_databases_give(kind: Any) -> None:
    expected = uuid.UUID("442c9878-38ef-5a2d-b249-b669ce22dfa0")
    found = to_uuid(kind(expected.bytes))
    assert found == expected
    assert (str(found), hash(found), found.version, found.is_safe) == (
        str(expected),
        hash(expected),
        5,
        expected.is_safe,
    )
    assert pickle.loads(pickle.dumps(found)) == found
