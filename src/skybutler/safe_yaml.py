"""YAML as plain data, by the fast safe loader where there is one.  Knows nothing of what the documents mean."""

from __future__ import annotations

from typing import Any

__all__ = ["parse_yaml", "safe_loader"]


def safe_loader() -> Any:
    """The loader class to use, or to derive one from that knows tags of its own: it makes nothing but plain data."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse_yaml(text: str | bytes) -> Any:
    """Content of a YAML text: mappings, lists, texts, numbers, dates; tags that would make other objects are errors.

    Raises
    ------
    yaml.YAMLError
        It is no YAML, or has such a tag; the error tells line and column.
    """
    import yaml

    return yaml.load(text, Loader=safe_loader())  # noqa: S506 - it is
