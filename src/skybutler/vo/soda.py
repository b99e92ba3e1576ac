"""Cut-outs as SODA asks for them: what the parameters mean, and the files.  Knows neither HTTP nor jobs.

SODA 1.0 (IVOA Recommendation 2017-05-17), section 3; numbers and shapes as DALI 1.1, section 3.3, writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from skybutler.errors import ButlerError, InvalidError, ParameterError, nearest

if TYPE_CHECKING:
    from skybutler.images.stencils import Stencil

__all__ = ["DETAILS", "FORMATS", "CutoutFormat", "CutoutRequest", "CutoutStyle", "parse_stencil"]

DETAILS = ("Image", "MaskedImage", "Exposure")
"""What a cut-out has: pixels alone; with mask and variance; with PSF and everything else of the whole image too."""

SHAPES = ("circle", "polygon", "pos")
_NO_AXIS = ("band", "time", "pol")
_MOST_CORNERS = 1000
_MOST_CUTOUTS = 1000
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class CutoutFormat:
    """A format of cut-outs.

    Parameters
    ----------
    name : `str`
        Short name, and extension of files.
    media_type : `str`
    others : `tuple` [`str`]
        Media types that are taken for it.
    """

    name: str
    media_type: str
    others: tuple[str, ...] = ()


FORMATS = (CutoutFormat("fits", "application/fits", ("image/fits",)), CutoutFormat("png", "image/png"))
"""FITS files have the image in an extension, hence are ``application/fits``, not ``image/fits``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoutStyle:
    """How a cut-out is written.

    Parameters
    ----------
    detail : `str`
        Of `DETAILS`.
    format : `CutoutFormat`
    stretch, scale : `str`
        Of pictures: the curve, and where its limits come from; see `skybutler.display.scaling.Scaling`.

    Raises
    ------
    ParameterError
        One of them is not known.
    """

    detail: str = "Image"
    format: CutoutFormat = field(default=FORMATS[0])
    stretch: str = "asinh"
    scale: str = "zscale"

    def __post_init__(self) -> None:
        from skybutler.display.scaling import ALGORITHMS, AUTOMATIC

        _require("STRETCH", self.stretch, ALGORITHMS)
        _require("SCALE", self.scale, AUTOMATIC)


@dataclass(frozen=True, slots=True)
class CutoutRequest:
    """What the parameters of a request ask for: every shape of every dataset.

    Parameters
    ----------
    ids : `tuple` [`str`]
        Identifiers of datasets as they were given.
    shapes : `tuple` [(`str`, `str`)]
        Name of the parameter (circle, polygon, pos) and its value, which `parse_stencil` takes.
    style : `CutoutStyle`
    """

    ids: tuple[str, ...]
    shapes: tuple[tuple[str, str], ...]
    style: CutoutStyle

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> CutoutRequest:
        """That of parameters, names in any case; others than those of SODA are passed over.

        Raises
        ------
        ParameterError
            One is missing, malformed, or was given twice though it may not be.
        """
        given: dict[str, list[str]] = {}
        for name, value in pairs:
            if value.strip() and value.strip() not in (known := given.setdefault(name.lower(), [])):
                known.append(value.strip())
        for name in _NO_AXIS:
            if name in given:
                raise ParameterError(f"Images have no axis that {name.upper()} could cut out of.")
        if not given.get("id"):
            raise ParameterError("There is no ID.", hint="It names the image, such as butler://LABEL/UUID.")
        shapes = tuple((name, text) for name in SHAPES for text in given.get(name, ()))
        if not shapes:
            raise ParameterError(
                "There is no CIRCLE, POLYGON or POS.", hint="The whole image is the row #this of its links."
            )
        if len(given["id"]) * len(shapes) > _MOST_CUTOUTS:
            raise ParameterError(f"{len(given['id']) * len(shapes)} cut-outs are asked for; at most {_MOST_CUTOUTS}.")
        for name, text in shapes:
            parse_stencil(name, text)
        return cls(tuple(given["id"]), shapes, _style(given))

    @property
    def n_cutouts(self) -> int:
        """How many cut-outs it asks for."""
        return len(self.ids) * len(self.shapes)

    @property
    def repeated(self) -> str | None:
        """What was given several times with different values, ``ID`` or ``CIRCLE and POLYGON``; `None` if nothing."""
        if len(self.ids) > 1:
            return "ID"
        return " and ".join(dict.fromkeys(name.upper() for name, _ in self.shapes)) if len(self.shapes) > 1 else None


