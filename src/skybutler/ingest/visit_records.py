"""Columns of visit records from those of their exposures.  Knows no regions and no repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .visit_groups import Visits

__all__ = ["visit_columns"]

Floats = npt.NDArray[np.float64]


def visit_columns(instrument: str, exposures: Mapping[str, Sequence[Any]], visits: Visits) -> dict[str, list[Any]]:
    """Columns of visit records, without regions.

    Parameters
    ----------
    instrument : `str`
        Name.
    exposures : mapping
        Columns of exposure records; what they lack is `None` in the visits.
    visits : `Visits`
        Which exposures belong to which visit.

    Returns
    -------
    columns : `dict` [`str`, `list`]
        Exposure times are summed, timespans united, zenith angles averaged and azimuths averaged on the circle; day and
        counter are the smallest; filter, target and programme are kept where all exposures agree.
    """
    reduced = _Reduction(exposures, visits)
    return {
        "instrument": [instrument] * len(visits),
        "id": visits.ids.tolist(),
        "name": list(visits.names),
        "physical_filter": reduced.common("physical_filter"),
        "day_obs": reduced.smallest("day_obs"),
        "seq_num": reduced.smallest("seq_num"),
        "exposure_time": reduced.floats("exposure_time", np.add.reduceat),
        "target_name": reduced.common("target_name"),
        "observation_reason": reduced.common("observation_reason", otherwise="various"),
        "science_program": reduced.common("science_program"),
        "azimuth": reduced.azimuths(),
        "zenith_angle": reduced.means("zenith_angle"),
        "timespan_begin": reduced.smallest("timespan_begin"),
        "timespan_end": reduced.largest("timespan_end"),
    }


class _Reduction:
    """Several rows to one, visit by visit."""

    def __init__(self, exposures: Mapping[str, Sequence[Any]], visits: Visits) -> None:
        self._exposures, self._visits = exposures, visits
        self._members = visits.members.tolist()
        self._ends = np.append(visits.starts, len(visits.members)).tolist()

    def _values(self, field: str) -> list[Any]:
        column = self._exposures.get(field)
        return [None] * len(self._members) if column is None else [column[i] for i in self._members]

    def _lists(self, field: str) -> list[list[Any]]:
        values = self._values(field)
        return [values[a:b] for a, b in zip(self._ends, self._ends[1:], strict=False)]

    def common(self, field: str, otherwise: str | None = None) -> list[Any]:
        return [v[0] if v.count(v[0]) == len(v) else otherwise for v in self._lists(field)]

    def smallest(self, field: str) -> list[Any]:
        return [min((x for x in v if x is not None), default=None) for v in self._lists(field)]

    def largest(self, field: str) -> list[Any]:
        return [max((x for x in v if x is not None), default=None) for v in self._lists(field)]

    def _floats(self, field: str) -> Floats:
        return np.array(self._values(field), dtype=np.float64)

    def _plain(self, values: Floats) -> list[float | None]:
        return [None if v != v else v for v in values.tolist()]

    def floats(self, field: str, reduce: Any) -> list[float | None]:
        return self._plain(reduce(self._floats(field), self._visits.starts))

    def means(self, field: str) -> list[float | None]:
        return self._plain(np.add.reduceat(self._floats(field), self._visits.starts) / self._visits.counts)

    def azimuths(self) -> list[float | None]:
        degrees = self._floats("azimuth")
        angle = np.radians(degrees)
        x, y = (np.add.reduceat(f(angle), self._visits.starts) for f in (np.cos, np.sin))
        mean = np.degrees(np.arctan2(y, x)) % 360.0
        alone = self._visits.counts == 1
        mean[alone] = degrees[self._visits.starts[alone]]
        return self._plain(mean)
