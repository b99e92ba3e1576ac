"""The facade: one `Butler` over registry and datastore."""

from .butler import Butler

__all__ = ["Butler"]