def _style(given: Mapping[str, list[str]]) -> CutoutStyle:
    def one(name: str, default: str) -> str:
        values = given.get(name, [default])
        if len(values) > 1:
            raise ParameterError(f"{name.upper()} was given {len(values)} times; once is expected.")
        return values[0]

    detail = one("cutoutdetail", DETAILS[0])
    detail = next((known for known in DETAILS if known.lower() == detail.lower()), detail)
    _require("CUTOUTDETAIL", detail, DETAILS)
    return CutoutStyle(
        detail=detail,
        format=_format(one("responseformat" if "responseformat" in given else "format", FORMATS[0].name)),
        stretch=one("stretch", "asinh").lower(),
        scale=one("scale", "zscale").lower(),
    )


def _format(text: str) -> CutoutFormat:
    word = text.partition(";")[0].strip().lower()
    for known in FORMATS:
        if word in (known.name, known.media_type, *known.others):
            return known
    names = [known.media_type for known in FORMATS]
    raise ParameterError(f"There are no cut-outs as '{text[:_SHOWN]}'.", hint=f"Formats: {', '.join(names)}.")


def _require(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        shown = value[:_SHOWN]
        raise ParameterError(f"{name} is '{shown}'.", hint=nearest(shown, known) or f"It is one of {', '.join(known)}.")


# --------------------------------------------------------------------------------------------------------------- shapes
def parse_stencil(name: str, text: str) -> Stencil:
    """A shape on the sky from the value of a parameter.

    Parameters
    ----------
    name : `str`
        circle, polygon or pos.
    text : `str`
        Numbers, ICRS degrees; for ``pos`` after a word, CIRCLE, RANGE or POLYGON.

    Raises
    ------
    ParameterError
        It is malformed, or there is no such shape.
    """
    kind, words = name, text.replace(",", " ").split()
    if name == "pos":
        kind, words = words[0].lower() if words else "", words[1:]
        if kind not in _MAKERS:
            raise ParameterError(
                f"POS is '{text[:_SHOWN]}'.", hint="It is 'CIRCLE ra dec radius', 'RANGE ra1 ra2 dec1 dec2' or "
                "'POLYGON ra1 dec1 ra2 dec2 ra3 dec3 ...', in degrees.",
            )  # fmt: skip
    said = name.upper() if name != "pos" else f"POS={kind.upper()}"
    try:
        return _MAKERS[kind](_numbers(said, words))
    except ParameterError:
        raise
    except ButlerError as error:
        raise ParameterError(f"{said}: {error.message}", hint=error.hint) from error


def _numbers(said: str, words: list[str]) -> list[float]:
    if len(words) > 2 * _MOST_CORNERS:
        raise ParameterError(f"{said} has {len(words)} numbers; at most {2 * _MOST_CORNERS}.")
    made = []
    for word in words:
        try:
            number = float(word)
        except ValueError:
            number = float("nan")
        if number != number or "_" in word:
            raise ParameterError(f"{said} has '{word[:_SHOWN]}' where a number is expected.")
        made.append(number)
    return made


def _circle(numbers: list[float]) -> Stencil:
    from skybutler.images.stencils import SkyCircle

    if len(numbers) != 3:
        raise InvalidError(f"{len(numbers)} numbers; a circle has three.", hint="They are RA, Dec and radius, degrees.")
    _require_turn(numbers[0])
    return SkyCircle(*numbers)


def _polygon(numbers: list[float]) -> Stencil:
    from skybutler.images.stencils import SkyPolygon

    if len(numbers) < 6 or len(numbers) % 2:
        raise InvalidError(f"{len(numbers)} numbers; a polygon has pairs of RA and Dec of three or more corners.")
    for ra in numbers[::2]:
        _require_turn(ra)
    return SkyPolygon(list(zip(numbers[::2], numbers[1::2], strict=True)))


def _range(numbers: list[float]) -> Stencil:
    from skybutler.images.stencils import stencil_of
    from skybutler.sky.region import region_from_pos

    if len(numbers) != 4:
        raise InvalidError(f"{len(numbers)} numbers; a range has four.", hint="They are ra1, ra2, dec1, dec2, degrees.")
    return stencil_of(region_from_pos(f"RANGE {' '.join(map(repr, numbers))}"))


def _require_turn(ra: float) -> None:
    if not -360.0 <= ra <= 360.0:
        raise InvalidError(f"There is no RA {ra:g}.", hint="It is 0 to 360 degrees.")


_MAKERS: Mapping[str, Callable[[list[float]], Stencil]] = {"circle": _circle, "polygon": _polygon, "range": _range}
