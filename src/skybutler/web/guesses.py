"""How often wrong tokens may come from one address.  Knows neither requests nor what is right.

Tokens are too random to be guessed; whoever tries all the same shall not keep the server busy.  To send the same wrong
token again is no new guess: a script with a token that has expired must not lock out its neighbours.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from typing import Any

__all__ = ["Guesses"]

_SECONDS = 60.0
_REMEMBERED = 10_000
"""Addresses, and tokens that were good, of which is known; the oldest are forgotten first."""


class Guesses:
    """Counts the different wrong tokens of each address in the last minute.

    Parameters
    ----------
    most : `int`
        How many are answered; further tokens of that address are not even looked at, until one is a minute old.
    clock : callable
        Gives seconds.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._wrong: OrderedDict[str, deque[tuple[float, int]]] = OrderedDict()
        self._right: OrderedDict[tuple[str, int], None] = OrderedDict()

    def wait(self, address: str, text: str) -> int:
        """Seconds until a token of an address may be looked at; 0 for those of which is known what they are.

        Who is locked out may still come in with a token that was right before: neighbours share addresses.
        """
        place, token = _network(address), hash(text)
        guesses = self._recent(place)
        if len(guesses) < self._most or (place, token) in self._right or any(known == token for _, known in guesses):
            return 0
        return max(1, math.ceil(guesses[0][0] + _SECONDS - self._clock()))

    def right(self, address: str, text: str) -> None:
        """Note that a token was right."""
        _put(self._right, (_network(address), hash(text)), None)

    def wrong(self, address: str, text: str) -> bool:
        """Note that a token was wrong; tells whether the address is locked out from now on."""
        place, token = _network(address), hash(text)
        self._right.pop((place, token), None)  # it may have been taken back
        guesses = self._recent(place)
        if any(known == token for _, known in guesses):
            return False
        guesses.append((self._clock(), token))
        _put(self._wrong, place, guesses)
        return len(guesses) == self._most

    def _recent(self, place: str) -> deque[tuple[float, int]]:
        guesses = self._wrong.get(place, deque())
        while guesses and guesses[0][0] <= self._clock() - _SECONDS:
            guesses.popleft()
        return guesses


def _put(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    known[key] = value
    known.move_to_end(key)
    if len(known) > _REMEMBERED:
        known.popitem(last=False)


def _network(address: str) -> str:
    """The address, or of one of IPv6 the network, of which each house has a whole one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return found.exploded[:19] if found.ipv4_mapped is None else str(found.ipv4_mapped)
