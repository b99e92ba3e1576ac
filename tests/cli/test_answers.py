"""Results as tables: limits, order, reasons, timespans and regions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

from skybutler import Butler
from skybutler.cli.answers import Datasets, dataset_types_in

Good = Callable[..., str]
Run = Callable[..., click.testing.Result]
Rows = Callable[..., list[dict[str, Any]]]


def test_limits(rows: Rows, run: Run, repo: Path) -> None:
    assert len(rows("query-datasets", repo, "numbers", "note", "--limit", 2)) == 2
    assert len(rows("query-datasets", repo, "numbers", "note", "--limit", 5)) == 5
    assert len(rows("query-datasets", repo, "numbers", "note", "--limit", 0)) == 5
    for n, warned in ((-4, True), (-5, False), (-9, False)):
        result = run("query-datasets", repo, "numbers", "note", "--limit", n)
        assert ("There are more" in result.stderr) is warned
        assert len(result.stdout.split("\n\n")) >= 1


def test_limits_of_data_ids_warn_too(run: Run, repo: Path) -> None:
    assert "There are more than these 2" in run("query-data-ids", repo, "detector", "--limit", -2).stderr
    assert run("query-data-ids", repo, "detector", "--limit", -3).stderr == ""


def test_datasets_are_sorted_unless_an_order_is_given(rows: Rows, repo: Path) -> None:
    options = ("query-datasets", repo, "numbers", "--collections", "u/one")
    assert [r["detector"] for r in rows(*options)] == [0, 1, 2]
    assert [r["detector"] for r in rows(*options, "--order-by", "-detector")] == [2, 1, 0]


def test_types_have_tables_of_their_own(good: Good, repo: Path) -> None:
    note, numbers = good("query-datasets", repo, "numbers,note", "--collections", "u/one").split("\n\n")  # by name
    assert numbers.splitlines()[0].split() == ["type", "run", "id", "instrument", "detector"]
    assert note.splitlines()[0].split() == ["type", "run", "id", "instrument"]


@pytest.mark.parametrize(
    "arguments, reason",
    [
        (["numbers", "--where", "detector = 7"], "Nothing satisfies: detector = 7"),
        (["note", "--collections", "u/two"], "No dataset of type 'note' was ever in 'u/two'"),
        (["none*"], "No dataset type that matches 'none*'"),
    ],
)
def test_empty_results_say_why_and_are_no_error(arguments: list[str], reason: str, run: Run, repo: Path) -> None:
    result = run("query-datasets", repo, *arguments)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("Nothing was found.\n  ")
    assert reason in result.stderr
    assert run("query-datasets", repo, *arguments, "--json").stdout == "[]\n"


def test_timespans_and_regions(good: Good, rows: Rows, repo: Path) -> None:
    with Butler(repo, writeable=True) as butler:
        butler.insert_dimension_data(
            "skymap", {"name": "S", "hash": b"\x01" * 20, "tract_max": 1, "patch_nx_max": 1, "patch_ny_max": 1}
        )
        from lsst.sphgeom import ConvexPolygon, LonLat, UnitVector3d

        corners = [UnitVector3d(LonLat.fromDegrees(*p)) for p in ((0, 0), (1, 0), (1, 1), (0, 1))]
        butler.insert_dimension_data("tract", {"skymap": "S", "id": 0, "region": ConvexPolygon(corners)})
    (day,) = rows("query-dimension-records", repo, "day_obs")
    assert day == {
        "instrument": "Cam",
        "id": 20261013,
        "timespan": ["2026-10-13T00:00:00.000000000", "2026-10-14T00:00:00.000000000"],
    }
    assert "[2026-10-13T00:00:00, 2026-10-14T00:00:00)" in good("query-dimension-records", repo, "day_obs")
    (tract,) = rows("query-dimension-records", repo, "tract")
    assert tract["region"] == ConvexPolygon(corners).encode().hex()
    assert "(elided)" in good("query-dimension-records", repo, "tract")


def test_dataset_types_in_collections(repo: Path) -> None:
    with Butler(repo) as butler:
        assert dataset_types_in(butler, (), ["u/two"]) == ["numbers"]
        assert dataset_types_in(butler, ["n*"], ["both"]) == ["note", "numbers"]
        assert dataset_types_in(butler, ["note"], ["u/two"]) == ["note"]


def test_refs_are_those_of_the_batches(repo: Path) -> None:
    with Butler(repo) as butler:
        found = Datasets(butler, [], ["u/*"], limit=3)
        ids = [i for batch in found.batches() for i in batch["id"]]
        assert [str(ref.id) for ref in found.refs()] == ids
        assert (len(ids), found.count()) == (3, 6)


def test_datasets_without_a_file_have_no_uri(rows: Rows, repo: Path) -> None:
    with Butler(repo, writeable=True) as butler:
        butler.prune_datasets(butler.query_datasets("note", "u/one"), disassociate=False, unstore=True)
    (note,) = rows("query-datasets", repo, "note", "--show-uri")
    assert note["uri"] is None


def test_listing_while_looking_up_on_every_engine(database_url: str, good: Good, rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text(f"registry: {{db: '{database_url}'}}")
    repo = tmp_path / "repo"
    good("create", repo, "--seed-config", tmp_path / "seed.yaml", "--override")
    with Butler(repo, run="u/one") as butler:
        butler.insert_dimension_data("instrument", *({"name": f"Cam{i}"} for i in range(4)))
        butler.register_dataset_type("note", ["instrument"])
        for i in range(4):
            butler.put({"i": i}, "note", instrument=f"Cam{i}")
    found = rows("query-datasets", repo, "note", "--show-uri", "--order-by", "-instrument")
    assert [r["instrument"] for r in found] == ["Cam3", "Cam2", "Cam1", "Cam0"]
    assert all(r["uri"].endswith(".yaml") for r in found)
    assert good("query-collections", repo, "-t").splitlines()[2].split() == ["u/one", "RUN", "note"]
    good("associate", repo, "tag", "-d", "note", "--limit", 2)
    assert "Pruned 2 datasets." in good("prune-datasets", repo, "--disassociate", "tag", "--no-confirm")
    good("remove-runs", repo, "u/one", "--no-confirm")
