"""Other names for columns of a catalog.  Knows neither columns nor files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from skybutler.errors import InvalidError

__all__ = ["Aliases"]


class Aliases(Mapping[str, str]):
    """Names that stand for others, as a whole or as the first parts of longer names.

    A name is divided at its underscores.  The alias of the longest leading part applies, and then aliases of what comes
    out: with ``slot_Centroid`` for ``base_SdssCentroid``, ``slot_Centroid_x`` is ``base_SdssCentroid_x``.

    Parameters
    ----------
    pairs : mapping or iterable of (alias, target)
        What they stand for.
    derived : mapping
        Further ones, which follow from the age of the file; they apply where no other does and cannot be changed.

    Raises
    ------
    skybutler.errors.InvalidError
        Raised for aliases that lead in a circle.
    """

    __slots__ = ("_derived", "_own", "_resolved")

    def __init__(
        self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = (), derived: Mapping[str, str] | None = None
    ) -> None:
        self._own: dict[str, str] = {}
        self._derived = dict(derived or {})
        self._resolved: dict[str, str] = {}  # loops over rows ask for the same few names again and again
        for name, target in dict(pairs).items():
            self.set(name, target)

    def __getitem__(self, name: str) -> str:
        return self._own[name] if name in self._own else self._derived[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (name for name in self._derived if name not in self._own)

    def __len__(self) -> int:
        return len(self._own.keys() | self._derived.keys())

    def __repr__(self) -> str:
        return f"Aliases({dict(self)})"

    @property
    def derived(self) -> Mapping[str, str]:
        """Those that follow from the age of a file."""
        return dict(self._derived)

    def set(self, name: str, target: str) -> None:
        """Let a name stand for another.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised for an empty name, or if it would stand for itself in the end.
        """
        if not name or not target:
            raise InvalidError(f"An alias needs a name and a target, not {name!r} and {target!r}.")
        before = self._own.get(name)
        self._own[name] = target
        self._resolved.clear()
        try:
            self.resolve(name)
        except InvalidError:
            if before is None:
                del self._own[name]
            else:
                self._own[name] = before
            raise

    def remove(self, name: str) -> None:
        """Take an alias away, if there is one."""
        self._own.pop(name, None)
        self._resolved.clear()

    def resolve(self, name: str) -> str:
        """What a name stands for in the end; itself if nothing applies.

        Raises
        ------
        skybutler.errors.InvalidError
            Raised if aliases lead in a circle.
        """
        if not self._own and not self._derived:
            return name
        found = self._resolved.get(name)
        if found is None:
            found = self._resolved[name] = self._target(name)
        return found

    def _target(self, name: str) -> str:
        found, seen = name, {name}
        while (after := self._step(found)) is not None:
            if after in seen or len(seen) > len(self) + 1:
                raise InvalidError(f"Aliases of {name!r} lead in a circle: {' -> '.join([*seen, after])[:300]}.")
            seen.add(after)
            found = after
        return found

    def copy(self) -> Aliases:
        """Aliases of their own."""
        made = Aliases()
        made._own, made._derived = dict(self._own), dict(self._derived)
        made._resolved.clear()
        return made

    def _step(self, name: str) -> str | None:
        end = len(name)
        while end > 0:
            if (target := self._own.get(name[:end])) is not None:
                return target + name[end:]
            end = name.rfind("_", 0, end)
        return self._derived.get(name)
