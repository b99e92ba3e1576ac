"""Simple cone searches of reference catalogs, as documents.  Knows no HTTP.

Simple Cone Search 1.03 (IVOA Recommendation 2008-02-22): columns have the UCDs of its time, identifiers are texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from skybutler.errors import ParameterError

from .adql import Cone
from .reference_tables import POSITION
from .votable import votable, votable_error

if TYPE_CHECKING:
    import pyarrow as pa

    from .field import Field
    from .reference_tables import ReferenceCatalog

__all__ = ["STANDARD", "ConeSearch", "cone_error"]

STANDARD = "ivo://ivoa.net/std/ConeSearch"
_UCDS = {"id": "ID_MAIN", POSITION[0]: "POS_EQ_RA_MAIN", POSITION[1]: "POS_EQ_DEC_MAIN"}


@dataclass(frozen=True, slots=True)
class ConeSearch:
    """A search.

    Parameters
    ----------
    cone : `Cone`
        Where; of radius 0 for the columns alone.
    verbosity : `int`
        1 for identifier and position, 2 for what is of first interest, 3 for all columns.
    limit : `int`
        Most rows.
    """

    cone: Cone
    verbosity: int = 2
    limit: int = 100_000

    @classmethod
    def of(cls, ra: str | None, dec: str | None, radius: str | None, verbosity: str | None, limit: int) -> ConeSearch:
        """The search of a request.

        Raises
        ------
        ParameterError
            A parameter is missing, no number or out of range.
        """
        cone = Cone(_number("RA", ra, 0, 360), _number("DEC", dec, -90, 90), _number("SR", radius, 0, 180))
        if verbosity and verbosity.strip() not in ("1", "2", "3"):
            raise ParameterError(f"VERB is 1, 2 or 3, not '{verbosity[:20]}'.")
        return cls(cone, int(verbosity) if verbosity else 2, limit)

    def document(self, catalog: ReferenceCatalog) -> Iterator[bytes]:
        """The answer, piece by piece.

        Parameters
        ----------
        catalog : `ReferenceCatalog`
            What is searched.
        """
        chosen = [f for f in catalog.fields if self.verbosity == 3 or f.name in _UCDS or self._wants(f)]
        batches = (_chosen(batch, chosen) for batch in catalog.batches((self.cone,))) if self.cone.radius > 0 else ()
        yield from votable(
            [_described(f) for f in chosen], batches, serialization="TABLEDATA", limit=self.limit, name=catalog.name
        )

    def _wants(self, field: Field) -> bool:
        return self.verbosity == 2 and field.principal


def cone_error(message: str) -> bytes:
    """A document that says why there are no rows (SCS 1.03, section 2.3)."""
    return votable_error(message, {"Error": message})


def _number(name: str, text: str | None, least: float, most: float) -> float:
    if text is None or not text.strip():
        raise ParameterError(f"There is no {name}.", hint="A cone search needs RA, DEC and SR, in degrees.")
    try:
        value = float(text)
    except ValueError as error:
        raise ParameterError(f"{name} is no number: '{text[:50]}'.") from error
    if not least <= value <= most:
        raise ParameterError(f"{name} must be {least} to {most} degrees, not {text[:50]}.")
    return value


def _described(field: Field) -> Field:
    if field.name == "id":
        return replace(field, datatype="char", arraysize="*", ucd=_UCDS["id"])
    return replace(field, ucd=_UCDS.get(field.name, field.ucd))


def _chosen(batch: pa.RecordBatch, fields: list[Field]) -> pa.RecordBatch:
    import pyarrow as pa

    columns = [batch.column(f.name).cast(pa.string()) if f.name == "id" else batch.column(f.name) for f in fields]
    return pa.RecordBatch.from_arrays(columns, names=[f.name for f in fields])
