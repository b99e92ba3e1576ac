"""The names of ``lsst.daf.base``: property sets and lists, and ``DateTime``.  Knows no files."""

# ruff: noqa: N802, N803, N815 - the names are those of lsst.daf.base

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import Any

from skybutler.compat.wrapping import Wrapped, to_compat, to_plain
from skybutler.datasets.property_set import PropertySet as PlainPropertySet
from skybutler.datasets.property_set import TaskMetadata as PlainTaskMetadata
from skybutler.errors import InvalidError
from skybutler.images import Metadata

__all__ = ["DateTime", "PropertyList", "PropertySet", "TaskMetadata"]


_DAY_NS = 86_400_000_000_000


class _Properties(Wrapped):
    """A mapping with getters by what is wanted: the last value, or all of them."""

    __slots__ = ()

    def _all(self, name: str) -> list[Any]:
        raise NotImplementedError

    def getScalar(self, name: str) -> Any:
        """The value, of several the last one."""
        return to_compat(self._all(name)[-1])

    def getArray(self, name: str) -> list[Any]:
        """All values."""
        return [to_compat(value) for value in self._all(name)]

    def get(self, name: str, default: Any = None) -> Any:
        """The value, of several the last one; the default if there is none."""
        return self.getScalar(name) if name in self.plain else default

    getAsDouble = getAsInt = getAsString = getAsBool = getScalar

    def set(self, name: str, value: Any) -> None:
        """Set a value, or several."""
        self.plain[name] = to_plain(value)

    def exists(self, name: str) -> bool:
        """Whether there is such a name."""
        return name in self.plain

    def remove(self, name: str) -> None:
        """Take a name away, if it is there."""
        self.plain.pop(name, None)

    def valueCount(self, name: str) -> int:
        """How many values a name has."""
        return len(self._all(name)) if name in self.plain else 0

    def isArray(self, name: str) -> bool:
        """Whether a name has several values."""
        return self.valueCount(name) > 1

    def update(self, other: Mapping[str, Any]) -> None:
        """Set all values of another mapping."""
        self.plain.update(to_plain(other))

    def deepCopy(self) -> Any:
        """A copy that shares nothing."""
        return self.of(self._copied())

    copy = deepCopy

    def _copied(self) -> Any:
        raise NotImplementedError

    def keys(self) -> Any:
        """Names."""
        return self.plain.keys()

    def values(self) -> list[Any]:
        """Values, of several the last one."""
        return [self[name] for name in self]

    def items(self) -> list[tuple[str, Any]]:
        """Names and values."""
        return [(name, self[name]) for name in self]

    def __getitem__(self, name: str) -> Any:
        return self.getScalar(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.plain[name] = to_plain(value)

    def __delitem__(self, name: str) -> None:
        del self.plain[name]

    def __contains__(self, name: object) -> bool:
        return name in self.plain

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain)

    def __len__(self) -> int:
        return len(self.plain)

    __hash__ = None  # type: ignore[assignment]


class PropertySet(_Properties):
    """Values by name, and sets within sets, reached with dots."""

    __slots__ = ()

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.plain = PlainPropertySet(values)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> PropertySet:
        """A set of a mapping."""
        return cls(values)

    def _all(self, name: str) -> list[Any]:
        value = self.plain[name]
        return list(value) if isinstance(value, list) and value else [value]

    def _copied(self) -> Any:
        return type(self.plain)(self.plain.to_dict())

    def add(self, name: str, value: Any) -> None:
        """Add a value, or several, to those that are there."""
        more = list(value) if isinstance(value, list | tuple) else [value]
        self.plain[name] = [*(self._all(name) if name in self.plain else []), *more]

    def toDict(self) -> dict[str, Any]:
        """Plain dictionaries and lists."""
        return self.plain.to_dict()  # type: ignore[no-any-return]

    def toString(self) -> str:
        """Lines ``name = value``."""
        return str(self.plain)

    def names(self, topLevelOnly: bool = True) -> list[str]:
        """Names of this level, or those of all levels that hold values, with dots."""
        return list(self.plain) if topLevelOnly else list(self.plain.names())

    def paramNames(self, topLevelOnly: bool = True) -> list[str]:
        """Names that have values."""
        found = self.names(topLevelOnly)
        return [name for name in found if not isinstance(self.plain[name], PlainPropertySet)]

    def propertySetNames(self, topLevelOnly: bool = True) -> list[str]:
        """Names of this level that hold further sets."""
        return [name for name in self.plain if isinstance(self.plain[name], PlainPropertySet)]

    def getPropertySet(self, name: str) -> PropertySet:
        """The set of a name."""
        found = self[name]
        if not isinstance(found, PropertySet):
            raise TypeError(f"'{name}' is a value, not a property set.")
        return found


