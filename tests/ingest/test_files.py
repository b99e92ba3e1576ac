"""Files listed in a table: values cast and checked, shared files kept together, mistakes told first."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from astropy.table import Table

from skybutler import Butler, DatasetProvenance
from skybutler.errors import (
    ButlerError,
    DataIdValueError,
    DatasetExistsError,
    DimensionNameError,
    DimensionValueError,
    InconsistentDataIdError,
    InvalidError,
    MissingDatasetTypeError,
    MissingFileError,
)
from skybutler.ingest import ingest_files, register_sky_map
from support.raws import CAMERA
from support.skymaps import small_sky_map

NAMESPACE = uuid.UUID("840b31d9-05cd-5161-b2c8-00d32b280d0f")


@pytest.fixture
def refcats(butler: Butler, tmp_path: Path) -> Path:
    """Three shards, their table, and the dataset type."""
    butler.register_dataset_type("cal", ["htm7"], "SimpleCatalog")
    folder = tmp_path / "refcats"
    folder.mkdir()
    Table({"filename": [f"{i}.fits" for i in range(3)], "htm7": [147_000, 147_001, 147_002]}).write(folder / "t.ecsv")
    for i in range(3):
        Table({"id": [i], "mag": [20.0 + i]}).write(folder / f"{i}.fits")
    return folder


def pixels(butler: Butler) -> dict[int, str]:
    return {r.data_id["htm7"]: butler.get_uri(r) for r in butler.query_datasets("cal", "refcats")}


def test_table_of_the_document(butler: Butler, refcats: Path) -> None:
    assert ingest_files(butler, "cal", "refcats", refcats / "t.ecsv", prefix=refcats, transfer="direct") == 3
    assert pixels(butler) == {147_000 + i: f"file://{refcats}/{i}.fits" for i in range(3)}
    found = butler.get("cal", htm7=147_001, collections="refcats")
    assert found["mag"].tolist() == [21.0]


def test_paths_are_relative_to_the_current_directory(
    butler: Butler, refcats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(refcats)
    assert ingest_files(butler, "cal", "refcats", "t.ecsv", transfer="copy") == 3
    assert all(butler.config.root in uri for uri in pixels(butler).values())
    assert butler.get("cal", htm7=147_002, collections="refcats")["id"].tolist() == [2]


def test_uris_and_columns_of_text(butler: Butler, refcats: Path) -> None:
    table: dict[str, Any] = {"anything": [f"file://{refcats}/1.fits"], "htm7": [" 147001"]}
    assert ingest_files(butler, "cal", "refcats", table, transfer="direct", track=False) == 1
    assert list(pixels(butler)) == [147_001]


def test_fixed_values_win_over_columns(butler: Butler, refcats: Path) -> None:
    table: dict[str, Any] = {"path": [str(refcats / "1.fits")], "htm7": [1]}
    ingest_files(butler, "cal", "refcats", table, data_id={"htm7": "147005"}, transfer="direct")
    assert list(pixels(butler)) == [147_005]


@pytest.mark.parametrize(
    "way, text",
    [("DATAID_TYPE", "dataset_type=cal,htm7=147001"), ("DATAID_TYPE_RUN", "dataset_type=cal,run=refcats,htm7=147001")],
)
def test_ids_that_follow_from_the_data_id(butler: Butler, refcats: Path, way: str, text: str) -> None:
    table: dict[str, Any] = {"path": [str(refcats / "1.fits")], "htm7": [147_001]}
    ingest_files(butler, "cal", "refcats", table, id_generation=way, transfer="direct")
    (ref,) = butler.query_datasets("cal", "refcats")
    assert ref.id == uuid.uuid5(NAMESPACE, text)


def test_again_is_refused_or_skipped(butler: Butler, refcats: Path) -> None:
    chosen: dict[str, Any] = {"prefix": refcats, "transfer": "direct"}
    ingest_files(butler, "cal", "refcats", {"p": ["1.fits"], "htm7": [147_001]}, **chosen)
    with pytest.raises(DatasetExistsError, match="147001"):
        ingest_files(butler, "cal", "refcats", refcats / "t.ecsv", **chosen)
    assert len(pixels(butler)) == 1
    assert ingest_files(butler, "cal", "refcats", refcats / "t.ecsv", skip_existing=True, **chosen) == 2
    assert len(pixels(butler)) == 3


def test_one_file_of_several_datasets(butler: Butler, refcats: Path) -> None:
    inside = Path(butler.config.root) / "shards" / "all.fits"
    inside.parent.mkdir()
    os.link(refcats / "1.fits", inside)
    table: dict[str, Any] = {"p": [str(inside)] * 2, "htm7": [147_001, 147_002]}
    assert ingest_files(butler, "cal", "refcats", table) == 2
    assert len(set(pixels(butler).values())) == 1
    refs = list(butler.query_datasets("cal", "refcats"))
    butler.prune_datasets(refs[:1], purge=True, unstore=True)
    assert inside.exists()
    butler.prune_datasets(refs[1:], purge=True, unstore=True)
    assert not inside.exists()
    with pytest.raises(InvalidError, match="cannot be moved"):
        ingest_files(
            butler, "cal", "refcats", {"p": [str(refcats / "1.fits")] * 2, "htm7": [147_003, 147_004]}, transfer="move"
        )


def test_implied_values_are_checked_and_governors_inferred(butler: Butler, refcats: Path) -> None:
    butler.register_dataset_type("flat", ["instrument", "detector", "physical_filter"], "SimpleCatalog")
    table: dict[str, Any] = {"p": [str(refcats / "1.fits")], "detector": [42], "physical_filter": ["i_sim_1.4"]}
    with pytest.raises(InconsistentDataIdError):
        ingest_files(butler, "flat", "flats", {**table, "band": ["r"]}, transfer="direct")
    assert ingest_files(butler, "flat", "flats", {**table, "band": ["i"]}, transfer="direct") == 1
    (ref,) = butler.query_datasets("flat", "flats")
    assert ref.data_id["instrument"] == CAMERA


BAD: list[tuple[Mapping[str, Any], Mapping[str, Any], type[ButlerError], str]] = [
    ({"p": ["1.fits"], "htm7": [147_001], "tract": [1]}, {}, DimensionNameError, "'tract' is not a dimension of 'cal'"),
    ({"p": ["1.fits"], "htm7": [147_001]}, {"data_id": {"htm": 7}}, DimensionNameError, "Did you mean 'htm7'"),
    ({"p": ["1.fits"]}, {}, DimensionNameError, "no column for htm7"),
    (
        {"p": ["1.fits", "2.fits"], "htm7": [147_001, "x"]},
        {},
        DimensionValueError,
        "Row 2, of .*2.fits: 'x' is no value",
    ),
    ({"p": ["1.fits"], "htm7": [147_001.5]}, {}, DimensionValueError, "147001.5 is no value of htm7"),
    ({"p": ["1.fits"], "htm7": [True]}, {}, DimensionValueError, "must be a whole number"),
    ({"p": ["1.fits"], "htm7": [[147_001]]}, {}, DimensionValueError, "must be a whole number"),
    ({"p": ["1.fits"], "htm7": [None]}, {}, DimensionValueError, "must be a whole number"),
    ({"p": ["1.fits"], "htm7": [1]}, {}, DimensionValueError, "is no htm7 pixel"),
    ({"p": ["1.fits"]}, {"data_id": {"htm7": "x"}}, DimensionValueError, "^'x' is no value of htm7"),
    ({"htm7": [147_001], "p": ["1.fits"]}, {}, InvalidError, "first column, 'htm7', must hold paths, not 147001"),
    ({"p": [7], "htm7": [147_001]}, {}, InvalidError, "first column, 'p', must hold paths, not 7"),
    ({"p": [None], "htm7": [147_001]}, {}, InvalidError, "must hold paths, not None"),
    ({"p": [""], "htm7": [147_001]}, {}, InvalidError, "must hold paths"),
    ({"p": ["."], "htm7": [147_001]}, {}, MissingFileError, "refcats \\(a folder\\)"),
    ({"p": ["x.fits"] * 5, "htm7": range(147_001, 147_006)}, {}, MissingFileError, "and 2 more"),
    ({"p": ["gopher://x/1.fits"], "htm7": [147_001]}, {}, InvalidError, "unknown scheme 'gopher'"),
    ({}, {}, InvalidError, "has no columns"),
    ({"p": ["gone.fits"], "htm7": [147_001]}, {}, MissingFileError, "gone.fits"),
    ({"p": ["1.fits"] * 2, "htm7": [147_001] * 2}, {}, DatasetExistsError, "same data ID"),
    ({"p": ["1.fits"], "htm7": [147_001]}, {"id_generation": "DATAID"}, InvalidError, "DATAID_TYPE"),
]


@pytest.mark.parametrize("table, options, error, words", BAD)
def test_mistakes(
    butler: Butler,
    refcats: Path,
    table: Mapping[str, Any],
    options: Mapping[str, Any],
    error: type[ButlerError],
    words: str,
) -> None:
    with pytest.raises(error, match=words) as raised:
        ingest_files(butler, "cal", "refcats", table, prefix=refcats, transfer="direct", **options)
    assert "Relative paths" not in str(raised.value)
    assert butler.collections.query("refcats*") == []


def test_unknown_type_and_missing_record(butler: Butler, refcats: Path) -> None:
    with pytest.raises(MissingDatasetTypeError):
        ingest_files(butler, "cat", "refcats", refcats / "t.ecsv")
    register_sky_map(butler, small_sky_map("rings"), name="small", tracts=[1])
    butler.register_dataset_type("coadd", ["tract"], "SimpleCatalog")
    table: dict[str, Any] = {"p": [str(refcats / "1.fits")], "tract": [2]}
    with pytest.raises(DataIdValueError, match="No tract record"):
        ingest_files(butler, "coadd", "coadds", table, transfer="direct")


def test_empty_table(butler: Butler, refcats: Path) -> None:
    assert ingest_files(butler, "cal", "refcats", {"p": [], "htm7": []}) == 0


def test_what_headers_say_of_their_making_is_recorded_on_request(butler: Butler, tmp_path: Path) -> None:
    butler.register_dataset_type("cal", ["htm7"], "SimpleCatalog")
    butler.register_dataset_type("arrow", ["htm7"], "ArrowAstropy")
    made = DatasetProvenance([uuid.UUID(int=5), uuid.UUID(int=6)], uuid.UUID(int=7))
    for name, path in (("cal", "a.fits"), ("arrow", "b.parq")):
        ref = butler.put(Table({"a": [1]}), name, htm7=147_000, run="first", provenance=made)
        shutil.copy(butler.get_uri(ref).removeprefix("file://"), tmp_path / path)
        table: dict[str, list[Any]] = {"filename": [str(tmp_path / path)], "htm7": [147_001]}
        assert ingest_files(butler, name, "plain", table, transfer="copy") == 1
        assert ingest_files(butler, name, "told", table, transfer="copy", provenance=True) == 1
        plain, told = (butler.find_dataset(name, htm7=147_001, collections=run) for run in ("plain", "told"))
        assert plain is not None
        assert told is not None
        assert butler.get_provenance(plain) is None
        assert butler.get_provenance(told) == made
