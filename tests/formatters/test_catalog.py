"""Short names, foreign names and configured formatters."""

from __future__ import annotations

import importlib.metadata
from typing import Any

import pytest

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import ConfigError, FormatError, StorageClassError
from skybutler.formatters import Formatter, FormatterTable, load
from skybutler.formatters.catalog import ALIASES, BUILTIN, DEFAULTS, FormatterChoice, make, short_name
from skybutler.formatters.json import JsonFormatter
from support.datasets import make_type


@pytest.mark.parametrize("name", BUILTIN)
def test_every_formatter_can_be_loaded(name: str) -> None:
    formatter = load(name)
    assert isinstance(formatter, Formatter)
    assert formatter.extension.startswith(".")
    assert load(name) is formatter


def test_the_tables_fit_together() -> None:
    assert set(DEFAULTS.values()) <= set(BUILTIN)
    assert {name for names in ALIASES.values() for name in names} <= set(BUILTIN)
    assert set(DEFAULTS) <= set(StorageClasses.default())


@pytest.mark.parametrize(
    "recorded, storage_class, expected",
    [
        ("json", "", "json"),
        ("lsst.daf.butler.formatters.json.JsonFormatter", "TaskMetadata", "task-metadata"),
        ("lsst.daf.butler.formatters.json.JsonFormatter", "Other", "json"),
        ("lsst.daf.butler.formatters.yaml.YamlFormatter", "PropertySet", "property-set"),
        ("lsst.daf.butler.formatters.yaml.YamlFormatter", "StructuredDataDict", "yaml"),
        ("lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter", "SourceCatalog", "afw-catalog"),
        ("lsst.obs.base.formatters.fitsGeneric.FitsGenericFormatter", "IsrCalib", "fits-table"),
        ("lsst.obs.base.formatters.fitsExposure.FitsExposureFormatter", "ExposureF", "fits-image"),
        ("lsst.obs.lsst.LsstCamImSimRawFormatter", "Exposure", "raw"),
        ("lsst.obs.lsst.rawFormatter.LsstCamRawFormatter", "Exposure", "raw"),
        ("lsst.obs.subaru.rawFormatter.HyperSuprimeCamRawFormatter", "Exposure", "raw"),
        ("my.own.Formatter", "Exposure", "my.own.Formatter"),
    ],
)
def test_foreign_names(recorded: str, storage_class: str, expected: str) -> None:
    assert short_name(recorded, storage_class) == expected


@pytest.mark.parametrize("name", ["jsn", "os.system", "skybutler.formatters.json:JsonFormatter", ""])
def test_a_name_is_never_imported(name: str) -> None:
    with pytest.raises(FormatError, match="no formatter"):
        load(name)


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(FormatError, match="Did you mean 'json'"):
        load("jsn")


def test_packages_add_formatters(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = importlib.metadata.EntryPoint("mine", "skybutler.formatters.json:JsonFormatter", "skybutler.formatters")

    def found(group: str, name: str | None = None) -> Any:
        return [entry] if group == "skybutler.formatters" and name in (None, "mine") else []

    monkeypatch.setattr("importlib.metadata.entry_points", found)
    assert isinstance(load("mine"), JsonFormatter)


def test_the_table_chooses() -> None:
    table = FormatterTable(
        {
            "StructuredDataDict": "json",
            "log": {"formatter": "yaml"},
            "ExposureF": {"formatter": "fits-image", "parameters": {"recipe": "small"}},
            "ExposureI": {"formatter": "fits-image", "parameters": {"recipe": "noCompression", "tile": 5}},
            "ExposureU": {"formatter": "fits-image", "parameters": {"recipe": "lossy"}},
            "write_recipes": {"fits-image": {"small": {"compress": True, "tile": 64}}},
            "default": {"passed": "over"},
        }
    )
    assert table.choose(make_type("x", ["visit"])).name == "json"
    assert table.choose(make_type("log", ["visit"])).name == "yaml"
    assert table.choose(make_type("x", ["visit"], "SkyMap")).name == "skymap"
    chosen = table.choose(make_type("x", ["visit"], "ExposureF"))
    assert chosen.parameters == {"compress": True, "tile": 64}
    assert table.choose(make_type("x", ["visit"], "ExposureI")).parameters == {"compress": False, "tile": 5}
    lossy = table.choose(make_type("x", ["visit"], "ExposureU"))
    assert lossy.parameters == {"quantize": 16.0}
    assert isinstance(make(chosen), Formatter)
    assert isinstance(make(lossy), Formatter)
    assert table.choose(make_type("x", ["visit"]), storage_class="DataFrame").name == "parquet"
    with pytest.raises(StorageClassError, match="'ConvolutionKernel' of dataset type 'x'"):
        table.choose(make_type("x", ["visit"], "ConvolutionKernel"))


@pytest.mark.parametrize(
    "entry", [5, {"parameters": {}}, ["json"], {"formatter": "json", "parameters": {"recipe": "formatter"}}]
)
def test_malformed_entries(entry: object) -> None:
    with pytest.raises(ConfigError, match="formatter"):
        FormatterTable({"x": entry})


def test_unknown_parameters_are_named() -> None:
    with pytest.raises(ConfigError, match="colour"):
        make(FormatterChoice("json", {"colour": 1}))
