"""What a service with one way to ask can do, as a VOSI document.  Knows no HTTP.

VOSI 1.1 (IVOA Recommendation 2017-05-24), section 2; VODataService's ParamHTTP.
"""

from __future__ import annotations

from typing import Any

from vo_models.voresource.models import AccessURL, Capability, Interface, SecurityMethod
from vo_models.vosi.capabilities.models import VOSICapabilities

from .vosi import written

__all__ = ["service_capabilities"]


def service_capabilities(
    standard: str, version: str, url: str, beside: str | None = None, security: tuple[str, ...] = ()
) -> bytes:
    """The document.

    Parameters
    ----------
    standard, version : `str`
        Identifier of the standard's capability, and version of its interface.
    url : `str`
        Where requests go.
    beside : `str`, optional
        Where ``capabilities`` and ``availability`` are, without a slash at the end; where `url` is if not given.
    security : `tuple` [`str`]
        Identifiers of the ways to tell who asks.
    """
    folder = beside or url.rpartition("/")[0]
    others = [
        (f"ivo://ivoa.net/std/VOSI#{name}", "1.1", f"{folder}/{name}", ()) for name in ("capabilities", "availability")
    ]
    return written(
        VOSICapabilities(capability=[_capability(*c) for c in ((standard, version, url, security), *others)])
    )


def _capability(standard: Any, version: str, url: Any, security: Any) -> Capability:
    methods = [SecurityMethod(standard_id=method) for method in security]
    interface = Interface(
        type="vs:ParamHTTP", role="std", version=version, security_method=methods,
        access_url=[AccessURL(value=url, use="full")],
    )  # fmt: skip
    return Capability(standard_id=standard, interface=[interface])
