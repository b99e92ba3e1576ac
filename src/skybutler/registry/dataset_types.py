"""Dataset types and the key tables of their dimensions.  Knows no datasets and no collections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from skybutler.datasets.collection import match_names
from skybutler.datasets.dataset_type import DatasetType
from skybutler.dimensions import DimensionGroup, DimensionUniverse
from skybutler.errors import (
    ConflictingDefinitionError,
    DatasetTypeError,
    MissingDatasetTypeError,
    OrphanedRecordError,
    nearest,
)

from .database import Database
from .revision import Revision
from .schema import data_id_table, element_key_table

__all__ = ["DatasetTypes", "RegisteredType"]


@dataclass(frozen=True, slots=True)
class RegisteredType:
    """A dataset type as the registry refers to it; ``key_table`` is empty for types without dimensions."""

    k: int
    dataset_type: DatasetType
    key_table: str


class DatasetTypes:
    """The dataset types of one repository, looked up by name and cached.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    universe : `DimensionUniverse`
        The repository's dimensions.
    revision : `Revision`
        Tells when the cache is stale.
    """

    def __init__(self, database: Database, universe: DimensionUniverse, revision: Revision) -> None:
        self._database, self._universe, self._revision = database, universe, revision
        self._by_name: dict[str, RegisteredType] = {}
        self._key_tables: dict[tuple[str, ...], str] = {}
        revision.on_change.append(self._forget)

    def _forget(self) -> None:
        self._by_name.clear()
        self._key_tables.clear()

    # ------------------------------------------------------------------ lookup
    def find(self, name: str) -> RegisteredType | None:
        """The type of this name (not of a component), or `None`."""
        found = self._by_name.get(name)
        if found is None:
            rows = self._database.query(f"{_SELECT} WHERE name = ?", (name,))
            if rows:
                found = self._by_name[name] = self._from_row(*rows[0])
        return found

    def get(self, name: str) -> RegisteredType:
        """The type of this name.

        Raises
        ------
        MissingDatasetTypeError
            There is none; the nearest names are offered.
        """
        found = self.find(name)
        if found is None:
            known = [r.dataset_type.name for r in self.all()]
            hint = nearest(name, known) or "List them with: butler query-dataset-types REPO"
            raise MissingDatasetTypeError(f"Dataset type '{name}' does not exist.", hint=hint)
        return found

    def all(self) -> list[RegisteredType]:
        """All types, sorted by name."""
        return [self._from_row(*row) for row in self._database.query(f"{_SELECT} ORDER BY name")]

    def resolve(self, expression: str | Iterable[str]) -> list[RegisteredType]:
        """Types named by names and globs, sorted by name within each glob.

        Raises
        ------
        MissingDatasetTypeError
            A plain name is unknown; a glob that matches nothing is no error.
        """
        found: dict[int, RegisteredType] = {}
        for pattern in [expression] if isinstance(expression, str) else expression:
            if any(c in pattern for c in "*?["):
                known = {r.dataset_type.name: r for r in self.all()}
                chosen = [known[n] for n in match_names([pattern], list(known))]
            else:
                chosen = [self.get(pattern)]
            for item in chosen:
                found.setdefault(item.k, item)
        return list(found.values())

    def _from_row(
        self, k: int, name: str, dimensions: str, storage_class: str, calib: int, table: str
    ) -> RegisteredType:
        group = self._universe.conform(dimensions.split(",") if dimensions else ())
        return RegisteredType(int(k), DatasetType(name, group, storage_class, is_calibration=bool(calib)), table)

    # ----------------------------------------------------------------- changes
    def register(self, dataset_type: DatasetType) -> bool:
        """Register a type; tell whether it is new.

        Raises
        ------
        ConflictingDefinitionError
            The name has another definition.
        DatasetTypeError
            The name is that of a component.
        """
        if "." in dataset_type.name:
            parent, component = dataset_type.name.split(".", 1)
            raise DatasetTypeError(
                f"'{dataset_type.name}' is the component '{component}' of '{parent}' and cannot be registered.",
                hint=f"Register '{parent}'; its components come with it.",
            )
        found = self.find(dataset_type.name)
        if found is not None:
            if found.dataset_type != dataset_type:
                raise ConflictingDefinitionError(
                    f"Dataset type '{dataset_type.name}' is registered as {found.dataset_type}, not as {dataset_type}."
                )
            return False
        with self._database.transaction():
            table = self.key_table(dataset_type.dimensions)
            made = self._database.execute(
                "INSERT INTO dataset_type (name, dimensions, storage_class, is_calibration, key_table) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    dataset_type.name,
                    ",".join(dataset_type.dimensions.required),
                    dataset_type.storage_class,
                    int(dataset_type.is_calibration),
                    table,
                ),
            )
            self._database.note(
                "register-dataset-type",
                dataset_type.name,
                made,
                dimensions=",".join(dataset_type.dimensions.required),
                storage_class=dataset_type.storage_class,
            )
            self._revision.bump()
        if not made:  # another process was faster; its definition counts
            self._forget()
            return self.register(dataset_type)
        return True

    def remove(self, name: str) -> None:
        """Remove a type that no dataset has.

        Raises
        ------
        OrphanedRecordError
            Datasets of the type exist.
        MissingDatasetTypeError
            There is no such type.
        """
        with self._database.transaction():
            found = self.get(name)
            self._database.query(f"SELECT 1 FROM dataset_type WHERE k = ?{self._database.row_lock}", (found.k,))
            if self._database.query_one("SELECT 1 FROM dataset WHERE dataset_type = ? LIMIT 1", (found.k,)):
                raise OrphanedRecordError(
                    f"Dataset type '{name}' still has datasets and cannot be removed.",
                    hint=f"See them with: butler query-datasets REPO {name} --collections '*'",
                )
            self._database.execute("DELETE FROM collection_summary WHERE dataset_type = ?", (found.k,))
            self._database.execute("DELETE FROM dataset_type WHERE k = ?", (found.k,))
            self._by_name.pop(name, None)
            self._database.note("remove-dataset-type", name)
            self._revision.bump()

    # -------------------------------------------------------------- key tables
    def key_table(self, group: DimensionGroup) -> str:
        """Name of the key table of a dimension group, made when it is the first of its kind (inside a transaction)."""
        required = tuple(group.required)
        table = self.find_key_table(group)
        if table is not None:
            return table
        key = ",".join(required)
        self._database.lock_table("dimension_group")
        self._database.execute("INSERT INTO dimension_group (required) VALUES (?) ON CONFLICT DO NOTHING", (key,))
        row = self._database.query_one("SELECT k FROM dimension_group WHERE required = ?", (key,))
        assert row is not None
        made = data_id_table(self._universe, int(row[0]), required)
        if made.name not in self._database.table_names():
            for statement in made.statements(self._database):
                self._database.execute(statement)
        self._key_tables[required] = made.name
        return made.name

    def find_key_table(self, group: DimensionGroup) -> str | None:
        """Name of the key table of a dimension group ("" without dimensions), or `None` when none was made yet."""
        required = tuple(group.required)
        if not required:
            return ""
        found = self._key_tables.get(required) or element_key_table(self._universe, required)
        if found is None:
            row = self._database.query_one("SELECT k FROM dimension_group WHERE required = ?", (",".join(required),))
            found = f"data_id_{row[0]}" if row else None
        if found is not None:
            self._key_tables[required] = found
        return found


_SELECT = "SELECT k, name, dimensions, storage_class, is_calibration, key_table FROM dataset_type"
