"""What the cut-out service can do, as a VOSI document.  Knows no HTTP.

VOSI 1.1 (IVOA Recommendation 2017-05-24), section 2; the identifiers are those of SODA 1.0, section 2.
"""

from __future__ import annotations

from typing import Any

from vo_models.voresource.models import AccessURL, Capability, Interface, SecurityMethod
from vo_models.vosi.capabilities.models import VOSICapabilities

from .vosi import written

__all__ = ["capabilities_document"]

_ENDS = (
    ("ivo://ivoa.net/std/VOSI#capabilities", "capabilities", ""),
    ("ivo://ivoa.net/std/VOSI#availability", "availability", ""),
    ("ivo://ivoa.net/std/SODA#sync-1.0", "sync", "1.0"),
    ("ivo://ivoa.net/std/SODA#async-1.0", "jobs", "1.0"),
)


def capabilities_document(url: str, security: tuple[str, ...] = ()) -> bytes:
    """The document.

    Parameters
    ----------
    url : `str`
        Address of the service, without a slash at the end.
    security : `tuple` [`str`]
        Identifiers of the ways to tell who asks.
    """
    made = []
    for standard, end, version in _ENDS:
        methods = [SecurityMethod(standard_id=_any(said)) for said in security] if version else []
        address = AccessURL(value=_any(f"{url}/{end}"), use="base" if version else "full")
        interface = Interface(
            type="vs:ParamHTTP", role="std", version=version or "1.1", security_method=methods, access_url=[address]
        )
        made.append(Capability(standard_id=_any(standard), interface=[interface]))
    return written(VOSICapabilities(capability=made))


def _any(text: str) -> Any:
    """A URI for the models, which take a text but say that they want something else."""
    return text
