"""Maps and sky coordinates as text of Starlink's AST library, evaluated by ``starlink-pyast``.  Knows no files.

The text is what AST's Channel writes.  It is parsed by that library, which executes nothing of it; the library is the
extra ``skybutler[images]`` and is imported when a text is first evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import numpy as np

from skybutler.errors import FormatError
from skybutler.images.point_maps import Floats, PointMap
from skybutler.sky.vectors import lonlat_deg, unit_vectors

__all__ = [
    "AstFunction",
    "AstMap",
    "AstSky",
    "can_evaluate",
    "chained_text",
    "fits_cards_of",
    "inverted_text",
    "shifted_text",
    "text_of_fits_cards",
]

_BAD = -1e300
"""AST marks what it cannot map by numbers below this."""


def can_evaluate() -> bool:
    """Whether ``starlink-pyast`` is installed."""
    try:
        return find_spec("starlink.Ast") is not None
    except ModuleNotFoundError:
        return False


def _library() -> Any:
    try:
        from starlink import Ast
    except ImportError as error:
        raise FormatError(
            "Transforms of this kind are evaluated by starlink-pyast, which is not installed.",
            hint="pip install 'skybutler[images]'",
        ) from error
    return Ast


def _parse(text: str, what: str) -> Any:
    ast = _library()
    try:
        found = ast.Channel(text.splitlines()).read()
    except (ast.AstError, RuntimeError, ValueError) as error:
        raise FormatError(f"The text of a {what} cannot be parsed: {_first_line(error)}") from error
    if found is None:
        raise FormatError(f"The text of a {what} is empty or cut off.")
    return found


def inverted_text(text: str) -> str:
    """The text of the map back.

    Raises
    ------
    FormatError
        The text is malformed, or AST is not installed.
    """
    mapping = _parse(text, "transform")
    mapping.invert()
    return _written(mapping)


def chained_text(texts: Sequence[str]) -> str:
    """The text of several maps one after the other.

    Raises
    ------
    FormatError
        A text is malformed, or AST is not installed.
    """
    ast = _library()
    first, *others = [_parse(text, "transform") for text in texts]
    for other in others:
        first = ast.CmpMap(first, other, True)
    return _written(first)


def _written(found: Any) -> str:
    sink = _Lines()
    _library().Channel(None, sink, "Full=-1,Comment=0").write(found)
    return "\n".join(sink.lines) + "\n"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _mapped(mapping: Any, points: Floats, forward: bool) -> Floats:
    """Points (n, 2) through an AST mapping; NaN where it has no answer."""
    ast = _library()
    if not points.size:
        return np.empty((0, mapping.Nout if forward else mapping.Nin))
    try:
        found = np.asarray(mapping.tran(np.ascontiguousarray(points.T), forward), dtype=np.float64).T
    except (ast.AstError, RuntimeError, ValueError) as error:
        raise FormatError(f"A transform cannot be evaluated: {_first_line(error)}") from error
    return np.where((found < _BAD).any(axis=1, keepdims=True), np.nan, found)


@dataclass(frozen=True, slots=True)
class AstMap(PointMap):
    """A map from plane to plane of any class that AST has.

    Parameters
    ----------
    text : `str`
        What AST's Channel writes of it.
    inverted : `bool`
        Whether the map goes back.

    Notes
    -----
    Two are equal when their texts and directions are.
    """

    text: str
    inverted: bool = False
    _parsed: list[Any] = field(default_factory=list, init=False, repr=False, compare=False, hash=False)

    def apply(self, points: Floats) -> Floats:
        flat = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        return _mapped(self._mapping(), flat, not self.inverted).reshape(np.shape(points))

    def check(self) -> None:
        """Raise `FormatError` if it cannot be evaluated."""
        self._mapping()

    def _mapping(self) -> Any:
        if not self._parsed:
            mapping = _parse(self.text, "transform")
            if (mapping.Nin, mapping.Nout) != (2, 2):
                raise FormatError(f"A transform goes from {mapping.Nin} axes to {mapping.Nout}; 2 to 2 are needed.")
            self._parsed.append(mapping)
        return self._parsed[0]

    def inverse(self) -> AstMap:
        return AstMap(self.text, not self.inverted)

    def __reduce__(self) -> tuple[Any, ...]:
        return AstMap, (self.text, self.inverted)


@dataclass(frozen=True, slots=True)
class AstFunction:
    """A number for each point of a plane, by any mapping of AST from two axes to one.

    Parameters
    ----------
    text : `str`
        What AST's Channel writes of it; it is parsed when it is first evaluated.
    """

    text: str
    _parsed: list[Any] = field(default_factory=list, init=False, repr=False, compare=False, hash=False)

    def __call__(self, x: Floats, y: Floats) -> Floats:
        """Values at points of one shape; NaN where AST has no answer.

        Raises
        ------
        FormatError
            The text is malformed or of something else, or the library is missing.
        """
        if not self._parsed:
            mapping = _parse(self.text, "function")
            if (mapping.Nin, mapping.Nout) != (2, 1):
                raise FormatError(f"A function goes from {mapping.Nin} axes to {mapping.Nout}; 2 to 1 are needed.")
            self._parsed.append(mapping)
        points = np.stack([np.ravel(x), np.ravel(y)], axis=-1)
        return _mapped(self._parsed[0], points, True)[:, 0].reshape(np.shape(x))

    def __reduce__(self) -> tuple[Any, ...]:
        return AstFunction, (self.text,)


class AstSky:
    """Sky coordinates of pixels, from the text of a FrameSet.

    Parameters
    ----------
    text : `str`
        FrameSet from 0-based pixels of the parent frame to the sky, as AST's Channel writes it.

    Raises
    ------
    FormatError
        The text is malformed or of something else, or the library is missing.
    """

    __slots__ = ("_frames", "_lon", "reference")

    def __init__(self, text: str) -> None:
        ast = _library()
        frames = _parse(text, "sky WCS")
        if not isinstance(frames, ast.FrameSet) or not isinstance(frames.getframe(frames.Current), ast.SkyFrame):
            raise FormatError("The text of a sky WCS is no FrameSet whose current frame is the sky.")
        if frames.Nin != 2:
            raise FormatError(f"The text of a sky WCS begins from {frames.Nin} axes; 2 are needed.")
        sky = frames.getframe(frames.Current)
        if sky.System != "ICRS":
            frames.set("System=ICRS")
        self._frames = frames
        self._lon = int(sky.LonAxis) - 1
        self.reference = self._reference(sky)

    def _reference(self, sky: Any) -> tuple[float, float]:
        """Pixel at the reference position of the sky frame, (0, 0) if it has none."""
        position = np.array([[sky.SkyRef_1, sky.SkyRef_2]], dtype=np.float64)
        x, y = _mapped(self._frames, position, False)[0].tolist()
        return (x, y) if np.isfinite([x, y]).all() else (0.0, 0.0)

    def to_sky(self, x: Floats, y: Floats) -> Floats:
        """Unit vectors (..., 3) of pixels."""
        shape = np.shape(x)
        degrees = np.degrees(_mapped(self._frames, np.stack([np.ravel(x), np.ravel(y)], axis=-1), True))
        lon, lat = degrees[:, self._lon], degrees[:, 1 - self._lon]
        return unit_vectors(lon.reshape(shape), lat.reshape(shape))

    def to_pixel(self, vectors: Floats) -> tuple[Floats, Floats]:
        """Pixels (x, y) of unit vectors (..., 3)."""
        lon, lat = (np.radians(np.asarray(values)) for values in lonlat_deg(vectors))
        sky = np.stack([lon.ravel(), lat.ravel()], axis=-1)
        pixels = _mapped(self._frames, sky[:, ::-1] if self._lon else sky, False)
        return pixels[:, 0].reshape(lon.shape), pixels[:, 1].reshape(lon.shape)


class _Lines:
    """What AST's channels write to."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def astsink(self, line: str) -> None:
        self.lines.append(line)


