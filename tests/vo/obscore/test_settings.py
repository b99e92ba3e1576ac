from __future__ import annotations

import pytest

from skybutler.errors import ConfigError
from skybutler.vo.obscore import ObsCoreSettings, TypeSettings
from skybutler.vo.obscore.settings import template_parts


def test_settings_are_read_as_they_were_written():
    settings = ObsCoreSettings(
        obs_collection="X",
        collections=("a/*",),
        dataset_types={"calexp": TypeSettings(dataproduct_subtype="s", calib_level=2, obs_id="{visit}", s_xel1=4)},
        spectral_ranges={"N656": (655e-9, 657e-9)},
    )
    assert ObsCoreSettings.from_mapping(settings.to_mapping()) == settings
    assert ObsCoreSettings.from_mapping({}) == ObsCoreSettings()
    assert ObsCoreSettings.from_mapping(ObsCoreSettings().to_mapping()) == ObsCoreSettings()


def test_formats_of_lsst_are_understood():
    content = {"dataset_types": {"calexp": {"calib_level": 2, "obs_id_fmt": "{records[visit].name}-{detector}"}}}
    (said,) = ObsCoreSettings.from_mapping(content).dataset_types.values()
    assert said.obs_id == "{visit.name}-{detector}"
    assert said.dataproduct_subtype == "calexp"


def test_templates_are_texts_and_names():
    assert template_parts("a{visit.name}-{band}b") == ["a", ("visit", "name"), "-", ("band", None), "b"]
    assert template_parts("") == []


@pytest.mark.parametrize(
    "content, message",
    [
        ({"obs_colection": "x"}, "Did you mean 'obs_collection'"),
        ({"dataset_types": ["calexp"]}, "must be a mapping"),
        ({"dataset_types": {"calexp": {}}}, "needs a calib_level"),
        ({"dataset_types": {"calexp": {"calib_level": 7}}}, "0 to 4"),
        ({"dataset_types": {"calexp": {"calib_level": True}}}, "0 to 4"),
        ({"dataset_types": {"calexp": {"calib_level": 2, "subtype": "x"}}}, "calexp.subtype"),
        ({"dataset_types": {"calexp": {"calib_level": 2, "obs_id": "{visit!r}"}}}, "brace"),
        ({"spectral_ranges": {"r": [1]}}, "two wavelengths"),
    ],
)
def test_wrong_settings_are_refused(content, message):
    with pytest.raises(ConfigError, match=message):
        ObsCoreSettings.from_mapping(content)
