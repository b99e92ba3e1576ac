"""What a formatter sees of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import UnknownComponentError
from skybutler.formatters import Source
from skybutler.formatters.formatter import no_component
from skybutler.formatters.json import JsonFormatter
from skybutler.storage import LocalStorage


@pytest.mark.parametrize(
    "path, extension", [("a.b/c.FITS.gz", ".fits.gz"), ("x.json", ".json"), ("a.b/c", ""), ("c.fits", ".fits")]
)
def test_a_source_describes_its_file(tmp_path: Path, path: str, extension: str) -> None:
    source = Source(LocalStorage(tmp_path), path, 5, {"visit": 1})
    assert source.extension == extension
    assert source.uri == (tmp_path / path).as_uri()
    assert dict(source.data_id) == {"visit": 1}
    assert dict(Source(LocalStorage(tmp_path), path).data_id) == {}


def test_no_component_offers_the_nearest() -> None:
    storage_class = StorageClasses.default()["ArrowTable"]
    no_component(None, storage_class)
    with pytest.raises(UnknownComponentError, match="'schema'"):
        no_component("scheme", storage_class, ["schema"])


def test_small_formats_can_write_files_too(tmp_path: Path) -> None:
    JsonFormatter().write({"a": 1}, tmp_path / "x.json", StorageClasses.default()["StructuredDataDict"], None)
    assert (tmp_path / "x.json").read_text() == '{"a": 1}'
