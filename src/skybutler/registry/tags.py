"""TAGGED collections: which datasets they hold.  Knows no files."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from skybutler.datasets.collection import CollectionType
from skybutler.errors import ConflictError, ConflictingDefinitionError

from .collections import Collections
from .database import Database
from .summaries import Summaries

__all__ = ["Tags"]


class Tags:
    """Members of TAGGED collections: one dataset per type and data ID.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    collections : `Collections`
        Collections.
    summaries : `Summaries`
        Told of new members.
    describe : callable
        Text for the dataset with a 16-byte id, for messages.
    """

    def __init__(
        self, database: Database, collections: Collections, summaries: Summaries, describe: Callable[[bytes], str]
    ) -> None:
        self._database, self._collections = database, collections
        self._summaries, self._describe = summaries, describe

    def associate(self, collection: str, ids: Iterable[bytes]) -> None:
        """Add datasets to a TAGGED collection; repeating is no change.

        Raises
        ------
        CollectionTypeError
            The collection is not TAGGED.
        ConflictingDefinitionError
            It holds another dataset of the same type and data ID.
        DatasetNotFoundError
            A dataset is not in this repository.
        """
        with self._database.transaction(), self._database.staged({"id": "id"}, ((i,) for i in ids)) as stage:
            tagged = self._collections.require(collection, CollectionType.TAGGED)
            self._summaries.keep(stage)
            clash = self._database.query_one(
                f"SELECT d.id FROM {stage} s JOIN dataset d ON d.id = s.id JOIN tag m ON m.collection = ? "
                "AND m.dataset_type = d.dataset_type AND m.data_id = d.data_id WHERE m.dataset <> d.k LIMIT 1",
                (tagged.k,),
            )
            if clash is not None:
                raise ConflictingDefinitionError(
                    f"'{collection}' already holds another {self._describe(bytes(clash[0]))}."
                )
            try:
                added = self._database.execute(
                    "INSERT INTO tag (collection, dataset_type, data_id, dataset) "
                    "SELECT CAST(? AS BIGINT), d.dataset_type, d.data_id, d.k "
                    f"FROM {stage} s JOIN dataset d ON d.id = s.id "
                    "WHERE NOT EXISTS (SELECT 1 FROM tag o WHERE o.collection = ? AND o.dataset = d.k)",
                    (tagged.k, tagged.k),
                )
            except ConflictError as error:
                raise ConflictingDefinitionError(
                    f"Two of the datasets for '{collection}' have the same type and data ID."
                ) from error
            self._database.note("associate", collection, added)
            self._summaries.copy(stage, tagged)

    def members(self, collection: str, dataset_type: int) -> list[bytes]:
        """Ids of the datasets of a type (by its row) in a TAGGED collection."""
        tagged = self._collections.require(collection, CollectionType.TAGGED)
        rows = self._database.query(
            "SELECT d.id FROM tag m JOIN dataset d ON d.k = m.dataset WHERE m.collection = ? AND m.dataset_type = ?",
            (tagged.k, dataset_type),
        )
        return [bytes(row[0]) for row in rows]

    def disassociate(self, collection: str, ids: Iterable[bytes]) -> None:
        """Take datasets out of a TAGGED collection; those not in it are no error."""
        with self._database.transaction(), self._database.staged({"id": "id"}, ((i,) for i in ids)) as stage:
            tagged = self._collections.require(collection, CollectionType.TAGGED)
            taken = self._database.execute(
                "DELETE FROM tag WHERE collection = ? AND dataset IN "
                f"(SELECT d.k FROM {stage} s JOIN dataset d ON d.id = s.id)",
                (tagged.k,),
            )
            self._database.note("disassociate", collection, taken)
