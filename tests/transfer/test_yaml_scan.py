"""Files read part by part give what the YAML library gives, whatever is done to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler import Butler
from skybutler.errors import FormatError, UnreadableFileError
from skybutler.transfer import yaml_scan
from skybutler.transfer.blocks import DatasetRows, DimensionRows, ExportFile, RangeRows, TagRows
from skybutler.transfer.yaml_file import WholeFile
from skybutler.transfer.yaml_scan import ScannedFile, open_yaml
from support.transfer import save_everything

EXPORTS = ["ap_verify_testdata-imsim-export.yaml", "jointcal-cfht-exports.yaml", "lsstcam-subset.yaml"]


def gathered(file: ExportFile) -> list[Any]:
    """All that is in a file, whatever parts it is read in."""
    found: list[Any] = [(file.version, file.universe_version, file.universe_namespace)]
    for block in file.blocks():
        found.append((block.type, block.key, block.line))
        records: list[Any] = []
        for rows in file.rows(block):
            records += plain(rows)
        found.append(records)
    return found


def plain(rows: Any) -> list[Any]:
    if isinstance(rows, DimensionRows):
        fields = zip(*rows.columns.values(), strict=True)  # a field without value is as good as none
        return [{n: typed(v) for n, v in zip(rows.columns, row, strict=True) if v is not None} for row in fields]
    if isinstance(rows, DatasetRows):
        keys = [dict(zip(rows.columns, row, strict=True)) for row in zip(*rows.columns.values(), strict=True)]
        ids = [rows.ids[i : i + 16] for i in range(0, len(rows.ids), 16)]
        return list(zip(ids, keys or [{}] * len(ids), rows.paths, rows.formatters, strict=True))
    if isinstance(rows, TagRows):
        return [rows.ids[i : i + 16] for i in range(0, len(rows.ids), 16)]
    return [(rows.timespan, rows.ids)] if isinstance(rows, RangeRows) else [replace(rows, line=0)]


def typed(value: Any) -> Any:
    """A value that is equal to others of its kind only."""
    return value if isinstance(value, str | bytes) or value is None else (isinstance(value, bool | float), value)


def same_or_both_fail(text: str, path: Path) -> bool:
    """Whether a file was read in parts; the results must be the same."""
    path.write_text(text, encoding="utf-8")
    file: Any = None
    found: list[Any] | None = None
    expected: list[Any] | None = None
    try:
        file = open_yaml("x.yaml", path)
        try:
            found = gathered(file)
        except UnreadableFileError:
            found = gathered(file.whole()) if isinstance(file, ScannedFile) else None
    except FormatError:
        found = None
    try:
        expected = gathered(WholeFile("x.yaml", path.read_bytes()))
    except FormatError:
        expected = None
    assert found == expected
    return isinstance(file, ScannedFile) and found is not None


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of ours with blocks of every kind."""
    from support.world import make_world

    folder = tmp_path_factory.mktemp("written")
    Butler.create(folder / "repo")
    with Butler(folder / "repo", writeable=True) as butler:
        make_world(butler.registry)
        butler.put({"a": 1}, "bias", instrument="Cam", detector=0, run="with/file")
        with butler.export(filename=folder / "x.yaml") as export:
            save_everything(butler, export)
    return folder / "x.yaml"


@pytest.mark.parametrize("size", [1, 700, 1 << 20])
@pytest.mark.parametrize("name", EXPORTS)
def test_real_files(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, size: int) -> None:
    monkeypatch.setattr(yaml_scan, "_PART", size)
    text = (shared / "data" / "exports" / name).read_text()
    assert same_or_both_fail(text, tmp_path / "x.yaml")


@pytest.mark.parametrize("size", [1, 700, 1 << 20])
def test_files_of_ours(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(yaml_scan, "_PART", size)
    assert same_or_both_fail(written.read_text(), tmp_path / "x.yaml")


LINES = st.sampled_from(
    [
        "  - x: 1",
        "    path: 'a",
        "- type: run",
        "  name: b",
        "# words",
        "",
        "    - !uuid 'x'",
        "...",
        "---",
        "\tx",
        "  x",
    ]
)
PIECES = st.one_of(
    st.sampled_from(
        ["'", '"', ": ", " #", "&a ", "*a", "|", "\n", "\n      ", "\n- ", "null", "!x ", "[", "{", "\r", "é"]
    ),
    st.text(max_size=3),
)


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "swap", "edit", "cut"]),
        st.integers(0, 999),
        st.integers(0, 99),
        LINES,
        PIECES,
    ),
    max_size=2,
)


def changed(text: str, changes: list[tuple[str, int, int, str, str]]) -> str:
    """A text some of whose lines are not what they were."""
    for kind, line, column, new, piece in changes:
        lines = text.split("\n")
        place = min(5 + line % max(len(lines) - 5, 1), len(lines) - 1)
        at = column % (len(lines[place]) + 1)
        match kind:
            case "insert":
                lines.insert(place, new)
            case "delete":
                del lines[place]
            case "swap":
                lines[place], lines[place - 1] = lines[place - 1], lines[place]
            case "edit":
                lines[place] = lines[place][:at] + piece + lines[place][at:]
            case "cut":
                lines = [*lines[:place], lines[place][:at]]
        text = "\n".join(lines)
    return text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True), CHANGES)
def test_whatever_is_done_to_them(written: Path, tmp_path: Path, chosen: list[int], changes: list[Any]) -> None:
    blocks = written.read_text().split("\n- ")
    parts = [blocks[0], *(blocks[1 + i % (len(blocks) - 1)].removesuffix("\n") for i in chosen)]
    same_or_both_fail(changed("\n- ".join(parts) + "\n", changes), tmp_path / "x.yaml")


def test_anchors_make_it_read_the_whole(written: Path, tmp_path: Path) -> None:
    text = (
        written.read_text()
        .replace("  name: run/a\n", "  name: &run run/a\n", 1)
        .replace("  run: run/a\n", "  run: *run\n")
    )
    assert text.count("*run") > 1
    assert same_or_both_fail(text, tmp_path / "x.yaml")


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("")
    with pytest.raises(FormatError, match="holds no mapping"):
        open_yaml("x.yaml", tmp_path / "x.yaml")


def test_parts_know_their_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_scan, "_PART", 40)
    records = "".join(f"  - name: cam{i}\n    visit_max: {i}\n" for i in range(20))
    (tmp_path / "x.yaml").write_text(
        "version: 1.0.2\ndata:\n- type: run\n  name: r\n- type: dimension\n  element: instrument\n  records:\n"
        + records
    )
    file = open_yaml("x.yaml", tmp_path / "x.yaml")
    rows = list(file.rows(file.blocks()[1]))
    assert [r.columns["name"][0] for r in rows if isinstance(r, DimensionRows)] == [f"cam{i}" for i in range(0, 20, 2)]
    assert [r.line for r in rows] == [8 + 2 * i for i in range(0, 20, 2)]
