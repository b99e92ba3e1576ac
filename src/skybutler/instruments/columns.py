"""Columns of observation properties: values and where they are known. Knows nothing of headers or instruments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any

import numpy as np
import numpy.typing as npt

from skybutler.instruments.properties import PROPERTIES, REQUIRED, Kind
from skybutler.instruments.sky_position import SANE_MJD

__all__ = ["Column", "ObservationColumns", "array_of", "jd_to_ns"]

Array = npt.NDArray[Any]

_DTYPES: Mapping[Kind, Any] = {
    "str": object,
    "int": np.int64,
    "float": np.float64,
    "bool": np.bool_,
    "time": np.float64,
    "pair": np.float64,
    "location": np.float64,
}
_UNIX_EPOCH_JD = 2440587.5
_MJD_ZERO = 2400000.5
_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,19}\s*")
_LARGEST = 2**63 - 1
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # what no database keeps as text
_DAY_NS = 86_400_000_000_000


@dataclass(frozen=True)
class Column:
    """One property of n observations.

    Parameters
    ----------
    values : `~numpy.ndarray`
        Shape (n,), or (n, 2) for times and pairs, (n, 3) for locations; anything where not valid.
    valid : `~numpy.ndarray` [`bool`]
        Shape (n,).
    """

    values: Array
    valid: npt.NDArray[np.bool_]

    def to_list(self) -> list[Any]:
        """Python values, `None` where unknown."""
        plain = self.values.tolist()
        return plain if self.valid.all() else [v if ok else None for v, ok in zip(plain, self.valid, strict=True)]


class ObservationColumns(Mapping[str, Column]):
    """The observation properties of n files, each computed when first asked for.

    Parameters
    ----------
    files : sequence of `str`
        Names of the files, for messages.
    source : callable
        Makes the column of a property; a `None` means that nothing is known about it.
    """

    def __init__(self, files: Sequence[str], source: Callable[[str], Column | None]) -> None:
        self.files = tuple(files)
        self._source = source
        self._known: dict[str, Column] = {}

    def __getitem__(self, name: str) -> Column:
        if name not in self._known:
            kind = PROPERTIES[name].kind
            self._known[name] = self._source(name) or array_of([None] * len(self.files), kind)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(PROPERTIES)

    def __len__(self) -> int:
        return len(PROPERTIES)

    @property
    def n(self) -> int:
        """How many observations there are."""
        return len(self.files)

    def problems(self) -> dict[int, str]:
        """Rows that lack a property no raw can do without, or have an impossible one, and which."""
        found: dict[int, list[str]] = {}
        for name in REQUIRED:
            for row in np.flatnonzero(~self[name].valid).tolist():
                found.setdefault(row, []).append(name)
        problems = {row: f"{self.files[row]}: no {', '.join(names)} in its header." for row, names in found.items()}
        for name, wrong in (("observing_day", _is_no_date), ("observing_day_offset", _is_no_offset)):
            column = self[name]
            for value in np.unique(column.values[column.valid]).tolist():
                if wrong(value):
                    for row in np.flatnonzero(column.valid & (column.values == value)).tolist():
                        problems.setdefault(row, f"{self.files[row]}: its {name} cannot be {value}.")
        return problems

    def first_of_exposure(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows of the first file of each exposure, and for every file the position of its exposure among those.

        Exposures come in order of id. Only meaningful when `problems` is empty.
        """
        _, first, inverse = np.unique(self["exposure_id"].values, return_index=True, return_inverse=True)
        return first.astype(np.int64), inverse.astype(np.int64)

    def take(self, rows: npt.NDArray[np.integer[Any]] | Sequence[int]) -> ObservationColumns:
        """The columns of some rows, in the given order."""
        index = np.asarray(rows, dtype=np.intp)

        def pick(name: str) -> Column:
            column = self[name]
            return Column(column.values[index], column.valid[index])

        return ObservationColumns([self.files[i] for i in index], pick)


