"""Text files, such as task configurations, which are kept as text and never executed.  Knows no datastore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.errors import UnreadableFileError

from .formatter import BytesFormatter, Source, no_component

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["TextFormatter"]


class TextFormatter(BytesFormatter):
    """A string as UTF-8 text."""

    extension = ".py"  # that of task configurations in Gen3 repositories

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        try:
            return source.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise UnreadableFileError(f"{source.uri} is no UTF-8 text: {error}") from error

    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        text: str = obj
        return text.encode()