class TaskMetadata(PropertySet):
    """Metadata of one task's run; prints as a nested dict."""

    __slots__ = ()

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.plain = PlainTaskMetadata(values)

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> TaskMetadata:
        """Metadata of nested dictionaries."""
        return cls(d)

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries and lists."""
        return self.toDict()


class PropertyList(_Properties):
    """Values and comments by name, in order, such as a FITS header has; names may repeat."""

    __slots__ = ()

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.plain = Metadata(values or {})

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> PropertyList:
        """A list of a mapping."""
        return cls(values)

    def _all(self, name: str) -> list[Any]:
        self.plain[name]  # raises for names that are not there
        return list(self.plain.all_values(name))

    def _copied(self) -> Any:
        return self.plain.copy()

    def set(self, name: str, value: Any, comment: str = "") -> None:
        """Set a value, or several, and a comment."""
        if comment and name not in self.plain and not isinstance(value, list | tuple):
            self.plain.add(name, value, comment)
        else:
            self.plain[name] = value

    def add(self, name: str, value: Any, comment: str = "") -> None:
        """Add a value, or several, to those that are there."""
        for one in value if isinstance(value, list | tuple) else [value]:
            self.plain.add(name, one, comment)

    def getComment(self, name: str) -> str:
        """Comment of a name."""
        return str(self.plain.comment(name))

    def toDict(self) -> dict[str, Any]:
        """Values by name; lists where a name has several."""
        return {n: values if len(values) > 1 else values[0] for n in self.plain if (values := self._all(n))}

    def toOrderedDict(self) -> dict[str, Any]:
        """Values by name, in order."""
        return self.toDict()

    def toList(self) -> list[tuple[str, Any, str]]:
        """Name, value and comment of each entry."""
        return [(card.key, card.value, card.comment) for card in self.plain.cards()]

    def toString(self) -> str:
        """Lines ``name = value``."""
        return str(self.plain)

    def names(self, topLevelOnly: bool = True) -> list[str]:
        """Names, in order."""
        return list(self.plain)

    getOrderedNames = paramNames = names


class _DateSystem(enum.Enum):
    MJD = "mjd"
    JD = "jd"
    EPOCH = "jyear"


class _Timescale(enum.Enum):
    TAI = "tai"
    UTC = "utc"
    TT = "tt"


class DateTime:
    """An instant.

    Parameters
    ----------
    *values
        Nanoseconds since 1970 TAI; a number, a system (``DateTime.MJD``) and a scale; or an ISO date and a scale.
        Nothing gives an invalid one.
    """

    __slots__ = ("_ns",)

    TAI, UTC, TT = _Timescale.TAI, _Timescale.UTC, _Timescale.TT
    MJD, JD, EPOCH = _DateSystem.MJD, _DateSystem.JD, _DateSystem.EPOCH

    def __init__(self, *values: Any) -> None:
        match values:
            case ():
                self._ns: int | None = None
            case (int() as ns,) | (int() as ns, _Timescale.TAI):
                self._ns = int(ns)
            case (str() as date, _Timescale() as scale):
                self._ns = _ns_of(date.removesuffix("Z"), None, scale)
            case (float() | int() as number, _DateSystem() as system, *rest):
                self._ns = _ns_of(float(number), system.value, rest[0] if rest else _Timescale.TAI)
            case _:
                raise InvalidError(f"DateTime cannot be made of {', '.join(map(repr, values))}.")

    def isValid(self) -> bool:
        """Whether it is an instant at all."""
        return self._ns is not None

    def _time(self) -> Any:
        from astropy.time import Time

        if self._ns is None:
            raise InvalidError("This DateTime is of no instant.")
        days, ns = divmod(self._ns, _DAY_NS)
        return Time(40587.0 + days, ns / _DAY_NS, format="mjd", scale="tai")

    def nsecs(self, scale: _Timescale = _Timescale.TAI) -> int:
        """Nanoseconds since 1970, on a scale."""
        if scale is _Timescale.TAI and self._ns is not None:
            return self._ns
        time = getattr(self._time(), scale.value)
        return _since_1970(time)

    def get(self, system: _DateSystem = _DateSystem.MJD, scale: _Timescale = _Timescale.TAI) -> float:
        """A number, in a system and on a scale."""
        return float(getattr(getattr(self._time(), scale.value), system.value))

    def toString(self, scale: _Timescale) -> str:
        """ISO date; of UTC with a Z at its end."""
        time = getattr(self._time(), scale.value)
        time.precision = 9
        return f"{time.isot}{'Z' if scale is _Timescale.UTC else ''}"

    def toAstropy(self) -> Any:
        """An `astropy.time.Time`."""
        return self._time()

    def toPython(self) -> Any:
        """A `datetime.datetime`, UTC."""
        return self._time().utc.to_datetime()

    def __eq__(self, other: object) -> bool:
        return self._ns == other._ns if isinstance(other, DateTime) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._ns)

    def __repr__(self) -> str:
        return f'DateTime("{self.toString(_Timescale.TAI)}", TAI)' if self.isValid() else "DateTime()"

    __str__ = __repr__


def _ns_of(value: Any, format: str | None, scale: _Timescale) -> int:
    from astropy.time import Time

    return _since_1970(Time(value, format=format, scale=scale.value).tai)


def _since_1970(time: Any) -> int:
    return round(float(time.jd1 - 2440587.5) * _DAY_NS) + round(float(time.jd2) * _DAY_NS)
