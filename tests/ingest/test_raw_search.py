"""Files are found once, whatever way they are named, with the index and sidecar files that know them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import ConfigError, InvalidError
from skybutler.ingest import raw_search
from skybutler.ingest.raw_search import DEFAULT_REGEX, RawBatch, find_raws

Problems = list[tuple[str, str]]


def search(
    *locations: Path | str, regex: str = DEFAULT_REGEX, search_indexes: bool = True
) -> tuple[list[RawBatch], Problems]:
    problems: Problems = []

    def note(path: str, reason: str) -> None:
        problems.append((path, reason))

    return list(find_raws(locations, regex=regex, search_indexes=search_indexes, problem=note)), problems


def paths(batches: Iterable[RawBatch], root: Path) -> list[str]:
    return [os.path.relpath(p, root) for batch in batches for p in batch.paths]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in (
        "b.fits", "a.fit", "c.FITS.gz", "d.fits.fz", "e.txt", "f.fits.json", "a.json", "sub/g.fits", "sub/deep/h.fits",
        "sub/deep/_index.json", "_index.json", "empty/readme",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"__CONTENT__": "metadata", "__COMMON__": {}}' if name.endswith("_index.json") else "")
    return tmp_path


def test_folders_are_searched_in_order(tree: Path) -> None:
    batches, problems = search(tree)
    assert paths(batches, tree) == ["a.fit", "b.fits", "c.FITS.gz", "d.fits.fz", "sub/g.fits", "sub/deep/h.fits"]
    assert problems == []


def test_first_batches_are_small_where_work_is_shared(tmp_path: Path) -> None:
    for number in range(700):
        (tmp_path / f"{number:04d}.fits").touch()
    (whole,), _ = search(tmp_path)
    shared = list(find_raws([tmp_path], regex=DEFAULT_REGEX, search_indexes=True, problem=print, begin_small=True))
    assert [len(batch) for batch in shared] == [25] * 4 + [50] * 4 + [100] * 4
    assert [path for batch in shared for path in batch.paths] == whole.paths


@pytest.mark.parametrize("n, sizes", [(1, [1]), (7, [1] * 7), (25, [3] * 8 + [1]), (1000, [100] * 10)])
def test_parts_of_a_batch(n: int, sizes: list[int]) -> None:
    batch = RawBatch([f"{i}.fits" for i in range(n)], [(f"{i}",) for i in range(n)], [None] * n)
    parts = batch.parts()
    assert [len(part) for part in parts] == sizes
    assert [path for part in parts for path in part.paths] == batch.paths
    assert [index for part in parts for index in part.indexes] == batch.indexes
    assert str(batch) == "0.fits" + (f" and {n - 1} more" if n > 1 else "")


def test_indexes_of_folders_above_count_nearest_first(tree: Path) -> None:
    (batch,), _ = search(tree)
    top, deep = str(tree / "_index.json"), str(tree / "sub/deep/_index.json")
    assert dict(zip(batch.paths, batch.indexes, strict=True)) == {
        **{str(tree / n): (top,) for n in ("a.fit", "b.fits", "c.FITS.gz", "d.fits.fz", "sub/g.fits")},
        str(tree / "sub/deep/h.fits"): (deep, top),
    }
    (without,), _ = search(tree, search_indexes=False)
    assert set(without.indexes) == {()}


def test_sidecars(tree: Path) -> None:
    (batch,), _ = search(tree)
    assert [s for s in batch.sidecars if s] == [str(tree / "a.json")]
    assert batch.sidecars[0] == str(tree / "a.json")
    (named,), _ = search(tree / "a.fit")
    assert named.sidecars == [str(tree / "a.json")]


def test_each_file_once(tree: Path) -> None:
    batches, _ = search(tree / "sub" / "g.fits", tree / "sub", tree, tree / "b.fits", tree / "sub" / "g.fits")
    found = paths(batches, tree)
    assert sorted(found) == sorted(set(found))
    assert len(found) == 6
    assert found[0] == "sub/g.fits"


def test_named_files_are_taken_whatever_their_name(tree: Path) -> None:
    batches, _ = search(tree / "e.txt", f"file://{tree}/b.fits")
    assert paths(batches, tree) == ["e.txt", "b.fits"]


def test_regex(tree: Path) -> None:
    batches, _ = search(tree, regex=r"^[gh]\.fits$")
    assert paths(batches, tree) == ["sub/g.fits", "sub/deep/h.fits"]
    with pytest.raises(InvalidError, match="not a regular expression"):
        search(tree, regex="(")


def test_index_file_names_files(tree: Path) -> None:
    index = tree / "_index.json"
    index.write_text('{"__CONTENT__": "metadata", "__COMMON__": {}, "sub/g.fits": {}, "gone.fits": {}}')
    (batch,), _ = search(index)
    assert paths([batch], tree) == ["gone.fits", "sub/g.fits"]
    assert batch.indexes == [(str(index),)] * 2


def test_broken_index_file_is_a_problem(tree: Path) -> None:
    (tree / "_index.json").write_text("{")
    batches, problems = search(tree / "_index.json")
    assert batches == []
    assert "not JSON" in problems[0][1]


def test_empty_folder_and_missing_place(tree: Path) -> None:
    assert search(tree / "empty") == ([], [])
    batches, _ = search(tree / "nowhere")
    assert paths(batches, tree) == ["nowhere"]  # reading it will tell


def test_folder_without_permission(tree: Path, unprivileged: Callable[..., Any]) -> None:
    (tree / "sub").chmod(0)
    try:
        batches, problems = unprivileged(search, tree)
    finally:
        (tree / "sub").chmod(0o755)
    assert len(paths(batches, tree)) == 4
    assert problems == [(str(tree / "sub"), f"{tree / 'sub'}: Permission denied.")]


def test_links_to_folders_are_not_followed(tree: Path) -> None:
    (tree / "sub" / "up").symlink_to(tree)
    batches, _ = search(tree)
    assert len(paths(batches, tree)) == 6


def test_batches_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_search, "_BATCH", 4)
    for i in range(10):
        (tmp_path / f"{i}.fits").touch()
    batches, _ = search(tmp_path)
    assert [len(batch) for batch in batches] == [4, 4, 2]


def test_other_machines() -> None:
    with pytest.raises(ConfigError, match="unknown scheme 'ftp'"):
        search("ftp://machine/raw")
    with pytest.raises(ConfigError, match="machine 'other'"):
        search("file://other/raw")