def _is_no_date(day: int) -> bool:
    if not 1900_01_01 <= day < 2200_01_01:
        return True
    try:
        np.datetime64(f"{day // 10000:04d}-{day // 100 % 100:02d}-{day % 100:02d}")
    except ValueError:
        return True
    return False


def _is_no_offset(seconds: float) -> bool:
    return not abs(seconds) <= 86_400.0


def array_of(values: Sequence[Any], kind: Kind) -> Column:
    """A column from Python values, which are converted only without loss.

    Parameters
    ----------
    values : sequence
        One per row; `None` and what does not fit the kind become invalid.
    kind : `str`
        See `~skybutler.instruments.properties.Property`.
    """
    n = len(values)
    width = {"time": 2, "pair": 2, "location": 3}.get(kind, 0)
    filler: Any = (0.0,) * width if width else _FILLERS[kind]
    array = np.empty((n, width) if width else n, dtype=_DTYPES[kind])
    kinds = set(map(type, values))
    if kinds <= {NoneType}:
        array[:] = filler
        return Column(array, np.zeros(n, dtype=np.bool_))
    converted = _converted(values, kinds, _CONVERTERS[kind])
    valid = np.ones(n, dtype=np.bool_)
    if None in converted:
        valid[:] = [c is not None for c in converted]
        converted = [filler if c is None else c for c in converted]
    array[:] = converted
    return Column(array, valid)


def _converted(values: Sequence[Any], kinds: set[type], convert: Callable[[Any], Any]) -> list[Any]:
    # Files of one exposure agree in most properties: convert every distinct value once.
    try:
        if len(kinds) == 1:
            table = {value: convert(value) for value in set(values)}
            return [*table.values()] * len(values) if len(table) == 1 else [table[value] for value in values]
        several = {(type(v), v): convert(v) for v in values}  # True is 1 to a dictionary
        return [several[type(v), v] for v in values]
    except TypeError:  # lists of JSON cannot be keys
        return [convert(v) for v in values]


def jd_to_ns(jd: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Nanoseconds since 1970-01-01 of Julian dates in two parts, the same scale; shape (n, 2) to (n,)."""
    whole = np.floor(jd[:, 0])
    days = (whole - np.floor(_UNIX_EPOCH_JD)).astype(np.int64)
    part = (jd[:, 0] - whole) - 0.5 + jd[:, 1]
    exact = np.where(jd[:, 0] == whole, jd[:, 1], part)
    half = np.where(jd[:, 0] == whole, _DAY_NS // 2, 0).astype(np.int64)
    ns: npt.NDArray[np.int64] = days * _DAY_NS - half + np.rint(exact * float(_DAY_NS)).astype(np.int64)
    return ns


def _to_str(value: Any) -> str | None:
    return _UNSTORABLE.sub("\ufffd", str(value)).strip() if isinstance(value, str | int | float) else None


def _to_int(value: Any) -> int | None:
    number = None
    if isinstance(value, str):
        number = int(value) if _INTEGER.fullmatch(value) else None
    elif isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    return number if number is not None and abs(number) <= _LARGEST else None


def _to_float(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if np.isfinite(number) else None


def _to_bool(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _to_numbers(n: int) -> Callable[[Any], tuple[float, ...] | None]:
    def convert(value: Any) -> tuple[float, ...] | None:
        if not isinstance(value, list | tuple) or len(value) != n:
            return None
        numbers = [_to_float(v) for v in value]
        return None if None in numbers else tuple(float(v) for v in numbers if v is not None)

    return convert


def _to_time(value: Any) -> tuple[float, ...] | None:
    numbers = _to_numbers(2)(value)
    first, last = (mjd + _MJD_ZERO for mjd in SANE_MJD)
    return numbers if numbers is not None and first <= sum(numbers) < last else None


_FILLERS: Mapping[str, Any] = {"str": "", "int": 0, "float": float("nan"), "bool": False}
_CONVERTERS: Mapping[Kind, Callable[[Any], Any]] = {
    "str": _to_str,
    "int": _to_int,
    "float": _to_float,
    "bool": _to_bool,
    "time": _to_time,
    "pair": _to_numbers(2),
    "location": _to_numbers(3),
}
