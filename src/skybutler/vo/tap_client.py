"""pyvo's TAP service, which forgets its session when it is asked for tables or examples.  Knows no server.

Importing this loads ``pyvo``.
"""

from __future__ import annotations

from typing import Any

import pyvo

__all__ = ["TapService"]


class TapService(pyvo.dal.TAPService):  # type: ignore[misc]
    """A TAP service whose tables and examples are asked for as all else: with its session, which has the token."""

    @property
    def tables(self) -> Any:
        """Tables by their names; columns are asked for when a table is looked at."""
        found = super().tables
        found._session = self._session
        return found

    @property
    def examples(self) -> Any:
        """Queries that can be executed."""
        found = super().examples
        for query in found:
            query._session = self._session
        return found
