"""The bound tree: a condition whose names are columns and whose values are typed.  Knows nothing of text or SQL.

Every node is frozen, hashable and compares by meaning; ``position`` and ``length`` point into the source text for
error messages.  SQL's three-valued logic applies: a condition on a missing value is neither true nor false.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

if typing.TYPE_CHECKING:
    from lsst.sphgeom import Region

    from skybutler.sky.timespan import Timespan

__all__ = [
    "Always",
    "And",
    "Arithmetic",
    "Column",
    "ColumnKind",
    "Comparison",
    "Contains",
    "Edge",
    "Expression",
    "Glob",
    "In",
    "Interval",
    "IsNull",
    "Literal",
    "Negative",
    "Not",
    "Or",
    "Overlaps",
    "Point",
    "Predicate",
    "Scalar",
    "Truth",
    "ValueType",
    "all_of",
    "any_of",
    "none_of",
    "operands",
]

ValueType = typing.Literal[
    "int", "float", "string", "bool", "time", "timespan", "region", "point", "uuid", "hash", "null"
]
"""Type of an expression.  ``time`` is TAI nanoseconds since 1970-01-01 TAI; ``null`` never leaves the binder."""

ColumnKind = typing.Literal["dimension", "field", "dataset"]


@dataclass(frozen=True, slots=True)
class Point:
    """A position on the sky, ICRS degrees."""

    ra_deg: float
    dec_deg: float


Scalar: typing.TypeAlias = "int | float | str | bool | UUID | bytes | Timespan | Region | Point | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """Anything with a type."""

    position: int = dataclasses.field(default=0, compare=False, repr=False)
    length: int = dataclasses.field(default=1, compare=False, repr=False)

    @property
    def type(self) -> ValueType:
        """Type of the value."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A constant: a literal of the text, a bind, or what came out of folding constants.

    The value is `int`, `float`, `str`, `bool`, `~uuid.UUID`, `bytes` (hash), `int` nanoseconds (time),
    `~skybutler.sky.timespan.Timespan`, `lsst.sphgeom.Region` or `Point`.
    """

    value: Scalar
    value_type: ValueType

    @property
    def type(self) -> ValueType:
        return self.value_type

    def __hash__(self) -> int:
        # sphgeom's regions can be compared, but not hashed.
        value = self.value.encode() if self.value_type == "region" else self.value  # type: ignore[union-attr]
        return hash((value, self.value_type))


@dataclass(frozen=True, slots=True)
class Column(Expression):
    """A value stored in the repository.

    Parameters
    ----------
    kind : `str`
        ``dimension``: the primary key of dimension ``element``, the value in data IDs;
        ``field``: an alternate key, a metadata field, ``region`` or ``timespan`` of element ``element``;
        ``dataset``: ``dataset_id``, ``ingest_date``, ``run``, ``collection`` or ``timespan`` of datasets of the type
        named ``element``.
    element : `str`
        Name of the dimension, element or dataset type.
    field : `str`
        Name of the column, e.g. ``id`` for the dimension ``visit``.
    value_type : `str`
        Type of the values.
    dimensions : `tuple` [`str`]
        Dimensions that a query must contain to reach the column: the dimension itself, the required dimensions of a
        join element; empty for datasets.
    """

    kind: ColumnKind
    element: str
    field: str
    value_type: ValueType
    dimensions: tuple[str, ...] = dataclasses.field(default=(), compare=False, repr=False)

    @property
    def type(self) -> ValueType:
        return self.value_type


@dataclass(frozen=True, slots=True)
class Edge(Expression):
    """Begin or end of a timespan column; an open end is `Timespan.MIN_NS` or `Timespan.MAX_NS`."""

    operand: Column
    edge: typing.Literal["begin", "end"]

    @property
    def type(self) -> ValueType:
        return "time"


@dataclass(frozen=True, slots=True)
class Interval(Expression):
    """A half-open timespan made of two times of which at least one is not constant; `None` is an open end."""

    begin: Expression | None
    end: Expression | None

    @property
    def type(self) -> ValueType:
        return "timespan"


@dataclass(frozen=True, slots=True)
class Negative(Expression):
    """A number with its sign turned."""

    operand: Expression

    @property
    def type(self) -> ValueType:
        return self.operand.type


@dataclass(frozen=True, slots=True)
class Arithmetic(Expression):
    """``+ - * / %`` of two numbers.

    ``/`` is true division even of two integers; ``%`` is between integers, with the sign of the left one, as in SQL.
    """

    operator: str
    left: Expression
    right: Expression

    @property
    def type(self) -> ValueType:
        both_int = self.left.type == "int" and self.right.type == "int"
        return "int" if both_int and self.operator != "/" else "float"


@dataclass(frozen=True, slots=True)
class Predicate(Expression):
    """A condition."""

    @property
    def type(self) -> ValueType:
        return "bool"


@dataclass(frozen=True, slots=True)
class Always(Predicate):
    """A condition that is true, or false, for every row."""

    value: bool


@dataclass(frozen=True, slots=True)
class And(Predicate):
    """Two or more conditions, none of them an `And` or an `Always`."""

    operands: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Or(Predicate):
    """Two or more conditions, none of them an `Or` or an `Always`."""

    operands: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not(Predicate):
    """Negation; unknown stays unknown."""

    operand: Predicate


@dataclass(frozen=True, slots=True)
class Truth(Predicate):
    """A boolean column used as a condition."""

    operand: Column


@dataclass(frozen=True, slots=True)
class Comparison(Predicate):
    """``= != < <= > >=`` of two expressions of comparable types, at least one of them not constant.

    A constant stands on the right.  The types are equal, or both are numbers; of type ``bool`` both sides are
    conditions and the operator is ``=`` or ``!=``.
    """

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class In(Predicate):
    """A value is one of ``values`` or lies in one of ``ranges``.

    ``values`` are sorted, without repetitions and missing values, of the type of ``operand`` (integers and floats may
    mix); ``ranges`` are Python ranges with a positive step.  Together they hold more than one value.
    """

    operand: Expression
    values: tuple[Scalar, ...]
    ranges: tuple[range, ...] = ()


@dataclass(frozen=True, slots=True)
class IsNull(Predicate):
    """A value is missing."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Overlaps(Predicate):
    """Two timespans, or two regions, have something in common.  A constant stands on the right."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Contains(Predicate):
    """A timespan wholly contains a time or timespan, or a region contains a point or region.

    Timespans: ``outer.begin <= inner.begin and inner.end <= outer.end``; times: ``begin <= time < end``.
    """

    outer: Expression
    inner: Expression


@dataclass(frozen=True, slots=True)
class Glob(Predicate):
    r"""A text matches a pattern as a whole, minding case.

    ``*`` is any text, ``?`` any one character, a backslash takes the meaning from a following ``*``, ``?`` or ``\``;
    everything else, brackets too, stands for itself.  `pieces` is the pattern taken apart.
    """

    operand: Expression
    pattern: str

    def pieces(self) -> tuple[tuple[typing.Literal["text", "any", "one"], str], ...]:
        """Parts of the pattern in order: ``("text", characters)``, ``("any", "*")`` or ``("one", "?")``."""
        return tuple(_glob_pieces(self.pattern))


def _glob_pieces(pattern: str) -> Iterator[tuple[typing.Literal["text", "any", "one"], str]]:
    text, index = "", 0
    while index < len(pattern):
        character = pattern[index]
        if character == "\\" and pattern[index + 1 : index + 2] in ("*", "?", "\\"):
            text += pattern[index + 1]
            index += 2
            continue
        if character in "*?":
            if text:
                yield "text", text
            text = ""
            yield ("any", "*") if character == "*" else ("one", "?")
        else:
            text += character
        index += 1
    if text:
        yield "text", text


# ------------------------------------------------------------------------------------------------ building conditions
def all_of(predicates: Iterable[Predicate], position: int = 0, length: int = 1) -> Predicate:
    """All conditions hold: flattened, constants removed; nothing at all is always true."""
    parts: list[Predicate] = []
    for predicate in predicates:
        parts += predicate.operands if isinstance(predicate, And) else (predicate,)
    if any(isinstance(part, Always) and not part.value for part in parts):
        return Always(False, position=position, length=length)
    kept = tuple(part for part in parts if not isinstance(part, Always))
    if not kept:
        return Always(True, position=position, length=length)
    return kept[0] if len(kept) == 1 else And(kept, position=position, length=length)


def any_of(predicates: Iterable[Predicate], position: int = 0, length: int = 1) -> Predicate:
    """At least one condition holds: flattened, constants removed; nothing at all is always false."""
    parts: list[Predicate] = []
    for predicate in predicates:
        parts += predicate.operands if isinstance(predicate, Or) else (predicate,)
    if any(isinstance(part, Always) and part.value for part in parts):
        return Always(True, position=position, length=length)
    kept = tuple(part for part in parts if not isinstance(part, Always))
    if not kept:
        return Always(False, position=position, length=length)
    return kept[0] if len(kept) == 1 else Or(kept, position=position, length=length)


def none_of(predicate: Predicate, position: int = 0, length: int = 1) -> Predicate:
    """The condition does not hold."""
    match predicate:
        case Always(value):
            return Always(not value, position=position, length=length)
        case Not(operand):
            return operand
        case _:
            return Not(predicate, position=position, length=length)


def operands(node: Expression) -> tuple[Expression, ...]:
    """Direct parts of a bound node, in order."""
    match node:
        case And(parts) | Or(parts):
            return parts
        case Comparison(_, left, right) | Overlaps(left, right) | Contains(left, right) | Arithmetic(_, left, right):
            return (left, right)
        case Interval(begin, end):
            return tuple(part for part in (begin, end) if part is not None)
        case Not(operand) | IsNull(operand) | In(operand) | Glob(operand) | Negative(operand):
            return (operand,)
        case Truth(column) | Edge(column):
            return (column,)
        case _:
            return ()