def text_of_fits_cards(cards: Mapping[str, Any]) -> str:
    """The text of the FrameSet that FITS cards describe.

    Parameters
    ----------
    cards : mapping
        Celestial cards, with CRPIX 1-based in the parent frame.

    Returns
    -------
    text : `str`
        FrameSet with the frames PIXELS (0-based), IWC and SKY (ICRS).

    Raises
    ------
    FormatError
        AST cannot make one of these cards, or is not installed.
    """
    ast = _library()
    try:
        channel = ast.FitsChan([_card(key, value) for key, value in cards.items()], None, "Encoding=FITS-WCS,Iwc=1")
        read = channel.read()
        if not isinstance(read, ast.FrameSet) or read.Nframe != 3:
            raise FormatError("AST finds no celestial WCS in the cards.")
        read.set("System=ICRS")
        made = ast.FrameSet(ast.Frame(2, "Domain=PIXELS"))
        grid = ast.CmpMap(ast.ShiftMap([1.0, 1.0]), read.getmapping(1, 3), True)
        made.addframe(1, grid.simplify(), ast.Frame(2, "Domain=IWC"))
        made.addframe(2, read.getmapping(3, 2).simplify(), read.getframe(2))
        return _written(made)
    except (ast.AstError, RuntimeError, ValueError) as error:
        raise FormatError(f"The WCS of the cards cannot be written as AST text: {_first_line(error)}") from error


def _card(key: str, value: Any) -> str:
    text = f"'{value}'" if isinstance(value, str) else repr(value)
    return f"{key:<8}= {text}"


def shifted_text(text: str, dx: float, dy: float) -> str:
    """The text of a sky WCS whose pixels have other numbers: what was at (x, y) is at (x + dx, y + dy).

    Raises
    ------
    FormatError
        The text is malformed, or AST is not installed.
    """
    ast, frames = _library(), _parse(text, "sky WCS")
    frames.remapframe(frames.Base, ast.ShiftMap([float(dx), float(dy)]))
    return _written(frames)


def fits_cards_of(text: str) -> dict[str, Any]:
    """FITS cards of a sky WCS, CRPIX 1-based in the parent frame; empty if FITS cannot represent it.

    Raises
    ------
    FormatError
        The text is malformed, or AST is not installed.
    """
    from astropy.io.fits import Header

    ast = _library()
    frames, sink = _parse(text, "sky WCS"), _Lines()
    frames.remapframe(frames.Base, ast.ShiftMap([1.0, 1.0]))
    channel = ast.FitsChan(None, sink, "Encoding=FITS-WCS,CDMatrix=1")
    if not channel.write(frames):
        return {}
    channel.writefits()
    header = Header.fromstring("".join(f"{line:<80}" for line in sink.lines))
    return {key: header[key] for key in header if key not in ("", "COMMENT", "HISTORY")}
