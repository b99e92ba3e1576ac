"""Writing an instrument's camera and text calibrations, certified for the times since when they hold.

Repeating it is no change; the same names with another content are a conflict.  Knows no terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.datasets import CollectionType, DatasetRef
from skybutler.errors import ConflictingDefinitionError, DataIdValueError
from skybutler.instruments import Instrument
from skybutler.sky.timespan import Timespan

from .curated_files import CuratedFile, CuratedTree, CuratedType, find_curated

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["CAMERA", "CuratedReport", "write_curated_calibrations"]

CAMERA = "camera"
"""Dataset type of cameras."""

_ALWAYS = Timespan(None, None)


@dataclass(frozen=True)
class CuratedReport:
    """What was written.

    Parameters
    ----------
    collection : `str`
        The CALIBRATION collection.
    written, present : mapping [`str`, `int`]
        Datasets by type that are new, and that were there with the same content.
    certified : `int`
        Validity ranges that are new.
    source : `~pathlib.Path` or `None`
        Where the text calibrations came from.
    passed_over : `tuple` [`str`]
        What is there besides.
    """

    collection: str
    written: Mapping[str, int]
    present: Mapping[str, int]
    certified: int
    source: Path | None
    passed_over: tuple[str, ...] = ()


def write_curated_calibrations(
    butler: Butler,
    instrument: str | Path | Instrument,
    *,
    labels: Sequence[str] = (),
    collection: str | None = None,
    prefix: str | None = None,
    data: str | Path | None = None,
) -> CuratedReport:
    """Write the nominal camera of an instrument, and its text calibrations if there are any.

    They go to runs ``PREFIX/calib[/LABELS]/unbounded`` (the camera) and ``.../curated/DATE``, and are certified in the
    CALIBRATION collection ``PREFIX/calib[/LABELS]``.  All in one transaction.

    Parameters
    ----------
    butler : `Butler`
        Writeable.
    instrument : `str`, `~pathlib.Path` or `Instrument`
        A registered instrument.
    labels : sequence of `str`
        Parts of the names of runs and collection, which keep versions apart.
    collection : `str`, optional
        Another CALIBRATION collection.
    prefix : `str`, optional
        First part of the names; by default the instrument's name.
    data : path, optional
        Directory of text calibrations, see `skybutler.ingest.curated_files.find_curated`; by default what the
        repository's configuration says (``curated_calibrations``).

    Raises
    ------
    ConflictingDefinitionError
        A dataset is there with another content, or another validity range overlaps; nothing is written.
    DataIdValueError
        The instrument is not registered.
    MissingFileError, InvalidError, ConflictError, UnreadableFileError
        Something is wrong with the text calibrations.
    """
    butler.registry.database.require_writeable()
    chosen = instrument if isinstance(instrument, Instrument) else Instrument.load(instrument)
    if butler.registry.elements.fetch("instrument", (chosen.name,)) is None:
        raise DataIdValueError(
            f"Instrument '{chosen.name}' is not registered.",
            hint=f"Register it with: butler register-instrument REPO {chosen.name}",
        )
    configured = butler.config.curated_calibrations
    place = data if data is not None else butler.config.resolved(configured) if configured else None
    tree = None if place is None else find_curated(place, chosen)
    base = "/".join([prefix or chosen.name, "calib", *labels])
    writing = _Writing(butler, collection or base, base)
    with butler.transaction():
        butler.collections.register(writing.collection, CollectionType.CALIBRATION)
        writing.camera(chosen)
        for file_kind, date, files in _by_run(tree):
            writing.files(file_kind, f"{base}/curated/{date}", files)
    return writing.report(tree)


def _by_run(tree: CuratedTree | None) -> Iterable[tuple[CuratedType, str, list[CuratedFile]]]:
    groups: dict[tuple[str, str], list[CuratedFile]] = {}
    for file in tree.files if tree else ():
        groups.setdefault((file.kind.name, file.date), []).append(file)
    return [(files[0].kind, date, files) for (_, date), files in groups.items()]


class _Writing:
    """The calibrations that are being written: where to, and what was done so far."""

    def __init__(self, butler: Butler, collection: str, base: str) -> None:
        self.butler, self.collection, self.base = butler, collection, base
        self.written: dict[str, int] = {}
        self.present: dict[str, int] = {}
        self.certified = 0

    def report(self, tree: CuratedTree | None) -> CuratedReport:
        source, passed_over = (tree.root, tree.passed_over) if tree else (None, ())
        return CuratedReport(self.collection, self.written, self.present, self.certified, source, passed_over)

    def camera(self, instrument: Instrument) -> None:
        """Write the nominal camera, always valid."""
        from skybutler.instruments.nominal_camera import nominal_camera

        run, camera = f"{self.base}/unbounded", nominal_camera(instrument)
        self.butler.register_dataset_type(CAMERA, ("instrument",), "Camera", is_calibration=True)
        self.butler.collections.register(run)
        ref = self.butler.find_dataset(CAMERA, instrument=instrument.name, collections=run)
        if ref is not None and self.butler.get(ref) != camera:
            raise _other_content(ref, instrument.source)
        self._count(CAMERA, 1, 0 if ref is None else 1)
        ref = ref or self.butler.put(camera, CAMERA, instrument=instrument.name, run=run)
        self._certify([(ref, _ALWAYS)])

    def files(self, kind: CuratedType, run: str, files: Sequence[CuratedFile]) -> None:
        """Ingest the files of one type and run that are new, compare the others, certify all."""
        self.butler.register_dataset_type(kind.name, kind.dimensions, kind.storage_class, is_calibration=True)
        self.butler.collections.register(run)
        before = self._refs(kind.name, run)
        known = [file for file in files if _key(file.data_id) in before]
        for file in known:
            self._compare(before[_key(file.data_id)], file)
        new = [file for file in files if _key(file.data_id) not in before]
        for formatter in sorted({file.formatter for file in new}):
            some = [file for file in new if file.formatter == formatter]
            columns = {name: [file.data_id[name] for file in some] for name in kind.dimensions}
            paths = [str(file.path.absolute()) for file in some]
            self.butler.ingest_columns(kind.name, columns, paths, run=run, transfer="copy", formatter=formatter)
        self._count(kind.name, len(files), len(known))
        refs = self._refs(kind.name, run)
        self._certify([(refs[_key(file.data_id)], file.timespan) for file in files])

    def _refs(self, name: str, run: str) -> dict[frozenset[tuple[str, Any]], DatasetRef]:
        """Datasets of a run by data ID."""
        return {_key(dict(ref.data_id.required)): ref for ref in self.butler.query_datasets(name, run)}

    def _compare(self, ref: DatasetRef, file: CuratedFile) -> None:
        """What is there must be the file, byte for byte."""
        record = self.butler.registry.file_record(ref.id.bytes)
        stored = None if record is None else self.butler.datastore.storage.read(record.path)
        if stored != file.path.read_bytes():
            raise _other_content(ref, str(file.path))

    def _certify(self, valid: Iterable[tuple[DatasetRef, Timespan]]) -> None:
        by_span: dict[Timespan, list[DatasetRef]] = {}
        for ref, timespan in valid:
            by_span.setdefault(timespan, []).append(ref)
        for timespan, refs in by_span.items():
            self.certified += self.butler.calibrations.certify(self.collection, refs, timespan)

    def _count(self, name: str, all_of_them: int, known: int) -> None:
        for counts, n in ((self.written, all_of_them - known), (self.present, known)):
            if n:
                counts[name] = counts.get(name, 0) + n


def _key(data_id: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    return frozenset(data_id.items())


def _other_content(ref: DatasetRef, source: str) -> ConflictingDefinitionError:
    return ConflictingDefinitionError(
        f"'{ref.dataset_type.name}' with data ID {ref.data_id} is in '{ref.run}' with another content than that of "
        f"{source}; nothing was written.",
        hint="Write under a label: butler write-curated-calibrations REPO INSTRUMENT LABEL",
    )
