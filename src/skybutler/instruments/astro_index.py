"""Lets ``astrometadata write-index`` index folders of several files where headers are read by astropy.

Without the field's own FITS library the tool holds headers as astropy's, which take no list as a value, and fails on
folders whose files differ.  It is told to compare plain mappings; a version that does so itself is left alone.
Knows nothing of instruments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from astro_metadata_translator import indexing
from astropy.io.fits import Header
from astropy.io.fits.card import Undefined

__all__ = ["index_several_files"]


def index_several_files() -> bool:
    """Make the tool's indexing work for several files, if it does not; tells whether that was needed."""
    merge: Any = vars(indexing)["merge_headers"]
    try:
        merge([Header({"A": 1}), Header({"A": 2})], mode="diff")
    except ValueError:

        def merge_plain(headers: Sequence[Mapping[str, Any]], *arguments: Any, **options: Any) -> Any:
            return merge([_plain(header) for header in headers], *arguments, **options)

        vars(indexing)["merge_headers"] = merge_plain
        return True
    return False


def _plain(header: Mapping[str, Any]) -> dict[str, Any]:
    """The cards as a mapping; cards without a value are `None`."""
    return {key: None if isinstance(value, Undefined) else value for key, value in header.items()}
