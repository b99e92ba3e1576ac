"""The right template for each dataset type."""

from __future__ import annotations

import pytest

from skybutler.datastore import FileTemplate, Templates
from skybutler.datastore.templates import DEFAULT_TEMPLATES
from skybutler.errors import ConfigError, TemplateError
from support.datasets import make_type


def test_raws_have_a_template_of_their_own() -> None:
    templates = Templates()
    raw = make_type("raw", ["exposure", "detector"])
    assert templates.find(raw) == FileTemplate(DEFAULT_TEMPLATES["physical_filter+detector+exposure"])
    assert templates.find(make_type("calexp", ["visit", "detector"])) == FileTemplate(DEFAULT_TEMPLATES["default"])
    assert templates.find(make_type("bias", ["detector"])) == FileTemplate(DEFAULT_TEMPLATES["default"])


@pytest.mark.parametrize("dimensions", [["visit", "detector"], ["exposure", "detector"], ["htm7"], ["tract"], []])
def test_default_templates_are_valid_for_everything(dimensions: list[str]) -> None:
    dataset_type = make_type("x", dimensions)
    Templates().find(dataset_type).validate(dataset_type)


def test_instruments_can_differ() -> None:
    templates = Templates({"instrument<Cam>": {"raw": "cam/{run}/{exposure}_{id}"}, "raw": "{run}/{exposure}_{id}"})
    raw = make_type("raw", ["exposure", "detector"])
    assert templates.find(raw, instrument="Cam").text == "cam/{run}/{exposure}_{id}"
    assert templates.find(raw, instrument="Other").text == "{run}/{exposure}_{id}"


def test_malformed_tables() -> None:
    with pytest.raises(ConfigError, match="'raw'"):
        Templates({"raw": None})
    with pytest.raises(TemplateError, match="run or id"):
        Templates({"default": "{visit}"})
