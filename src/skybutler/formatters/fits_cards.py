"""How a FITS header card is written: keyword, value and comment of 80 characters.

Follows the FITS standard 4.0, section 4, with long strings (4.2.1.2), the HIERARCH convention and tiled image
compression (10.1). Knows nothing of files.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from skybutler.errors import InvalidError, UnreadableFileError

__all__ = [
    "BLOCK",
    "CARD",
    "CardValue",
    "ascii_text",
    "data_size",
    "end_of_header",
    "format_card",
    "hdu_size",
    "image_cards",
    "padded",
    "parse_cards",
    "parse_value",
]

CardValue = str | int | float | bool | None

CARD = 80
"""Characters of a card."""

BLOCK = 2880
"""Bytes that headers and data are padded to multiples of."""

_END = b"END" + b" " * 77

_MOST_AXES = 999
_INTEGER = re.compile(r"[+-]?\d+\Z")
_KEYWORD = re.compile(r"[A-Z0-9_-]{1,8}")
_COMMENTARY = frozenset({"COMMENT", "HISTORY", ""})


def ascii_text(text: bytes, path: str) -> str:
    """The text of header bytes.

    Raises
    ------
    UnreadableFileError
        They are not ASCII, which is all the standard allows.
    """
    if not text.isascii():
        raise UnreadableFileError(f"{path}: not FITS, a header card holds {text[:40]!r}.")
    return text.decode("ascii")


def parse_cards(block: bytes, path: str = "header") -> list[tuple[str, CardValue, str]]:
    """Every card of a header.

    Parameters
    ----------
    block : `bytes`
        The header up to its END card; a multiple of 80 bytes, or reading stops before the rest.
    path : `str`
        What to call it in errors.

    Returns
    -------
    cards : `list` [`tuple` [`str`, value, `str`]]
        Keyword, value and comment; CONTINUE cards are joined to the string they continue.

    Raises
    ------
    UnreadableFileError
        A card is not ASCII or its value not FITS.
    """
    cards: list[tuple[str, CardValue, str]] = []
    text = ascii_text(block, path)
    for start in range(0, len(text) - CARD + 1, CARD):
        card = text[start : start + CARD]
        key = card[:8].rstrip()
        if key == "HIERARCH" and "=" in card:
            key, _, rest = card[9:].partition("=")
            key = key.strip()
        elif card[8:10] == "= ":
            rest = card[10:]
        elif key == "CONTINUE" and cards and isinstance(cards[-1][1], str):
            value, comment = parse_value(card[8:], key, path)
            name, so_far, old = cards[-1]
            cards[-1] = (name, str(so_far).removesuffix("&") + str(value or ""), f"{old} {comment}".strip())
            continue
        else:
            cards.append((key, card[8:].rstrip() if key in _COMMENTARY else None, ""))
            continue
        cards.append((key, *parse_value(rest, key, path)))
    return cards


def end_of_header(block: bytes) -> int:
    """Position of the END card, -1 when there is none."""
    end = block.find(_END)
    while end >= 0 and end % CARD:
        end = block.find(_END, end + 1)
    return end


def hdu_size(header: bytes, path: str = "header") -> int:
    """Bytes of an HDU, padding included (FITS standard, equations 1 and 2).

    Parameters
    ----------
    header : `bytes`
        Its header up to, not including, its END card.
    path : `str`
        What to call it in errors.

    Raises
    ------
    UnreadableFileError
        A size is not a whole number, or negative.
    """
    cards = {key: value for key, value, _ in parse_cards(header, path)}
    return padded(len(header) + CARD) + padded(data_size(cards, path))


def data_size(cards: Mapping[str, CardValue], path: str = "header") -> int:
    """Bytes of the data of an HDU with these cards, without padding.

    Raises
    ------
    UnreadableFileError
        A size is not a whole number, or negative.
    """

    def whole(key: str, default: int) -> int:
        value = cards.get(key, default)
        if not isinstance(value, int) or (value < 0 and key != "BITPIX"):
            raise UnreadableFileError(f"{path}: {key} is {value!r}, expected a whole number.")
        return value

    axes = whole("NAXIS", 0)
    if axes > _MOST_AXES:
        raise UnreadableFileError(f"{path}: NAXIS is {axes}; at most {_MOST_AXES} axes are possible.")
    pixels = 1 if axes else 0
    for axis in range(1, axes + 1):
        pixels *= whole(f"NAXIS{axis}", 0)
    return abs(whole("BITPIX", 8)) // 8 * whole("GCOUNT", 1) * (whole("PCOUNT", 0) + pixels)


def padded(size: int) -> int:
    """The next multiple of a block."""
    return -(-size // BLOCK) * BLOCK


def parse_value(text: str, key: str, path: str) -> tuple[CardValue, str]:
    """Value and comment of what follows the value indicator (FITS standard, section 4.2)."""
    body = text.lstrip()
    if body.startswith("'"):
        end = body.find("'", 1)
        while end > 0 and body[end + 1 : end + 2] == "'":  # a doubled quote is a quote
            end = body.find("'", end + 2)
        if end < 0:
            raise UnreadableFileError(f"{path}: the string of card {key} has no closing quote.")
        value = body[1:end].replace("''", "'")
        return value.rstrip(), body[end + 1 :].partition("/")[2].strip()
    word, _, comment = body.partition("/")
    return _parse_word(word.strip(), key, path), comment.strip()


def _parse_word(word: str, key: str, path: str) -> CardValue:
    if word in ("T", "F"):
        return word == "T"
    if not word:
        return None
    if _INTEGER.match(word):
        return int(word)
    if word.startswith("("):  # a complex number: nothing here needs one, keep it as it is written
        return word
    try:
        return float(word.upper().replace("D", "E"))
    except ValueError:
        raise UnreadableFileError(f"{path}: the value of card {key} is {word!r}, which is not FITS.") from None


def format_card(key: str, value: CardValue) -> str:
    """The 80 characters of a card in fixed format; what `parse_cards` reads back.

    Raises
    ------
    InvalidError
        The keyword is no plain one, or the value does not fit into one card.
    """
    if not _KEYWORD.fullmatch(key):
        raise InvalidError(f"{key!r} is no FITS keyword of at most eight characters.")
    match value:
        case bool():
            text = f"{'T' if value else 'F':>20}"
        case int():
            text = f"{int(value):>20}"
        case float():
            text = f"{float(value)!r:>20}".replace("e", "E")
        case str():
            text = "'{:<8}'".format(value.replace("'", "''"))
        case _:
            text = ""
    card = f"{key:<8}= {text}".ljust(CARD)
    infinite = isinstance(value, float) and not math.isfinite(value)
    if infinite or len(card) > CARD or not card.isascii() or not card.isprintable():
        raise InvalidError(f"The value {value!r} of card {key} does not fit into a card.")
    return card


_TABLE_OF_TILES = re.compile(
    r"(TTYPE|TFORM|TUNIT|TDIM)\d+|TFIELDS|(ZTILE|ZNAME|ZVAL|ZNAXIS)\d*|"
    r"ZCMPTYPE|ZQUANTIZ|ZDITHER0|ZIMAGE|ZSIMPLE|ZEXTEND|Z?HECKSUM|CHECKSUM|Z?DATASUM"
)
_IMAGE_NAMES = {
    "ZBITPIX": "BITPIX",
    "ZNAXIS": "NAXIS",
    "ZPCOUNT": "PCOUNT",
    "ZGCOUNT": "GCOUNT",
    "ZTENSION": "XTENSION",
}


def image_cards(cards: list[tuple[str, CardValue, str]]) -> list[tuple[str, CardValue, str]]:
    """The header of the image a tile-compressed table holds (FITS standard, section 10.1)."""
    if ("ZIMAGE", True) not in ((key, value) for key, value, _ in cards):
        return cards
    image = {}
    for key, value, comment in cards:
        plain = _IMAGE_NAMES.get(key) or (key[1:] if re.fullmatch(r"ZNAXIS\d+", key) else "")
        if plain:
            image[plain] = (plain, value, comment)
    kept = []
    for key, value, comment in cards:
        if _TABLE_OF_TILES.fullmatch(key) or key in _IMAGE_NAMES:
            continue
        kept.append(image.get(key, (key, value, comment)))
    return kept
