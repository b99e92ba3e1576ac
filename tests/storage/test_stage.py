"""A stage keeps what is committed and takes back the rest."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.storage import LocalStorage, Stage, Storage


def test_finished_files_stay(storage: Storage) -> None:
    with Stage(storage) as stage:
        stage.write("a/1", b"1")
        stage.sync()
    assert storage.read("a/1") == b"1"


def test_an_exception_takes_back_what_was_created(storage: Storage) -> None:
    storage.write("old", b"old")

    def fail() -> None:
        with Stage(storage) as stage:
            stage.write("a/1", b"1")
            stage.write("old", b"new", overwrite=True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(storage.files()) == ["old"]


def test_a_file_that_was_in_the_way_is_not_deleted(storage: Storage) -> None:
    storage.write("old", b"old")
    with pytest.raises(FileExistsError), Stage(storage) as stage:
        stage.write("old", b"new")
    assert storage.read("old") == b"old"


def test_an_inner_rollback_keeps_the_outer_files(storage: Storage) -> None:
    with Stage(storage) as stage:
        stage.write("outer", b"1")
        mark = stage.mark()
        stage.write("inner", b"2")
        done: list[str] = []
        stage.at_finish(lambda: done.append("inner"))
        stage.rollback(mark)
        stage.write("later", b"3")
        stage.at_finish(lambda: done.append("later"))
    assert sorted(storage.files()) == ["later", "outer"]
    assert done == ["later"]


def test_what_is_put_off_is_not_done_after_a_rollback(storage: Storage) -> None:
    done: list[str] = []
    stage = Stage(storage)
    stage.at_finish(lambda: done.append("x"))
    stage.rollback()
    stage.finish()
    assert done == []


def test_a_finished_stage_does_not_roll_back_what_it_finished(storage: Storage) -> None:
    stage = Stage(storage)
    stage.write("1", b"")
    stage.finish()
    stage.write("2", b"")
    stage.rollback()
    assert list(storage.files()) == ["1"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(steps=st.lists(st.sampled_from(["write", "mark", "rollback"]), max_size=20))
def test_any_nesting_keeps_exactly_the_files_of_unrolled_levels(
    steps: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    storage = LocalStorage(tmp_path_factory.mktemp("stage"))
    stage = Stage(storage)
    levels: list[list[str]] = [[]]
    marks = []
    for i, step in enumerate(steps):
        if step == "write":
            stage.write(f"d{i % 2}/{i}", b"")
            levels[-1].append(f"d{i % 2}/{i}")
        elif step == "mark":
            marks.append(stage.mark())
            levels.append([])
        elif marks:
            stage.rollback(marks.pop())
            levels.pop()
    stage.finish()
    assert sorted(storage.files()) == sorted(path for level in levels for path in level)
