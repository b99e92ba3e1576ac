"""What a service can do, as a VOSI document.  Knows no HTTP.

VOSI 1.1 (IVOA Recommendation 2017-05-24), section 2; VODataService's ParamHTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vo_models.voresource.models import AccessURL, Capability, Interface, SecurityMethod
from vo_models.vosi.capabilities.models import VOSICapabilities

from .vosi import written

__all__ = ["Way", "capability", "interface", "service_capabilities"]

_VOSI = "ivo://ivoa.net/std/VOSI#"


@dataclass(frozen=True, slots=True)
class Way:
    """A way to ask a service.

    Parameters
    ----------
    standard : `str`
        Identifier of the standard's capability.
    version : `str`
        Of its interface.
    url : `str`
        Where requests go.
    use : `str`
        ``full`` if they go just there, ``base`` if the standard says what is appended.
    """

    standard: str
    version: str
    url: str
    use: str = "full"


def service_capabilities(folder: str, ways: Sequence[Way], security: Sequence[str] = ()) -> bytes:
    """The document of a service that needs nothing said but how to ask it.

    Parameters
    ----------
    folder : `str`
        Where ``capabilities`` and ``availability`` are, without a slash at the end.
    ways : sequence of `Way`
        The first one first.
    security : sequence of `str`
        Identifiers of the ways to tell who asks.
    """
    own = [capability(way, security) for way in ways]
    others = [capability(Way(_VOSI + end, "1.1", f"{folder}/{end}")) for end in ("capabilities", "availability")]
    return written(VOSICapabilities(capability=[*own, *others]))


def capability(way: Way, security: Sequence[str] = ()) -> Capability:
    """An element of such a document."""
    standard: Any = way.standard
    return Capability(standard_id=standard, interface=[interface(way.url, way.version, way.use, security)])


def interface(url: Any, version: str, use: Any, security: Sequence[Any] = ()) -> Interface:
    """What a capability says of where requests go; parameters as for `Way` and `service_capabilities`.

    The models take a text for a URI, but say that they want something else.
    """
    return Interface(
        type="vs:ParamHTTP", role="std", version=version, access_url=[AccessURL(value=url, use=use)],
        security_method=[SecurityMethod(standard_id=method) for method in security],
    )  # fmt: skip
