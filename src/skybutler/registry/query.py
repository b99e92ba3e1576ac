"""What is asked of the registry: one frozen value, whatever front door it came through.  Knows no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from skybutler.dimensions import DimensionGroup
from skybutler.expressions.bound import Predicate
from skybutler.expressions.order_by import Order

__all__ = ["DatasetSearch", "Query"]


@dataclass(frozen=True, slots=True)
class DatasetSearch:
    """Datasets of one type in some collections.

    Parameters
    ----------
    dataset_type : `str`
        Name of a registered type.
    collections : `tuple` [`str`]
        Where to search, in order.
    find_first : `bool`
        Only the first dataset per data ID counts.
    """

    dataset_type: str
    collections: tuple[str, ...]
    find_first: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """A question.

    Parameters
    ----------
    kind : {"data_ids", "datasets", "records"}
        What a result row is.
    dimensions : `DimensionGroup`
        Dimensions of a result row.
    dataset : `DatasetSearch`, optional
        The datasets asked for (``kind="datasets"``).
    element : `str`, optional
        The element whose records are asked for (``kind="records"``).
    where : `Predicate`, optional
        Bound condition.
    data_id : mapping
        Dimension values that must hold.
    constraints : `tuple` [`DatasetSearch`]
        Datasets that must exist for the data ID.
    joined : `tuple` [`str`]
        Further dimensions to take part, without being in the result.
    order_by : `tuple` [`Order`]
    limit : `int`, optional
    offset : `int`
    """

    kind: Literal["data_ids", "datasets", "records"]
    dimensions: DimensionGroup
    dataset: DatasetSearch | None = None
    element: str | None = None
    where: Predicate | None = None
    data_id: Mapping[str, Any] = field(default_factory=dict)
    constraints: tuple[DatasetSearch, ...] = ()
    joined: tuple[str, ...] = ()
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
