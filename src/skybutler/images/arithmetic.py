"""Arithmetic of pixel arrays: types of results, and how variances follow.  Knows neither images nor units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError

__all__ = ["Operand", "computed", "into", "is_operand", "variance_of"]

Operand = npt.NDArray[Any] | float
"""Pixels, or one number for all of them."""

_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.true_divide,
}


def is_operand(value: object) -> bool:
    """Whether this is a number or an array of numbers."""
    return isinstance(value, int | float | np.integer | np.floating | np.bool_) or (
        isinstance(value, np.ndarray) and value.dtype.kind in "biuf"
    )


def computed(symbol: str, a: Operand, b: Operand) -> npt.NDArray[Any]:
    """The result of ``a + b``, ``a - b``, ``a * b`` or ``a / b``.

    Whole numbers are added as int32 at least, so that differences of unsigned ones are right (those of uint64 are
    float64), and multiplied and divided as float64.  Division by zero gives infinity or NaN, without a warning.

    Returns
    -------
    array : `numpy.ndarray`
        Of a type that images have.

    Raises
    ------
    InvalidError
        If a number is too large for the pixels.
    """
    try:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            result = np.asarray(_OPERATIONS[symbol](_widened(a, symbol), _widened(b, symbol)))
    except OverflowError:
        raise InvalidError(
            f"A number in this {symbol} is too large for pixels of whole numbers.", hint="Convert with to_kind('D')."
        ) from None
    return result.astype(np.float64) if result.dtype in (np.int64, np.longdouble) else result


def _widened(value: Operand, symbol: str) -> Operand:
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.kind not in "biu":
        return value
    if symbol in "*/" or (symbol == "-" and value.dtype == np.uint64):
        return value.astype(np.float64)
    return value.astype(np.int32) if value.dtype.itemsize < 4 else value


def into(target: npt.NDArray[Any], result: npt.NDArray[Any]) -> None:
    """Write a result into pixels, if they can hold it.

    Raises
    ------
    InvalidError
        If values would be cut off.
    """
    if target.dtype.kind in "iu" and result.size:
        info = np.iinfo(target.dtype)
        if result.dtype.kind == "f" and not (np.isfinite(result).all() and (result == np.rint(result)).all()):
            raise InvalidError(
                f"The result has fractions, which pixels of type {target.dtype} cannot hold.",
                hint="Convert first: image = image.to_kind('F').",
            )
        lowest, highest = result.min(), result.max()
        if lowest < info.min or highest > info.max:
            raise InvalidError(
                f"The result reaches from {lowest} to {highest}, beyond pixels of type {target.dtype}.",
                hint="Convert first: image = image.to_kind('F').",
            )
    with np.errstate(over="ignore"):
        target[...] = result


def variance_of(symbol: str, a: Operand, b: Operand, va: Operand | None, vb: Operand | None) -> npt.NDArray[Any]:
    """The variance of a result, for values that are independent.

    Parameters
    ----------
    symbol : `str`
        ``+``, ``-``, ``*`` or ``/``.
    a, b : `Operand`
        Values.
    va, vb : `Operand`, optional
        Their variances; `None` for exact values.

    Returns
    -------
    variance : `numpy.ndarray`
        float32 if the variances are, else float64.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if symbol in "+-":
            parts = [part for part in (va, vb) if part is not None]
        elif symbol == "*":
            parts = [v * np.square(_real(x)) for v, x in ((va, b), (vb, a)) if v is not None]
        else:  # relative to the divisor, so that squares of squares do not overflow
            divisor = _real(b)
            parts = [] if va is None else [va / np.square(divisor)]
            if vb is not None:
                parts.append(vb * np.square(_real(a) / divisor / divisor))
        result = parts[0] if len(parts) == 1 else np.add(parts[0], parts[1])
    single = all(v is None or np.asarray(v).dtype == np.float32 for v in (va, vb))
    return np.array(result, np.float32 if single else np.float64)


def _real(value: Operand) -> Any:
    return np.asarray(value, np.float64) if np.asarray(value).dtype.kind in "biu" else value
