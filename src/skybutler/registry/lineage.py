"""How datasets were made: their quanta and notes, and which were inputs of which.  Knows no files.

Inputs are kept by id, not by row: they may have been removed, or be in another repository.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skybutler.datasets.provenance import DatasetProvenance
from skybutler.errors import InvalidError

from .database import Database
from .schema import LINEAGE, PROVENANCE

__all__ = ["Lineage"]

_PAIRS = "SELECT d.id, l.input FROM"
_CHUNK = 400


class Lineage:
    """The provenance of one repository's datasets.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, made: Mapping[bytes, DatasetProvenance]) -> None:
        """Record how datasets were made, in the transaction that adds them and after them.

        Parameters
        ----------
        made : mapping
            16-byte id of a dataset to its provenance.

        Raises
        ------
        InvalidError
            A dataset is said to be its own input.
        """
        for identifier, provenance in made.items():
            if any(given.bytes == identifier for given in provenance.input_ids):
                raise InvalidError(f"Dataset {uuid.UUID(bytes=identifier)} cannot be an input of itself.")
        rows = self._rows(made)
        self._database.insert_many(
            PROVENANCE.name,
            PROVENANCE.kinds("dataset", "quantum", "extras"),
            ((rows[i], p.quantum_id.bytes if p.quantum_id else None, _packed(p)) for i, p in made.items()),
        )
        self._database.insert_many(
            LINEAGE.name,
            LINEAGE.kinds("dataset", "position", "input"),
            ((rows[i], n, given.bytes) for i, p in made.items() for n, given in enumerate(p.input_ids)),
        )

    def _rows(self, made: Mapping[bytes, DatasetProvenance]) -> dict[bytes, int]:
        if len(made) <= _CHUNK:
            return {
                bytes(i): int(k)
                for i, k in self._database.query_many("SELECT d.id, d.k FROM dataset d", "d.id", "id", list(made))
            }
        with self._database.staged({"id": "id"}, ((i,) for i in made), measured=True) as stage:
            join = self._database.looked_up("dataset", "d", "d.id = s.id")
            return {bytes(i): int(k) for i, k in self._database.query(f"SELECT d.id, d.k FROM {stage} s {join}")}

    # -------------------------------------------------------------------- read
    def get(self, ids: Sequence[bytes]) -> dict[bytes, DatasetProvenance]:
        """What is recorded of datasets, by 16-byte id; inputs are UUIDs.  Those without provenance are left out."""
        select = "SELECT d.id, p.quantum, p.extras FROM dataset d JOIN provenance p ON p.dataset = d.k"
        rows = list(self._database.query_many(select, "d.id", "id", ids))
        inputs: dict[bytes, list[uuid.UUID]] = {bytes(row[0]): [] for row in rows}
        for identifier, given in self.inputs(list(inputs)):
            inputs[identifier].append(uuid.UUID(bytes=given))
        return {
            bytes(i): _unpacked(inputs[bytes(i)], bytes(quantum) if quantum is not None else None, extras)
            for i, quantum, extras in rows
        }

    def inputs(self, ids: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Pairs of dataset and input, in the order of each dataset's inputs."""
        select, order = f"{_PAIRS} dataset d JOIN lineage l ON l.dataset = d.k", "ORDER BY l.dataset, l.position"
        for made, given in self._database.query_many(select, "d.id", "id", ids, order):
            yield bytes(made), bytes(given)

    def outputs(self, ids: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Pairs of dataset and input, of all datasets that have one of these as input, oldest first."""
        select = f"{_PAIRS} lineage l JOIN dataset d ON d.k = l.dataset"
        for made, given in self._database.query_many(select, "l.input", "id", ids, "ORDER BY l.dataset"):
            yield bytes(made), bytes(given)


def _packed(provenance: DatasetProvenance) -> str | None:
    """Notes as flat JSON: those on the dataset as they are, those on inputs below the input's number."""
    numbers = {identifier: n for n, identifier in enumerate(provenance.input_ids)}
    on_inputs = {
        f"input {numbers[identifier]} {name}": value
        for identifier, extra in provenance.extras.items()
        for name, value in extra.items()
    }
    packed = on_inputs | provenance.notes
    return json.dumps(packed, default=str) if packed else None


def _unpacked(inputs: list[uuid.UUID], quantum: bytes | None, extras: str | None) -> DatasetProvenance:
    found = DatasetProvenance(inputs, uuid.UUID(bytes=quantum) if quantum else None)
    notes: dict[str, Any] = json.loads(extras) if extras else {}
    for name, value in notes.items():
        word, _, rest = name.partition(" ")
        number, _, note = rest.partition(" ")
        if word == "input" and note and number.isdecimal() and int(number) < len(inputs):
            found.add_extra_provenance(inputs[int(number)], {note: value})
        else:
            found.notes[name] = value
    return found
