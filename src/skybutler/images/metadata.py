"""Header metadata: ordered, with repeated keys and comments.  Knows nothing of FITS rules or files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from skybutler.errors import InvalidError, nearest

__all__ = ["Metadata", "MetadataCard", "MetadataValue"]

MetadataValue: TypeAlias = bool | int | float | str | None


class MetadataCard(NamedTuple):
    """One entry of `Metadata`."""

    key: str
    value: MetadataValue
    comment: str = ""


class Metadata(MutableMapping[str, Any]):
    """An ordered mapping that keeps repeated keys (COMMENT, HISTORY, ...) and a comment with each value.

    Parameters
    ----------
    cards : mapping, or iterable of (key, value) or (key, value, comment)
        Entries in order.  A list or tuple as value gives one entry per element.

    Notes
    -----
    ``metadata[key]`` is the last value of a repeated key, as in the libraries that wrote such files; `all_values`
    gives all of them.  Iteration gives each key once, in order of its first entry.  Keys are case-sensitive.
    """

    __slots__ = ("_cards", "_next", "_places")

    def __init__(self, cards: Mapping[str, Any] | Iterable[tuple[Any, ...]] = ()) -> None:
        # Entries by a growing serial number, so that removal keeps order and costs nothing.
        self._cards: dict[int, MetadataCard] = {}
        self._places: dict[str, list[int]] = {}
        self._next = 0
        if isinstance(cards, Metadata):
            cards = cards.cards()
        for card in cards.items() if isinstance(cards, Mapping) else cards:
            key, value, *comment = card
            for element in value if isinstance(value, list | tuple) else (value,):
                self.add(key, element, comment[0] if comment else "")

    def add(self, key: str, value: MetadataValue, comment: str = "") -> None:
        """Append an entry, keeping earlier ones of the same key.

        Raises
        ------
        InvalidError
            Raised if the value is not a bool, int, float, str or None (numpy scalars are converted).
        """
        self._cards[self._next] = MetadataCard(key, _plain(key, value), comment)
        self._places.setdefault(key, []).append(self._next)
        self._next += 1

    def cards(self) -> Iterator[MetadataCard]:
        """All entries in order."""
        return iter(self._cards.values())

    def all_values(self, key: str) -> list[MetadataValue]:
        """All values of a key in order; empty if there is none."""
        return [self._cards[place].value for place in self._places.get(key, ())]

    def to_dict(self) -> dict[str, Any]:
        """Values by key; a list where a key is repeated."""
        return {key: found[0] if len(found := self.all_values(key)) == 1 else found for key in self}

    def comment(self, key: str) -> str:
        """The comment of the last entry of a key."""
        return self._cards[self._last(key)].comment

    def copy(self) -> Metadata:
        """A mapping of its own with the same entries."""
        return Metadata(self.cards())

    def without(self, keys: Iterable[str]) -> Metadata:
        """A copy that lacks these keys."""
        gone = set(keys)
        return Metadata(card for card in self.cards() if card.key not in gone)

    def _last(self, key: str) -> int:
        if key not in self._places:
            raise KeyError(f"'{key}' is not in the metadata. {nearest(str(key), self._places)}".strip())
        return self._places[key][-1]

    def __getitem__(self, key: str) -> Any:
        return self._cards[self._last(key)].value

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or the default: nobody is to be told of similar keys."""
        return self[key] if key in self._places else default

    def __setitem__(self, key: str, value: Any) -> None:
        """Replace all entries of a key; the first keeps its place and comment."""
        values = list(value) if isinstance(value, list | tuple) else [value]
        places = self._places.get(key)
        if not places or not values:
            if places:
                del self[key]
            for element in values:
                self.add(key, element)
            return
        first = self._cards[places[0]]
        self._cards[places[0]] = first._replace(value=_plain(key, values[0]))
        for place in places[1:]:
            del self._cards[place]
        self._places[key] = places[:1]
        for element in values[1:]:
            self.add(key, element)

    def __delitem__(self, key: str) -> None:
        self._last(key)
        for place in self._places.pop(key):
            del self._cards[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __eq__(self, other: object) -> bool:
        """Equal when keys, order, values and value types are; comments do not count and NaN equals NaN."""
        if not isinstance(other, Metadata):
            return NotImplemented
        return len(self._cards) == len(other._cards) and all(
            a.key == b.key and type(a.value) is type(b.value) and _same(a.value, b.value)
            for a, b in zip(self.cards(), other.cards(), strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        """Lines ``name = value`` and ``// comment``, each with its line end, as lsst.daf.base prints them."""
        return "".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for key in self:
            yield f"{key} = {_text(self.all_values(key))}\n"
            if comment := self.comment(key):
                yield f"// {comment}\n"

    def __repr__(self) -> str:
        return f"Metadata({len(self._cards)} entries)"


def _plain(key: str, value: Any) -> MetadataValue:
    if isinstance(value, np.generic):
        value = value.item()
    if value is not None and not isinstance(value, bool | int | float | str):
        raise InvalidError(
            f"Metadata value of '{key}' is a {type(value).__name__}.", hint="Give a bool, int, float, str or None."
        )
    return value


def _same(a: MetadataValue, b: MetadataValue) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1.0, a) == math.copysign(1.0, b))
    return a == b


def _text(values: list[MetadataValue]) -> str:
    texts = [_scalar_text(value) for value in values]
    return texts[0] if len(texts) == 1 else f"[ {', '.join(texts)} ]"


def _scalar_text(value: MetadataValue) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return f"{value:#.14g}"
    return "" if value is None else str(value)
