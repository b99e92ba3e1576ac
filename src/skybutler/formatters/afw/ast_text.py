"""Maps of points as the text of Starlink's AST library: a reader of the few classes of most cameras, and a writer.

The text is a tree of ``Begin CLASS`` ... ``End CLASS`` blocks of ``name = value`` lines.  Nothing of it is executed.
Knows neither files nor cameras.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from skybutler.errors import FormatError, InvalidError
from skybutler.images.ast_maps import AstMap, can_evaluate, chained_text, inverted_text
from skybutler.images.point_maps import Affine, Chain, PointMap, Radial

__all__ = ["parse_map", "write_map"]

_PREFIX = "1 TransformPoint2ToPoint2 "
_LINE = re.compile(r"(?:(Begin|End) (\w+)|IsA \w+|(\w+) =\s*(.*?))\s*")
_UNIT = ((1.0, 0.0), (0.0, 1.0))
_DEPTH = 60
"""Blocks within blocks; real maps have ten."""


@dataclass(slots=True)
class _Block:
    """One ``Begin`` ... ``End``: its class, values, and blocks by the name they were given."""

    kind: str
    values: dict[str, str] = field(default_factory=dict)
    blocks: dict[str, _Block] = field(default_factory=dict)

    def number(self, name: str, default: float = 0.0) -> float:
        try:
            return float(self.values.get(name, default))
        except ValueError as error:
            raise FormatError(f"{name} of a {self.kind} is no number: {self.values[name]!r}.") from error

    def flag(self, name: str, default: int = 0) -> bool:
        return self.number(name, default) != 0


# ----------------------------------------------------------------------- read
def parse_map(text: str, *, inverse: bool = False) -> PointMap:
    """A map from its text.

    Parameters
    ----------
    text : `str`
        What files keep of a transform from a plane to a plane.
    inverse : `bool`
        Give the map back instead.

    Raises
    ------
    FormatError
        It is malformed, or has a mapping of a class that only AST can evaluate, which is not installed.
    """
    lines = iter(text.removeprefix(_PREFIX).strip().splitlines())
    begin = _LINE.fullmatch(next(lines, "").strip())
    if begin is None or begin[1] != "Begin":
        raise FormatError("A transform must begin with 'Begin'.")
    whole = _block(begin[2], lines, 0)
    try:
        made = _planar(list(_steps(whole, inverted=whole.flag("Invert") != inverse)))
    except FormatError:
        if not can_evaluate():
            raise
        general = AstMap(text.removeprefix(_PREFIX), inverse)
        general.check()
        return general
    return made[0] if len(made) == 1 else Chain(tuple(made))


def _block(kind: str, lines: Iterator[str], depth: int) -> _Block:
    if depth > _DEPTH:
        raise FormatError("A transform has too many blocks within blocks.")
    block, name = _Block(kind), ""
    for line in lines:
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise FormatError(f"A transform has a line that means nothing: {line.strip()[:60]!r}.")
        if match[1] == "End":
            if match[2] != kind:
                raise FormatError(f"A block of a transform begins as {kind} and ends as {match[2]}.")
            return block
        if match[1] == "Begin":
            block.blocks[name] = _block(match[2], lines, depth + 1)
        elif match[3] is not None:
            name = match[3]
            block.values[name] = match[4]
    raise FormatError(f"A transform is cut off within a {kind}.")


_Step = tuple[_Block, bool]


def _steps(block: _Block, inverted: bool) -> Iterator[_Step]:
    """Maps in the order in which points go through them; parallel ones stay whole."""
    if block.kind != "CmpMap" or not block.flag("Series", 1):
        yield block, inverted
        return
    parts = []
    for key in ("A", "B"):
        if f"Map{key}" not in block.blocks:
            raise FormatError(f"A CmpMap has no Map{key}.")
        # What a compound says of its parts has precedence over what they say of themselves.
        parts.append((block.blocks[f"Map{key}"], block.flag(f"Inv{key}")))
    for part, turned in reversed(parts) if inverted else parts:
        yield from _steps(part, turned != inverted)


def _planar(steps: Sequence[_Step]) -> list[PointMap]:
    """Maps of the plane; what goes through distances from a point is one map from three steps."""
    made: list[PointMap] = []
    i = 0
    while i < len(steps):
        block, inverted = steps[i]
        if block.kind == "UnitNormMap":
            for part in _radial(steps[i : i + 3]):
                _append(made, part)
            i += 3
            continue
        i += 1
        if block.kind != "UnitMap":
            elementary = _elementary(block)
            _append(made, elementary.inverse() if inverted else elementary)
    return made


def _append(made: list[PointMap], new: PointMap) -> None:
    """Add a map; a shift after a matrix becomes its offset, which changes no digit."""
    last = made[-1] if made else None
    if isinstance(last, Affine) and isinstance(new, Affine) and last.offset == (0.0, 0.0) and new.matrix == _UNIT:
        made[-1] = Affine(last.matrix, new.offset)
    else:
        made.append(new)


def _radial(steps: Sequence[_Step]) -> Iterator[PointMap]:
    """From a point to distance and direction, the distance through a polynomial, and back."""
    kinds = [block.kind for block, _ in steps]
    if kinds != ["UnitNormMap", "CmpMap", "UnitNormMap"] or steps[0][1] or not steps[2][1]:
        raise FormatError(f"A transform goes through {' and '.join(kinds)}, which skybutler cannot evaluate.")
    (first, _), (middle, inverted), (last, _) = steps
    polynomial = middle.blocks.get("MapB")
    if polynomial is None or polynomial.kind != "PolyMap" or middle.blocks["MapA"].kind != "UnitMap":
        raise FormatError("A transform of distances is no polynomial.")
    made: PointMap = Radial(_coefficients(polynomial), middle.flag("InvB") != inverted)
    before, after = _center(first), _center(last)
    yield from [Affine.scaling((1.0, 1.0), (-before[0], -before[1]))] if any(before) else []
    yield made
    yield from [Affine.scaling((1.0, 1.0), after)] if any(after) else []


def _center(block: _Block) -> tuple[float, float]:
    return block.number("Ctr1"), block.number("Ctr2")


def _coefficients(block: _Block) -> tuple[float, ...]:
    """Of all powers from 0 on; the text has those that are not 0."""
    if block.number("Nin") != 1:
        raise FormatError("A transform has a PolyMap of several axes, which skybutler cannot evaluate.")
    count = min(int(block.number("NCF1")), len(block.values))
    powers = [int(block.number(f"PF{i}")) for i in range(1, count + 1)]
    if not powers or not 0 <= min(powers) <= max(powers) < 100:
        raise FormatError("A PolyMap has no usable powers.")
    found = [0.0] * (max(max(powers), 1) + 1)
    for i, power in enumerate(powers, start=1):
        found[power] += block.number(f"CF{i}")
    while len(found) > 2 and found[-1] == 0.0:
        found.pop()
    return tuple(found)


def _elementary(block: _Block) -> Affine:
    if block.kind == "WinMap":
        return Affine.scaling((block.number("Scl1", 1), block.number("Scl2", 1)), _shift(block))
    if block.kind == "ShiftMap":
        return Affine.scaling((1.0, 1.0), _shift(block))
    if block.kind == "ZoomMap":
        return Affine.scaling((block.number("Zoom", 1),) * 2)
    if block.kind == "MatrixMap":
        form = block.values.get("Form", '"Full"').strip('"')
        if form == "Diagonal":
            return Affine.scaling((block.number("M0"), block.number("M1")))
        if form == "Full":
            m = [block.number(f"M{i}") for i in range(4)]
            return Affine(((m[0], m[1]), (m[2], m[3])))
    raise FormatError(f"A transform has a {block.kind}, which skybutler cannot evaluate.")


def _shift(block: _Block) -> tuple[float, float]:
    return block.number("Sft1"), block.number("Sft2")


# ---------------------------------------------------------------------- write
def write_map(point_map: PointMap, *, inverse: bool = False) -> str:
    """Text of a map, or of the map back, which AST reads too.

    Raises
    ------
    FormatError
        The map is of a kind that has no text.
    """
    if isinstance(point_map, AstMap):
        return _PREFIX + (inverted_text(point_map.text) if point_map.inverted != inverse else point_map.text)
    if isinstance(point_map, Chain) and any(isinstance(part, AstMap) for part in point_map.maps):
        text = chained_text([write_map(part).removeprefix(_PREFIX) for part in point_map.maps])
        return _PREFIX + (inverted_text(text) if inverse else text)
    begin, *lines = _written(point_map)
    return _PREFIX + "\n".join([begin, *(["   Invert = 1"] if inverse else []), *lines]) + "\n"


def _written(point_map: PointMap) -> list[str]:
    if isinstance(point_map, Affine):
        return _written_affine(point_map)
    if isinstance(point_map, Radial):
        return _written_radial(point_map)
    if isinstance(point_map, Chain):
        if not point_map.maps:
            return _lines("UnitMap", 2, [])
        first, *rest = point_map.maps
        return _series(_written(first), _written(Chain(tuple(rest)))) if rest else _written(first)
    raise FormatError(f"A {type(point_map).__name__} cannot be written.")


def _lines(kind: str, axes: int, values: Sequence[str], *more: str) -> list[str]:
    body = [f"   Nin = {axes}", *(f"   {line}" for line in more), "IsA Mapping", *(f"   {line}" for line in values)]
    return [f"Begin {kind}", *body, f"End {kind}"]


def _numbers(**values: float) -> list[str]:
    return [f"{name} = {value!r}" for name, value in values.items()]


def _series(a: list[str], b: list[str], axes: int = 2, *, back: bool = False, out: int = 2) -> list[str]:
    inverse = ["InvB = 1"] if back else []
    return _lines("CmpMap", axes, [*inverse, *_named("MapA", a), *_named("MapB", b)], f"Nout = {out}")


def _named(name: str, lines: list[str]) -> list[str]:
    return [f"{name} =", *(f"   {line}" for line in lines)]


def _written_affine(point_map: Affine) -> list[str]:
    ((a, b), (c, d)), (x, y) = point_map.matrix, point_map.offset
    if b == c == 0.0:
        return _lines("WinMap", 2, _numbers(Sft1=x, Scl1=a, Sft2=y, Scl2=d))
    matrix = _lines("MatrixMap", 2, [*_numbers(M0=a, M1=b, M2=c, M3=d), 'Form = "Full"'])
    shift = _lines("ShiftMap", 2, _numbers(Sft1=x, Sft2=y))
    return _series(matrix, shift)


def _written_radial(point_map: Radial) -> list[str]:
    terms = [(c, i) for i, c in enumerate(point_map.coefficients) if c != 0.0]
    if not terms:
        raise InvalidError("A radial map without coefficients cannot be written.")
    polynomial = [f"MPF1 = {terms[-1][1]}", f"NCF1 = {len(terms)}"]
    polynomial += [f"CF{k} = {c!r}" for k, (c, _) in enumerate(terms, start=1)]
    polynomial += [f"PF{k} = {i}" for k, (_, i) in enumerate(terms, start=1)]
    polynomial += ["IterInv = 1", "NiterInv = 30", "TolInv = 1e-12"]
    turned = ["InvB = 1"] if point_map.inverted else []
    parallel = ["Series = 0", *turned, *_named("MapA", _lines("UnitMap", 2, []))]
    parallel += _named("MapB", _lines("PolyMap", 1, polynomial))
    there = _lines("UnitNormMap", 2, [], "Nout = 3")
    back = _lines("UnitNormMap", 2, [], "Nout = 3", "Invert = 1")
    return _series(_series(there, _lines("CmpMap", 3, parallel), out=3), back, back=True)
