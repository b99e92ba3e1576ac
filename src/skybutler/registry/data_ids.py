"""Data IDs against the records: names and metadata resolved, governors inferred, implied values filled and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skybutler.dimensions import (
    DataId,
    DimensionGroup,
    DimensionRecord,
    DimensionUniverse,
    split_metadata_keys,
)
from skybutler.errors import DataIdValueError, DimensionValueError, InconsistentDataIdError, nearest

from .database import Database, quoted
from .elements import Elements
from .keys import Keys, Values

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
        given, group = data_id.mapping, data_id.group
        values: dict[str, Any] = dict(zip(group.required, data_id.required_values, strict=True))
        records: dict[str, DimensionRecord | None] = {}
        for element in group.lookup_order:
            name = element.name
            required = tuple([values.get(d) for d in element.required])
            if None in required:  # an implied value is NULL in the record that implies it
                records[name] = None
                continue
            records[name] = record = self._record(name, required)
            for implied in element.implied:
                _check_implied(record, implied, given, values)
                if (value := record.get(implied)) is not None:
                    values[implied] = value
        self._check_joins(group, values, records)
        return data_id.expanded(records)

    def _record(self, name: str, required: Values) -> DimensionRecord:
        record = self._elements.fetch(name, required)
        if record is None:
            shown = ", ".join(f"{d}: {v!r}" for d, v in zip(self._universe[name].required, required, strict=True))
            raise DataIdValueError(f"No {name} record with {{{shown}}} exists.", hint=_list_hint(name))
        return record

    def _check_joins(
        self, group: DimensionGroup, values: Mapping[str, Any], records: dict[str, DimensionRecord | None]
    ) -> None:
        """Records of join elements; where a join is a definition (visit_definition) it must exist."""
        for element in group.joins:
            record = self._elements.fetch(element.name, tuple([values.get(d) for d in element.required]))
            records[element.name] = record
            if record is None and element.always_join:
                shown = ", ".join(f"{d} {values.get(d)!r}" for d in element.required)
                raise InconsistentDataIdError(f"{shown} do not belong together: no {element.name} record says so.")


def _check_implied(record: DimensionRecord, implied: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """A value that a record implies must be the one given, and the one that other records imply."""
    true = record.get(implied)
    for source in (known, given):
        if source.get(implied, true) != true:
            raise InconsistentDataIdError(
                f"'{implied}' is {source[implied]!r} in the data ID, but {true!r} in the record of "
                f"{record.element.name} {record.data_id}.",
                hint=f"Leave '{implied}' out, or correct it.",
            )


def _list_hint(name: str) -> str:
    return f"See what exists with: butler query-dimension-records REPO {name}"
