from __future__ import annotations

import pytest

from skybutler.errors import ConfigError
from skybutler.vo.obscore import ObsCoreSettings
from skybutler.vo.obscore.files import read_settings, write_settings


def test_settings_are_beside_the_configuration(tmp_path):
    assert read_settings(tmp_path) == ObsCoreSettings()
    settings = ObsCoreSettings(obs_collection="X", spectral_ranges={"r": (1e-7, 2e-7)})
    file = write_settings(tmp_path, settings)
    assert read_settings(tmp_path) == read_settings(file) == settings
    assert [path.name for path in tmp_path.iterdir()] == ["obscore.yaml"]


@pytest.mark.parametrize("content", ["a: b", "[1, 2]", "{", "obs_collection: 3\ndataset_types: 7"])
def test_malformed_settings_name_the_file(tmp_path, content):
    (tmp_path / "obscore.yaml").write_text(content)
    with pytest.raises(ConfigError, match="obscore.yaml"):
        read_settings(tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        write_settings(tmp_path / "nothing", ObsCoreSettings())
