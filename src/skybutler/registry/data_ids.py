"""Data IDs against the records: names and metadata resolved, governors inferred, implied values filled and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skybutler.dimensions import (
    DataId,
    DimensionGroup,
    DimensionRecord,
    DimensionUniverse,
    SkyPixDimension,
    split_metadata_keys,
)
from skybutler.errors import DataIdValueError, DimensionValueError, InconsistentDataIdError, nearest

from .database import Database, quoted
from .elements import Elements
from .keys import Keys

__all__ = ["DataIds"]

_SHOWN = 3


class DataIds:
    """Turns what users write into complete data IDs.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    universe : `DimensionUniverse`
        The repository's dimensions.
    keys : `Keys`
        Encodes values.
    elements : `Elements`
        Dimension records.
    """

    def __init__(self, database: Database, universe: DimensionUniverse, keys: Keys, elements: Elements) -> None:
        self._database, self._universe, self._keys, self._elements = database, universe, keys, elements

    # ------------------------------------------------------------- standardise
    def standardize(
        self,
        data_id: Mapping[str, Any] | None,
        group: DimensionGroup,
        /,
        *,
        defaults: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> DataId:
        """A data ID with all required values of a group.

        Parameters
        ----------
        data_id : mapping, optional
            Dimension values; also record fields (``exposure.obs_id``, ``day_obs`` + ``seq_num``) and alternate keys
            (``detector='R11_S20'``, ``visit='name'``).
        group : `DimensionGroup`
            What is wanted.
        defaults : mapping, optional
            Governor values to use when not given.
        **values
            More values; they win over ``data_id``.

        Raises
        ------
        DimensionNameError
            A required value is missing, or a name is unknown.
        DataIdValueError
            No record, or several, have the given names or metadata.
        """
        if isinstance(data_id, DataId) and not values and data_id.group == group:
            return data_id
        given = {**(data_id or {}), **values}
        plain, constraints = split_metadata_keys(given, group, self._universe)
        for governor in group.governors:
            if governor not in plain:
                value = (defaults or {}).get(governor, None) or self.sole(governor)
                if value is not None:
                    plain[governor] = value
        for name, fields in constraints.items():
            plain.update(self._resolve(name, fields, plain))
        return DataId.standardize(plain, group=group)

    def sole(self, governor: str) -> str | None:
        """The value of a governor dimension when the repository has exactly one."""
        rows = self._database.query(f"SELECT {quoted(governor)} FROM {quoted(governor)} LIMIT 2")
        return self._keys.decode(governor, rows[0][0]) if len(rows) == 1 else None

    def _resolve(self, name: str, fields: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, Any]:
        """Key values of the one record of an element that has these field values."""
        element = self._universe[name]
        conditions, parameters = [], []
        for dimension in (*element.required, *element.implied):
            if dimension in plain:
                conditions.append(f"t.{quoted(dimension)} = ?")
                parameters.append(self._keys.encode(dimension, plain[dimension]))
        for field, value in fields.items():
            if field in element.implied and self._keys.is_text(field):
                value = self._keys.encode(field, value)
            conditions.append(f"t.{quoted(field)} = ?")
            parameters.append(value)
        rows = self._database.query(
            f"{self._elements.select(name)} WHERE {' AND '.join(conditions)} LIMIT 20", parameters
        )
        records = [self._elements.from_row(element, row) for row in rows]
        if name == "visit" and len(records) > 1:
            records = self._in_preferred_system(records)
        shown = ", ".join(f"{f}={v!r}" for f, v in fields.items())
        if not records:
            raise DataIdValueError(
                f"No {name} record has {shown}.", hint=self._near_values(name, fields) or _list_hint(name)
            )
        if len(records) > 1:
            found = ", ".join(str(r.data_id[name]) for r in records[:_SHOWN])
            raise DimensionValueError(
                f"{len(records)} {name} records have {shown} ({found}, ...).",
                hint=f"Give {name}= itself, or more fields.",
            )
        return {d: records[0].data_id[d] for d in element.required}

    def _near_values(self, name: str, fields: Mapping[str, Any]) -> str:
        for field, value in fields.items():
            if isinstance(value, str):
                rows = self._database.query(f"SELECT DISTINCT {quoted(field)} FROM {quoted(name)} LIMIT 1000")
                return nearest(value, [str(r[0]) for r in rows])
        return ""

    def _in_preferred_system(self, records: list[DimensionRecord]) -> list[DimensionRecord]:
        """Visits that belong to their instrument's preferred visit system."""
        chosen = []
        for record in records:
            instrument = record.data_id["instrument"]
            camera = self._elements.fetch("instrument", (instrument,))
            system = camera.get("visit_system") if camera is not None else None
            row = self._database.query_one(
                "SELECT 1 FROM visit_system_membership WHERE instrument = ? AND visit = ? AND visit_system = ?",
                (self._keys.encode("instrument", instrument), record.data_id["visit"], system),
            )
            chosen += [record] if row else []
        return chosen or records

    # ------------------------------------------------------------------ expand
    def expand(self, data_id: DataId) -> DataId:
        """The data ID with implied values and records, every given value checked against the records.

        Raises
        ------
        InconsistentDataIdError
            A given implied value differs from the record's, or visit and exposure do not belong together.
        DataIdValueError
            A record does not exist.
        """
        if data_id.has_records:
            return data_id
        group = data_id.group
        values: dict[str, Any] = {d: data_id[d] for d in group.required}
        records: dict[str, DimensionRecord | None] = {}
        waiting = [*group.required, *group.implied]
        while waiting:
            ready = [d for d in waiting if all(r in values for r in self._universe[d].required)]
            if not ready:  # an implied value is NULL in the record that implies it
                for dimension in waiting:
                    records[dimension] = None
                    values.setdefault(dimension, None)
                break
            for dimension in ready:
                waiting.remove(dimension)
                records[dimension] = record = self._record(dimension, values)
                self._take_implied(dimension, record, values, data_id)
        self._check_joins(group, values, records)
        return data_id.expanded(records)

    def _record(self, dimension: str, values: Mapping[str, Any]) -> DimensionRecord:
        element = self._universe[dimension]
        required = tuple(values[d] for d in element.required)
        record = self._elements.fetch(dimension, required)
        if record is None:
            shown = ", ".join(f"{d}: {v!r}" for d, v in zip(element.required, required, strict=True))
            raise DataIdValueError(f"No {dimension} record with {{{shown}}} exists.", hint=_list_hint(dimension))
        return record

    def _take_implied(self, dimension: str, record: DimensionRecord, values: dict[str, Any], given: DataId) -> None:
        for implied in self._universe[dimension].implied:
            true = record.get(implied)
            for source in (values, given.mapping):
                if source.get(implied, true) != true:
                    raise InconsistentDataIdError(
                        f"'{implied}' is {source[implied]!r} in the data ID, but {true!r} in the record of "
                        f"{dimension} {record.data_id}.",
                        hint=f"Leave '{implied}' out, or correct it.",
                    )
            if true is not None:
                values[implied] = true

    def _check_joins(
        self, group: DimensionGroup, values: Mapping[str, Any], records: dict[str, DimensionRecord | None]
    ) -> None:
        """Records of join elements; where a join is a definition (visit_definition) it must exist."""
        for element in group.elements:
            if element.is_dimension or isinstance(element, SkyPixDimension) or not element.has_table:
                continue
            record = self._elements.fetch(element.name, tuple(values[d] for d in element.required))
            records[element.name] = record
            if record is None and element.always_join:
                shown = ", ".join(f"{d} {values[d]!r}" for d in element.required)
                raise InconsistentDataIdError(f"{shown} do not belong together: no {element.name} record says so.")


def _list_hint(name: str) -> str:
    return f"See what exists with: butler query-dimension-records REPO {name}"
