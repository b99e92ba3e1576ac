"""The needed cards of many headers at once, as columns: headers of one layout are compared, not parsed.

Knows nothing of files, nor of what cards mean; ``fits_cards`` knows how a card is written.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.errors import UnreadableFileError
from skybutler.formatters.fits_cards import CARD, CardValue, ascii_text, parse_value

__all__ = ["CardColumns"]

_WORD = 8
_WORDS = CARD // _WORD
_END = b"END".ljust(CARD)
_LAYOUTS = 8
_REMEMBERED = 10_000

Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Layout:
    """Where the needed cards are in headers with the same keywords in the same order.

    Parameters
    ----------
    keys : `~numpy.ndarray`
        The keywords, END included, eight characters each.
    prefixes : `list` [`tuple` [`int`, `bytes`]]
        HIERARCH cards by position, up to their equals sign.
    names, cards, starts : `list`
        Needed names, the cards that have them, and where in the card the value begins.
    """

    keys: Words
    prefixes: list[tuple[int, bytes]]
    names: list[str]
    cards: list[int]
    starts: list[int]

    def fitting(self, headers: Words, sizes: npt.NDArray[np.int64], rows: Rows) -> npt.NDArray[np.bool_]:
        """Which of some rows have this layout; never a guess."""
        n = len(self.keys)
        if n > headers.shape[1]:
            return np.zeros(len(rows), bool)
        chosen = headers if len(rows) == len(headers) else headers[rows]
        fits: npt.NDArray[np.bool_] = (chosen[:, :n, 0] == self.keys).all(axis=1) & (sizes[rows] >= n * CARD)
        fits &= (chosen[:, n - 1] == _END_WORDS).all(axis=1) & (chosen[:, 0, 1] & _FIRST_BYTE == _EQUALS)
        for card, prefix in self.prefixes:
            letters = np.ascontiguousarray(chosen[:, card]).view(np.uint8)[:, : len(prefix)]
            fits &= (letters == np.frombuffer(prefix, np.uint8)).all(axis=1)
        return fits


def _words(text: bytes) -> Words:
    return np.frombuffer(text, np.uint64)


_END_WORDS = _words(_END)
_FIRST_BYTE = _words(b"\xff".ljust(8, b"\0"))[0]
_EQUALS = _words(b"=".ljust(8, b"\0"))[0]


class CardColumns:
    """Columns of the same few cards from many headers.

    Files of one camera have the same keywords in the same order, and files of one exposure mostly the same values: only
    what differs from the header before is looked at.

    Parameters
    ----------
    names : sequence of `str`
        Names of the cards; long ones are looked for as HIERARCH keywords.
    n : `int`
        How many headers there will be.
    """

    def __init__(self, names: Sequence[str], n: int) -> None:
        self.columns: dict[str, list[CardValue]] = {name: [None] * n for name in names}
        self._seen = _seen_before(frozenset(names))

    def take(self, headers: npt.NDArray[np.uint8], sizes: npt.NDArray[np.int64], first: int) -> list[int]:
        """Fill rows from ``first`` on.

        Parameters
        ----------
        headers : `~numpy.ndarray`
            Shape (n, bytes), bytes being a multiple of 80: begin of each file.
        sizes : `~numpy.ndarray`
            Shape (n,): how many of the bytes are the file's.
        first : `int`
            Row of the first one in the columns.

        Returns
        -------
        left : `list` [`int`]
            Which of these headers have to be read one by one, if at all: they are too long, broken, or have a needed
            card that goes on in the next.
        """
        words = headers.view(np.uint64).reshape(len(headers), -1, _WORDS)
        rows = np.flatnonzero(sizes > 0)
        left = np.flatnonzero(sizes <= 0).tolist()
        for layout in [*self._seen.layouts, None]:
            while len(rows):
                known = layout or self._new_layout(headers[rows[0], : sizes[rows[0]]].tobytes())
                if known is None:
                    left.append(int(rows[0]))
                    rows = rows[1:]
                    continue
                fits = known.fitting(words, sizes, rows)
                if fits.any():
                    left += self._take(words, known, rows[fits], first)
                    rows = rows[~fits]
                if layout is not None:
                    break
        return sorted(left)

    def _take(self, words: Words, layout: _Layout, rows: Rows, first: int) -> list[int]:
        """Fill rows of one layout; return those with a value that is not FITS."""
        if not layout.cards:
            return []
        cards = words[rows[:, None], layout.cards] if len(rows) < len(words) else words[:, layout.cards]
        differs = cards[1:] != cards[:-1]
        varying = differs.any(axis=0).any(axis=1).tolist()  # in this order: sums over few elements are slow
        wrong: set[int] = set()
        for i, name in enumerate(layout.names):
            begins = [0, *(differs[:, i].any(axis=1).nonzero()[0] + 1).tolist()] if varying[i] else [0]
            texts = cards[begins, i].tobytes()
            values: list[CardValue] = []
            for k, (begin, end) in enumerate(zip(begins, [*begins[1:], len(rows)], strict=True)):
                value = self._value(layout.starts[i], texts[k * CARD : k * CARD + CARD], name)
                if value is _WRONG:
                    wrong.update(rows[begin:end].tolist())
                values += [value] * (end - begin)
            self._fill(self.columns[name], rows, first, values)
        for row in wrong:
            for column in self.columns.values():
                column[first + row] = None
        return sorted(wrong)

    @staticmethod
    def _fill(column: list[CardValue], rows: Rows, first: int, values: list[CardValue]) -> None:
        begin, end = int(rows[0]), int(rows[-1]) + 1
        if end - begin == len(rows):
            column[first + begin : first + end] = values
            return
        for row, value in zip(rows.tolist(), values, strict=True):
            column[first + row] = value

    def _value(self, start: int, card: bytes, name: str) -> Any:
        values, key = self._seen.values, (start, card)
        try:
            return values[key]
        except KeyError:
            pass
        if len(values) > _REMEMBERED:
            values.clear()
        values[key] = value = _parsed(card, start, name)
        return value

    def _new_layout(self, header: bytes) -> _Layout | None:
        layout = _find(header, self.columns)
        if layout is not None:
            self._seen.layouts = [layout, *self._seen.layouts[: _LAYOUTS - 1]]
        return layout


@dataclass
class _Seen:
    """Layouts, latest first, and values by begin and card."""

    layouts: list[_Layout] = field(default_factory=list)
    values: dict[tuple[int, bytes], CardValue] = field(default_factory=dict)


@functools.lru_cache(maxsize=4)
def _seen_before(names: frozenset[str]) -> _Seen:
    """What was seen when these cards were needed before: batches of one ingest are alike."""
    return _Seen()


_WRONG = object()


def _parsed(card: bytes, start: int, name: str) -> Any:
    if start == _WORD + 2 and card[_WORD:start] != b"= ":
        return _WRONG
    try:
        return parse_value(ascii_text(card[start:], name), name, name)[0]
    except UnreadableFileError:  # reading it alone tells of it, with the file's name
        return _WRONG


def _find(header: bytes, wanted: dict[str, Any]) -> _Layout | None:
    """The layout of a header, `None` when this way of reading is not for it."""
    found: dict[str, tuple[int, int]] = {}
    prefixes: list[tuple[int, bytes]] = []
    if not header.startswith(b"SIMPLE  ="):
        return None
    last = ""
    for card in range(len(header) // CARD):
        text = header[card * CARD : card * CARD + CARD]
        name, start = text[:_WORD].rstrip().decode("latin-1"), _WORD + 2
        if text == _END:
            keys = _words(header[: card * CARD + CARD]).reshape(-1, _WORDS)[:, 0].copy()
            places = list(found.values())
            return _Layout(keys, prefixes, list(found), [p[0] for p in places], [p[1] for p in places])
        if name == "HIERARCH":
            start = text.find(b"=") + 1
            if start == _WORD + 1:
                return None
            prefixes.append((card, text[: start or CARD]))
            name = text[_WORD + 1 : start - 1].strip().decode("latin-1") if start else ""
        elif name in wanted and text[_WORD:start] != b"= ":
            return None
        if name == "CONTINUE" and last in wanted:
            return None
        if name in wanted:
            found.setdefault(name, (card, start))
        last = name
    return None
