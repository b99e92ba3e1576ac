"""Writing what a plan holds into its repository, in one transaction.  Knows no file format."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType, DatasetType, FileRecord
from skybutler.errors import ConflictingDefinitionError, DatasetExistsError

from .blocks import CollectionBlock, DatasetRows, DimensionRows, RangeRows, TagRows, at_line
from .import_files import IncomingFiles
from .import_plan import Plan
from .import_records import insert_records
from .report import ImportReport, Tally

if TYPE_CHECKING:
    import numpy as np

    from skybutler.butler import Butler
    from skybutler.datasets.file_columns import FileColumns
    from skybutler.storage import Stage

__all__ = ["Importer"]

_log = logging.getLogger(__name__)


class Importer:
    """Carries out a plan.

    Parameters
    ----------
    butler : `Butler`
        Where to.
    plan : `Plan`
        Checked.
    transfer : `str` or `None`
        How files are brought in.
    track : `bool`
        Record their sizes.
    """

    def __init__(self, butler: Butler, plan: Plan, transfer: str | None, *, track: bool) -> None:
        self._butler, self._plan = butler, plan
        self._incoming = IncomingFiles(butler, transfer, track=track)
        self._registry = butler.registry
        self.report = ImportReport(plan.file.name)

    def run(self) -> ImportReport:
        """Write everything, or nothing."""
        with self._butler._transactions.begin() as stage:
            self._types()
            self._collections()
            if self._plan.folder is not None:
                self._incoming.wait_for_turns(self._plan.runs)
            self._records()
            for _, rows in self._plan.of("dataset"):
                self._datasets(rows, stage)
            self._members()
            self._chains()
            if self.report.is_change:
                self._registry.journal.note("import", self._plan.file.name, self.report.datasets.new)
        return self.report

    # ------------------------------------------------------------- definitions
    def _types(self) -> None:
        for kind in self._plan.types.values():
            new = self._registry.dataset_types.register(kind)
            self.report.dataset_types.add(int(new), int(not new))
        for name in self._plan.runs.keys() - self._plan.collections.keys():
            self._registry.collections.register(name, CollectionType.RUN)

    def _collections(self) -> None:
        collections = self._registry.collections
        for block in self._plan.collections.values():
            new = collections.register(block.name, block.type)
            self.report.collections.add(int(new), int(not new))
            if block.doc and not collections.info(block.name).doc:
                collections.set_doc(block.name, block.doc)

    def _chains(self) -> None:
        """Children, once all collections exist; a chain that exists must have the same, but may lack some."""
        collections = self._registry.collections
        for block in self._plan.collections.values():
            if block.type is not CollectionType.CHAINED:
                continue
            wanted = self._known_children(block)
            present = tuple(c.name for c in collections.children(collections.get(block.name)))
            if present == wanted:
                continue
            if not _is_part(present, wanted):
                raise ConflictingDefinitionError(
                    f"{self._plan.file.name}, line {block.line}: chain '{block.name}' has the children "
                    f"{list(wanted)} in the file, but {list(present)} here. Nothing was imported.",
                    hint=f"Make them equal with: butler collection-chain REPO {block.name} ...",
                )
            collections.set_chain(block.name, wanted)

    def _known_children(self, block: CollectionBlock) -> tuple[str, ...]:
        """Children that exist; exports need not have all of them."""
        unknown = [name for name in block.children if self._registry.collections.find(name) is None]
        for name in unknown:
            self.report.unknown_children.append((block.name, name))
            _log.warning(
                "Chain '%s' has no child '%s': that collection is in neither the file nor the repository. "
                "Import again when it is.", block.name, name,
            )  # fmt: skip
        return tuple(name for name in block.children if name not in unknown)

    # ---------------------------------------------------------------- records
    def _records(self) -> None:
        """Dimension records, parents first."""
        blocks: dict[str, list[Any]] = {}
        for block in self._plan.file.blocks():
            if block.type == "dimension":
                blocks.setdefault(block.key, []).append(block)
        for element in self._butler.dimensions.elements:
            if element.name in self._plan.skipped or not element.has_table:
                continue
            for columns in self._columns_of(element.name, blocks):
                new, existing = insert_records(self._butler, element, columns, self._plan.file.name)
                self.report.records.setdefault(element.name, Tally()).add(new, existing)

    def _columns_of(self, element: str, blocks: Mapping[str, list[Any]]) -> Iterator[Mapping[str, Sequence[Any]]]:
        """All records of an element: those of the file, and those that records of older universes bring."""
        upgrade, file = self._plan.upgrade, self._plan.file
        if (gathered := upgrade.gathered(element)) is not None:
            yield gathered
        if element == "visit_system_membership":
            for block in blocks.get("visit", ()):
                for rows in file.rows(block):
                    assert isinstance(rows, DimensionRows)
                    if (members := upgrade.memberships("visit", rows.columns)) is not None:
                        yield members
        for block in blocks.get(element, ()):
            for rows in file.rows(block):
                assert isinstance(rows, DimensionRows)
                yield upgrade.records(element, rows.columns)

    # --------------------------------------------------------------- datasets
    def _datasets(self, rows: DatasetRows, stage: Stage) -> None:
        """Datasets of one type and run that are not there yet, and their files."""
        import numpy as np

        if not len(rows):
            return
        kind, columns = self._plan.kind(rows), self._plan.columns(rows)
        ids = np.frombuffer(rows.ids, np.uint8).reshape(-1, 16)
        self._registry.keys.require_parents(kind.dimensions, columns)
        there = self._registry.datasets.existing(kind.name, rows.run, columns)
        if there.any():
            self._require_same(rows, kind, columns, ids, there)
        new = np.flatnonzero(~there).tolist()
        self.report.datasets.add(len(new), len(rows) - len(new))
        stored = self._plan.folder is not None
        for formatter, chosen in self._by_formatter(rows, new):
            part = {d: [c[i] for i in chosen] for d, c in columns.items()}
            if not stored or formatter is None:
                self._registry.datasets.insert(kind.name, rows.run, part, ids=ids[chosen], action="import")
                continue
            with self._brought(rows, kind, part, chosen, formatter, stage) as files:
                self._registry.datasets.insert(kind.name, rows.run, part, ids=ids[chosen], files=files, action="import")
        if stored and there.any():
            self._store(rows, kind, columns, self._plan.unstored(rows, there), stage)

    @contextmanager
    def _brought(
        self,
        rows: DatasetRows,
        kind: DatasetType,
        columns: Mapping[str, Sequence[Any]],
        chosen: Sequence[int],
        formatter: str,
        stage: Stage,
    ) -> Iterator[FileColumns]:
        """Bring files in, to be recorded in the block."""
        sources = self._plan.sources(rows, chosen)
        files, shared = self._incoming.bring(kind, rows.run, columns, sources, formatter, stage)
        yield files
        if shared:
            self._registry.datasets.share_files(rows.ids[16 * i : 16 * i + 16] for i in chosen)
        self.report.files += len(chosen)

    def _store(
        self,
        rows: DatasetRows,
        kind: DatasetType,
        columns: Mapping[str, Sequence[Any]],
        unstored: Sequence[int],
        stage: Stage,
    ) -> None:
        """Files of datasets that are known, but of which nothing was stored so far."""
        for formatter, chosen in self._by_formatter(rows, unstored):
            if formatter is None:
                continue
            part = {d: [c[i] for i in chosen] for d, c in columns.items()}
            self._registry.journal.note("store", f"{kind.name} in {rows.run}", len(chosen))
            with self._brought(rows, kind, part, chosen, formatter, stage) as files:
                sums = files.checksum if files.checksum is not None else [None] * len(chosen)
                for i, path, size, checksum in zip(chosen, files.path, files.size, sums, strict=True):
                    record = FileRecord(path, files.formatter, files.storage_class, size, checksum)
                    self._registry.datasets.set_record(rows.ids[16 * i : 16 * i + 16], record)

    def _by_formatter(self, rows: DatasetRows, new: Sequence[int]) -> Iterator[tuple[str | None, list[int]]]:
        """Positions by formatter; `None` for those without file, an empty text for those of the usual formatter."""
        groups: dict[str | None, list[int]] = {}
        for i in new:
            groups.setdefault(None if rows.paths[i] is None else rows.formatters[i] or "", []).append(i)
        yield from groups.items()

    def _require_same(
        self, rows: DatasetRows, kind: DatasetType, columns: Mapping[str, Any], ids: Any, there: np.ndarray[Any, Any]
    ) -> None:
        """Refuse datasets whose place in the run is taken by others."""
        same = self._registry.datasets.existing(kind.name, rows.run, columns, ids=ids)
        other = (there & ~same).nonzero()[0].tolist()
        if other:
            shown = ", ".join(f"{d}: {columns[d][other[0]]!r}" for d in kind.dimensions.required)
            more = f" (and {len(other) - 1} more)" if len(other) > 1 else ""
            raise DatasetExistsError(
                f"{self._plan.file.name}, line {rows.line}: run '{rows.run}' has another dataset '{kind.name}' with "
                f"{{{shown}}}{more} than the file, with another id. Nothing was imported."
            )

    # ---------------------------------------------------------------- members
    def _members(self) -> None:
        """Tags and validity ranges that are not there yet."""
        present: dict[str, set[Any]] = {}
        for block, rows in self._plan.of("associations"):
            ids = [rows.ids[i : i + 16] for i in range(0, len(rows.ids), 16)]
            self._require_known(ids, rows.collection, block.line)
            if isinstance(rows, TagRows):
                there = self._tagged(rows.collection, present)
                new = [i for i in ids if i not in there]
                if new:
                    self._registry.datasets.associate(rows.collection, new)
                self.report.tagged.add(len(new), len(ids) - len(new))
            else:
                self._certify(rows, ids, present)

    def _certify(self, rows: RangeRows, ids: list[bytes], present: dict[str, set[Any]]) -> None:
        there = self._certified(rows.collection, present)
        span = (rows.timespan.begin_ns, rows.timespan.end_ns)
        new = [i for i in ids if (i, *span) not in there]
        if new:
            self._registry.calibrations.certify(rows.collection, new, rows.timespan)
        self.report.certified.add(len(new), len(ids) - len(new))

    def _require_known(self, ids: list[bytes], collection: str, line: int) -> None:
        known = self._registry.datasets.file_records(ids)
        if lost := next((i for i in ids if i not in known), None):
            import uuid

            raise at_line(
                self._plan.file.name, line, f"'{collection}' is to hold dataset {uuid.UUID(bytes=lost)}, which is "
                "neither in the file nor in the repository.", "Is the file complete?",
            )  # fmt: skip

    def _tagged(self, collection: str, present: dict[str, set[Any]]) -> set[Any]:
        if collection not in present:
            tagged = self._registry.datasets.tagged
            present[collection] = {i for kind in self._registry.dataset_types.all() for i in tagged(collection, kind.k)}
        return present[collection]

    def _certified(self, collection: str, present: dict[str, set[Any]]) -> set[Any]:
        if collection not in present:
            present[collection] = {
                (i, span.begin_ns, span.end_ns)
                for kind in self._registry.dataset_types.all()
                if kind.dataset_type.is_calibration
                for _, i, span in self._registry.calibrations.ranges(collection, kind.dataset_type.name)
            }
        return present[collection]


def _is_part(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether all of ``some`` are among ``others``, in the same order."""
    left = iter(others)
    return all(name in left for name in some)
