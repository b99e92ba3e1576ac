"""Sky coordinates as rows of tables: the text of AST, and the FITS terms of before 2018.  Knows no files."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.images.wcs import SkyWcs

from .archive import Archive, ArchiveWriter, Column, Rows

__all__ = ["can_write", "read_sky_wcs", "read_tan_wcs", "write_sky_wcs"]

_KIND, _MODULE = "SkyWcs", "lsst.afw.geom"
_WCS = Column("wcs", "QB", "", "wcs string representation")
_NOTE = re.compile(r"# SB (\S+) = (.*)")
_APPROXIMATION = Column("approx", "QB", "", "wcs string representation of FITS approximation")


# ----------------------------------------------------------------------- read
def read_sky_wcs(archive: Archive, number: int) -> SkyWcs:
    """A WCS that the text of a FrameSet defines.

    Raises
    ------
    FormatError
        The text is malformed, which is noticed if starlink-pyast is installed.
    """
    rows = archive.pieces(number)
    text, approximation = "", ""
    for piece in rows:
        for name in ("wcs", "approx"):
            if name in piece:
                found = piece.one(name).decode("utf-8")
                text, approximation = (found, approximation) if name == "wcs" else (text, found)
    cards = _definition(text)
    return SkyWcs.from_fits_header(cards) if cards else SkyWcs.from_ast(text, approximation=approximation)


def _definition(text: str) -> dict[str, Any]:
    """Cards that `write_sky_wcs` has noted in comments; empty if the text itself is the definition."""
    cards = {}
    for line in text.splitlines():
        if match := _NOTE.fullmatch(line):
            try:
                cards[match[1]] = json.loads(match[2])
            except ValueError as error:
                raise UnreadableFileError(f"A note of a card in the text of a WCS is malformed: {line!r}.") from error
    return cards


def read_tan_wcs(archive: Archive, number: int) -> SkyWcs:
    """A tangent-plane WCS, perhaps with SIP terms, as it was kept before 2018.

    Raises
    ------
    FormatError
        It says something that cannot be evaluated.
    """
    rows = archive.pieces(number)
    if not rows:
        raise UnreadableFileError(f"{archive.uri}: TanWcs {number} has no rows.")
    row = rows[0]
    cd = row.one("cd").tolist()
    cards: dict[str, Any] = {"WCSAXES": 2}
    for axis, crpix, crval in zip("12", _point(row, "crpix"), _point(row, "crval"), strict=True):
        # The text of the units is left out: it may be empty, and only degrees were ever written.
        cards |= {f"CTYPE{axis}": row.one(f"ctype{axis}").strip(), f"CRPIX{axis}": crpix + 1.0, f"CRVAL{axis}": crval}
    cards |= dict(zip(("CD1_1", "CD2_1", "CD1_2", "CD2_2"), cd, strict=True))
    cards["RADESYS"] = row.one("radesys").strip() or "FK5"
    if cards["RADESYS"] != "ICRS" and math.isfinite(equinox := row.one("equinox")):
        cards["EQUINOX"] = equinox
    if len(rows) > 1:
        cards |= _sip(rows[1])
        cards |= {key: f"{cards[key].removesuffix('-SIP')}-SIP" for key in ("CTYPE1", "CTYPE2")}
    return SkyWcs.from_fits_header(cards)


def _point(row: Rows, name: str) -> tuple[float, float]:
    if name in row:  # the older form has a column of two numbers
        x, y = row.one(name).tolist()
        return x, y
    return row.one(f"{name}_x"), row.one(f"{name}_y")


def _sip(row: Rows) -> dict[str, Any]:
    """SIP cards; the coefficients are square matrices, the power of x fastest."""
    cards: dict[str, Any] = {}
    for column, key in (("A", "A"), ("B", "B"), ("Ap", "AP"), ("Bp", "BP")):
        values = row.one(column).tolist()
        size = math.isqrt(len(values))
        if size * size != len(values):
            raise UnreadableFileError(f"A TanWcs has {len(values)} coefficients {column}, which are no square.")
        if size:
            cards[f"{key}_ORDER"] = size - 1
        for i, value in enumerate(values):
            if value != 0.0:
                cards[f"{key}_{i % size}_{i // size}"] = value
    return cards


# ---------------------------------------------------------------------- write
def write_sky_wcs(writer: ArchiveWriter, number: int, wcs: SkyWcs) -> None:
    """A WCS as the text of a FrameSet: the very one that defines it, or one made of the cards that do.

    Those are noted in comments, which AST skips, so that what is read is equal to what was written.

    Raises
    ------
    FormatError
        It is defined by FITS cards that AST cannot represent, or starlink-pyast is missing.
    """
    text = f"1 {_KIND} {int(bool(wcs.approximation))} {wcs.to_ast()}"
    if wcs.ast_text is None:
        text += "".join(f"# SB {key} = {json.dumps(value)}\n" for key, value in wcs.to_fits_header().items())
    columns, row = [_WCS], {"wcs": text.encode("utf-8")}
    if wcs.approximation:
        columns.append(_APPROXIMATION)
        row["approx"] = wcs.approximation.encode("utf-8")
    writer.add(number, writer.table(columns), _KIND, _MODULE, [row])


def can_write(wcs: SkyWcs) -> bool:
    """Whether `write_sky_wcs` can write it."""
    try:
        wcs.to_ast()
    except FormatError:
        return False
    return True
