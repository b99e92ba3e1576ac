"""From batches of files to columns of raws and exposures: index, sidecar or header, then the instrument's rules.

Runs in worker processes.  Knows no repository.
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.errors import ButlerError, UnavailableError, UnreadableFileError
from skybutler.instruments import Instrument, known_instruments
from skybutler.instruments.description import FOLDERS
from skybutler.instruments.exposure_records import dependency_columns, exposure_columns
from skybutler.instruments.headers import HeaderTable, read_headers
from skybutler.instruments.sidecars import Index, read_index, read_sidecar
from skybutler.instruments.translate import from_translated, needed_cards, recognise, translate
from skybutler.storage import locate
from skybutler.storage.places import use_settings

from .executor import Remedy
from .raw_search import RawBatch

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from skybutler.instruments.columns import ObservationColumns

__all__ = ["UNREAD", "RawColumns", "RawMetadata", "read_metadata"]

_REMEMBERED_INDEXES = 4


@dataclass(frozen=True)
class RawColumns:
    """Good raws of one instrument.

    Parameters
    ----------
    instrument : `str`
        Its name.
    paths : `list` [`str`]
        One per file.
    exposure, detector : `~numpy.ndarray` [`int`]
        Shape (n_files,).
    records : `dict`
        Columns of the exposure records, a row per distinct exposure in order of id: fields of the newest universe
        and ``group_id``.
    dependencies : `dict`
        Columns of the ``group`` and ``day_obs`` records, by element.
    """

    instrument: str
    paths: list[str]
    exposure: npt.NDArray[np.int64]
    detector: npt.NDArray[np.int64]
    records: dict[str, list[Any]]
    dependencies: dict[str, dict[str, list[Any]]]


@dataclass
class RawMetadata:
    """What was found out about a batch.

    Parameters
    ----------
    files : `int`
        How many there were.
    raws : `list` [`RawColumns`]
        The good ones, an entry per instrument and source of metadata.
    problems : `list` [`tuple` [`str`, `str`]]
        Path and reason of the others, and of index files that could not be used.
    """

    files: int
    raws: list[RawColumns] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def read_metadata(
    batch: RawBatch, descriptions: tuple[str, ...] = (), settings: Mapping[str, Any] | None = None
) -> RawMetadata:
    """Find out what a batch of files is.

    Parameters
    ----------
    batch : `RawBatch`
        The files.
    descriptions : `tuple` [`str`, ...]
        Folders with descriptions of further instruments.
    settings : mapping, optional
        How object stores are reached, see `skybutler.storage.open_storage`.

    Notes
    -----
    A file that an index names is not opened, nor one with a sidecar.
    """
    for path in batch.paths if settings else ():
        if "://" in path:
            use_settings(path, settings or {})
    return _Reading(batch, descriptions).result


def _unread(batch: RawBatch, reason: str) -> RawMetadata:
    return RawMetadata(len(batch), problems=[(path, reason) for path in batch.paths])


UNREAD = Remedy(RawBatch.parts, _unread)
"""For files that end the processes that read them: they are found, and told of, while the others are taken."""

_UNKNOWN = f"no known instrument wrote this header; it may need a description (YAML) in a folder that {FOLDERS} names."


def _instruments(descriptions: tuple[str, ...]) -> tuple[tuple[Instrument, ...], tuple[str, ...]]:
    known = known_instruments([Path(folder) for folder in descriptions])
    return known, _needed_cards(known)


@functools.lru_cache(maxsize=16)
def _needed_cards(known: tuple[Instrument, ...]) -> tuple[str, ...]:
    return needed_cards(known)


@functools.lru_cache(maxsize=_REMEMBERED_INDEXES)
def _located_index(path: str, version: int | str) -> tuple[Index, dict[str, str]]:
    index = read_index(path)
    return index, index.locate()


def _version(path: str) -> int | str:
    """Another one when a file has changed."""
    if "://" not in path:
        return os.stat(path).st_mtime_ns
    storage, inner = locate(path)
    return storage.state(inner).version


class _Reading:
    """One batch under way."""

    def __init__(self, batch: RawBatch, descriptions: tuple[str, ...]) -> None:
        self.result = RawMetadata(len(batch))
        self._instruments, self._cards = _instruments(descriptions)
        left = self._from_indexes(batch)
        left = self._from_sidecars(batch, left)
        if left:
            self._from_headers([batch.paths[i] for i in left])

    def _problem(self, path: str, reason: str) -> None:
        self.result.problems.append((path, reason))

    # ----------------------------------------------------------------- sources
    def _from_indexes(self, batch: RawBatch) -> list[int]:
        """Take what indexes know; return the positions of the other files."""
        indexes = self._read_indexes(batch)
        by_index: dict[str, tuple[list[str], list[str]]] = {}
        left: list[int] = []
        for i, path in enumerate(batch.paths):
            naming = [p for p in batch.indexes[i] if p in indexes and path in indexes[p][1]]
            if not naming:
                left.append(i)
                continue
            # translated content wins, then the nearest index
            chosen = min(naming, key=lambda p: indexes[p][0].content != "translated")
            names, paths = by_index.setdefault(chosen, ([], []))
            names.append(indexes[chosen][1][path])
            paths.append(path)
        for where, (names, paths) in by_index.items():
            index = indexes[where][0]
            if index.content == "translated":
                self._take_translated(paths, [index.full(name) for name in names])
            else:
                table = index.header_table(names, self._cards)
                table.files[:] = paths
                self._take_table(table)
        return left

    def _read_indexes(self, batch: RawBatch) -> dict[str, tuple[Index, dict[str, str]]]:
        found = {}
        for path in dict.fromkeys(p for paths in batch.indexes for p in paths):
            try:
                found[path] = _located_index(path, _version(path))
            except UnavailableError:
                raise
            except ButlerError as error:
                self._problem(path, str(error))
            except OSError as error:
                self._problem(path, f"{path}: {error.strerror}.")
        return found

    def _from_sidecars(self, batch: RawBatch, positions: Sequence[int]) -> list[int]:
        left: list[int] = []
        for i in positions:
            sidecar, path = batch.sidecars[i], batch.paths[i]
            if sidecar is None:
                left.append(i)
                continue
            try:
                content, entries = read_sidecar(sidecar)
            except UnreadableFileError as error:
                self._problem(path, str(error))
                continue
            if content == "translated":
                self._take_translated([path], [entries])
            else:
                self._take_table(HeaderTable([path], {card: [entries.get(card)] for card in self._cards}))
        return left

    def _from_headers(self, paths: list[str]) -> None:
        table = read_headers(paths, self._cards)
        unknown = [i for i in (recognise(table, self._instruments) < 0).nonzero()[0].tolist() if i not in table.errors]
        if unknown:  # some cameras say who they are in the first extension only
            again = read_headers([paths[i] for i in unknown], self._cards, essential=self._cards)
            for card, values in table.cards.items():
                for i, value in zip(unknown, again.cards[card], strict=True):
                    values[i] = value
            table.errors.update({unknown[i]: error for i, error in again.errors.items()})
        good = [i for i in range(len(paths)) if i not in table.errors]
        for i, error in table.errors.items():
            self._problem(paths[i], str(error))
        self._take_table(table.take(good) if len(good) < len(paths) else table)

    # ------------------------------------------------------------- translation
    def _take_table(self, table: HeaderTable) -> None:
        which = recognise(table, self._instruments)
        for number in sorted(set(which.tolist())):
            rows = (which == number).nonzero()[0].tolist()
            part = table.take(rows) if len(rows) < len(table) else table
            if number < 0:
                for path in part.files:
                    self._problem(path, _UNKNOWN)
                continue
            instrument = self._instruments[number]
            self._take(instrument.name, translate(part, instrument), functools.partial(_translate, part, instrument))

    def _take_translated(self, paths: list[str], contents: list[dict[str, Any]]) -> None:
        known = {i.name: i for i in self._instruments}
        rows: dict[str, list[int]] = {}
        for i, content in enumerate(contents):
            rows.setdefault(str(content.get("instrument")), []).append(i)
        for name, chosen in rows.items():
            # an instrument without description will do: everything is translated already
            if name == "None":
                for i in chosen:
                    self._problem(paths[i], "its translated metadata name no instrument.")
                continue
            files, parts = [paths[i] for i in chosen], [contents[i] for i in chosen]
            columns = from_translated(files, parts, known.get(name))
            self._take(name, columns, functools.partial(_from_translated, files, parts, known.get(name)))

    def _take(self, name: str, observations: ObservationColumns, some: Any) -> None:
        """Keep the good rows; ``some(rows)`` translates those rows only: one file tells all about its exposure."""
        problems = observations.problems()
        for row, reason in problems.items():
            self._problem(observations.files[row], reason)
        kept = [row for row in range(observations.n) if row not in problems]
        kept = self._agreeing(observations, kept)
        if not kept:
            return
        import numpy as np

        rows = np.array(kept)
        exposure = observations["exposure_id"].values[rows]
        _, first = np.unique(exposure, return_index=True)
        chosen: ObservationColumns = some(rows[first].tolist())
        records = exposure_columns(chosen) | {"group_id": chosen["visit_id"].to_list()}
        self.result.raws.append(
            RawColumns(
                name,
                [observations.files[row] for row in kept],
                exposure,
                observations["detector_num"].values[rows],
                records,
                dependency_columns(chosen),
            )
        )

    def _agreeing(self, observations: ObservationColumns, rows: list[int]) -> list[int]:
        """Without files whose exposure is, by most of its files, another observation."""
        exposure = observations["exposure_id"].values.tolist()
        what = list(zip(observations["observation_id"].values, observations["physical_filter"].values, strict=True))
        distinct: dict[int, set[Any]] = {}
        for row in rows:
            distinct.setdefault(exposure[row], set()).add(what[row])
        doubtful = {number for number, observed in distinct.items() if len(observed) > 1}
        if not doubtful:
            return rows
        kept = []
        usual = {
            number: Counter(what[row] for row in rows if exposure[row] == number).most_common(1)[0][0]
            for number in doubtful
        }
        for row in rows:
            if exposure[row] in doubtful and what[row] != usual[exposure[row]]:
                self._problem(
                    observations.files[row],
                    f"it says it is observation {what[row][0]!r} through {what[row][1]!r}; the other files of exposure "
                    f"{exposure[row]} say {usual[exposure[row]][0]!r} through {usual[exposure[row]][1]!r}.",
                )
            else:
                kept.append(row)
        return kept


def _translate(table: HeaderTable, instrument: Instrument, rows: Sequence[int]) -> ObservationColumns:
    return translate(table.take(rows), instrument)


def _from_translated(
    files: Sequence[str], contents: Sequence[Mapping[str, Any]], instrument: Instrument | None, rows: Sequence[int]
) -> ObservationColumns:
    return from_translated([files[i] for i in rows], [contents[i] for i in rows], instrument)
