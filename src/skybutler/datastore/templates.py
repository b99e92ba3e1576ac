"""Which file template serves which dataset.  Knows neither files nor formatters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.errors import ConfigError
from skybutler.formatters.lookup import Lookup

from .template import FileTemplate

if TYPE_CHECKING:
    from skybutler.datasets.dataset_type import DatasetType

__all__ = ["DEFAULT_TEMPLATES", "Templates"]

DEFAULT_TEMPLATES: Mapping[str, str] = {
    "default": (
        "{run:/}/{datasetType}.{component:?}/{tract:?}/{patch:?}/{day_obs|visit.day_obs|exposure.day_obs:?}/{band:?}/"
        "{subfilter:?}/{physical_filter:?}/{visit:?}/{exposure.obs_id|group:?}/"
        "{datasetType}_{component:?}_{instrument:?}_{tract:?}_{patch:?}_{band:?}_{physical_filter:?}_{visit:?}_"
        "{exposure.obs_id|group:?}_{detector.full_name:?}_{skymap:?}_{skypix:?}_{ssp_hypothesis_table:?}_"
        "{ssp_hypothesis_bundle:?}_{ssp_balanced_index:?}_{run}"
    ),
    "physical_filter+detector+exposure": (
        "{run:/}/{datasetType}.{component:?}/{day_obs|exposure.day_obs}/{exposure.obs_id}/{datasetType}_{component:?}_"
        "{instrument:?}_{physical_filter}_{exposure.obs_id}_{detector.full_name}_{run}"
    ),
}
"""Templates of the Gen3 butler: the paths are those that it would choose."""


class Templates:
    """File templates by dataset type, dimensions or storage class.

    Parameters
    ----------
    config : mapping, optional
        Template texts by the keys of `skybutler.formatters.lookup.Lookup`, on top of `DEFAULT_TEMPLATES`.

    Raises
    ------
    skybutler.errors.ConfigError
        If a template is no text.
    skybutler.errors.TemplateError
        If one is malformed.
    """

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self._lookup: Lookup[FileTemplate] = Lookup(_parsed({**DEFAULT_TEMPLATES, **(config or {})}))

    def find(
        self, dataset_type: DatasetType, *, instrument: str | None = None, component: str | None = None
    ) -> FileTemplate:
        """The template for a dataset."""
        found = self._lookup.find(dataset_type, instrument=instrument, component=component)
        assert found is not None  # there always is a default
        return found


def _parsed(config: Mapping[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            parsed[key] = _parsed(value)
        elif isinstance(value, str):
            parsed[key] = FileTemplate(value)
        else:
            raise ConfigError(f"The file template of {key!r} must be a text, not {value!r}.")
    return parsed
