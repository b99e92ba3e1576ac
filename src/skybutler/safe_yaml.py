"""YAML as plain data, by the fast safe loader where there is one.  Knows nothing of what the documents mean."""

from __future__ import annotations

from typing import Any

__all__ = ["parse_yaml"]


def parse_yaml(text: str | bytes) -> Any:
    """Content of a YAML text: mappings, lists, texts, numbers, dates; tags that would make other objects are errors.

    Raises
    ------
    yaml.YAMLError
        It is no YAML, or has such a tag; the error tells line and column.
    """
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
