"""Many processes read and write one repository at the same time: nothing fails, nothing is lost, nothing is doubled."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from skybutler import Butler
from support.crowd import TYPE, content, place, run_crowd
from support.world import make_world


def test_a_crowd_of_readers_and_writers(repository: Path, tmp_path: Path) -> None:
    with Butler(repository, writeable=True) as butler:
        make_world(butler.registry)
        butler.register_dataset_type(TYPE, ["instrument", "exposure", "detector"])
    writers = run_crowd(repository, tmp_path, writers=3, readers=3, seconds=5.0)[:3]
    numbers = [(number, writer) for writer, said in enumerate(writers) for number in said["done"]]
    assert sorted(n for n, _ in numbers) == list(range(75))
    with Butler(repository) as butler:
        for number, writer in numbers:
            run, data_id = place(number)
            assert butler.get(TYPE, data_id, collections=run) == content(number, writer)
        there = [(r.run, r.data_id["exposure"], r.data_id["detector"])
                 for r in butler.query_datasets(TYPE, "crowd/*", find_first=False)]  # fmt: skip
        assert len(there) == len(set(there)) == len(numbers)
        winners = Counter(i for said in writers for i in said["won"])
        assert winners == Counter(range(25))
        for writer, said in enumerate(writers):
            for i in said["won"]:
                run, data_id = place(i)
                assert butler.get(TYPE, data_id, collections="contested/" + run) == content(i, writer)
