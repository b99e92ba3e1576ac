"""Which of another repository's datasets are here already, and which contradict what is here.  Knows no files."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from skybutler.errors import ConflictingDefinitionError, DatasetExistsError
from skybutler.registry.registry import Registry
from skybutler.registry.rows import DatasetRows, rows_of

__all__ = ["fresh_positions"]

_SHOWN = 3


def fresh_positions(registry: Registry, rows: DatasetRows) -> list[int]:
    """Positions of the datasets that are not in a repository; equal ones (same id, type, data ID and run) are.

    Raises
    ------
    ConflictingDefinitionError
        An id belongs to another dataset here.
    DatasetExistsError
        A run has another dataset of the same type and data ID here.
    """
    there = {i: (found.dataset_type.name, run, values) for found in rows_of(registry, rows.ids)
             for i, run, values in zip(found.ids, found.run, found.values(), strict=True)}  # fmt: skip
    name, fresh = rows.dataset_type.name, []
    clashing = []
    for i, (identifier, run, values) in enumerate(zip(rows.ids, rows.run, rows.values(), strict=True)):
        known = there.get(identifier)
        if known is None:
            fresh.append(i)
        elif known != (name, run, values):
            clashing.append(i)
    if clashing:
        raise _other_dataset(rows, clashing, [there[rows.ids[i]] for i in clashing[:_SHOWN]])
    _require_free(registry, rows, fresh)
    return fresh


def _require_free(registry: Registry, rows: DatasetRows, fresh: Sequence[int]) -> None:
    """Refuse datasets whose place in their run is taken, by one that is here or by another of them."""
    if registry.dataset_types.find(rows.dataset_type.name) is None:
        return
    by_run: dict[str, list[int]] = {}
    for i in fresh:
        by_run.setdefault(rows.run[i], []).append(i)
    for run, positions in by_run.items():
        columns = {name: [values[i] for i in positions] for name, values in rows.columns.items()}
        taken = registry.datasets.existing(rows.dataset_type.name, run, columns)
        if taken.any():
            first = [positions[j] for j in taken.nonzero()[0][:_SHOWN].tolist()]
            shown = "; ".join(rows.described(i) for i in first)
            raise DatasetExistsError(
                f"Other datasets have the place of {int(taken.sum())} that are to come: {shown}. Nothing was changed.",
                hint="Leave them out, or remove those that are here: butler prune-datasets REPO --purge RUN ...",
            )


def _other_dataset(
    rows: DatasetRows, clashing: Sequence[int], known: Sequence[tuple[str, str, tuple[object, ...]]]
) -> ConflictingDefinitionError:
    shown = "; ".join(
        f"{uuid.UUID(bytes=rows.ids[i])} is '{name}' {values} of run '{run}' here, but {rows.described(i)} there"
        for i, (name, run, values) in zip(clashing, known, strict=False)
    )
    return ConflictingDefinitionError(
        f"{len(clashing)} of the ids belong to other datasets: {shown}. Nothing was changed."
    )
