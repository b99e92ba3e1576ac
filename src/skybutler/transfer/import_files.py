"""Files of imported datasets on their way into the datastore.  Knows neither rows nor export files."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.butler.files import bring_in

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.datasets import DatasetType
    from skybutler.datasets.file_columns import FileColumns
    from skybutler.storage import Stage

__all__ = ["IncomingFiles"]


class IncomingFiles:
    """Brings files in, all in the same way.

    Parameters
    ----------
    butler : `Butler`
        Where to.
    transfer : `str` or `None`
        One of `skybutler.storage.transfer.MODES`.
    track : `bool`
        Record their sizes.
    """

    def __init__(self, butler: Butler, transfer: str | None, *, track: bool) -> None:
        self._butler, self._transfer, self._track = butler, transfer, track

    def wait_for_turns(self, runs: Iterable[str]) -> None:
        """Wait until nobody else brings files into these runs, and keep others from it (inside a transaction).

        They would bring the same files to the same places, and take them back when they fail.
        """
        if self._transfer in (None, "direct", "split"):
            return
        for run in sorted(runs):
            self._butler.registry.collections.wait_for_turn(run)

    def bring(
        self,
        kind: DatasetType,
        run: str,
        columns: Mapping[str, Sequence[Any]],
        sources: Sequence[str],
        formatter: str,
        stage: Stage,
    ) -> tuple[FileColumns, bool]:
        """Bring in the files of new datasets of one type and run, one of several datasets once.

        Parameters
        ----------
        kind, run
            Type and run.
        columns : mapping
            Values of the required dimensions.
        sources : sequence of `str`
            Where the files are.
        formatter : `str`
            What reads them, recorded as it is given, whether it is known or not; empty for the usual one.
        stage : `skybutler.storage.Stage`
            Stage of the transaction.

        Returns
        -------
        files : `FileColumns`
            What is to be recorded.
        shared : `bool`
            Whether other datasets can be in the same files.
        """
        first = {source: i for i, source in reversed(list(enumerate(sources)))}
        firsts = sorted(first.values())
        once = {d: [column[i] for i in firsts] for d, column in columns.items()}
        paths = [sources[i] for i in firsts]
        brought, in_place = bring_in(
            self._butler, kind, once, paths, run, self._transfer, formatter or None, self._track, stage
        )
        self._butler.registry.datasets.claim_paths(in_place)
        files = dataclasses.replace(brought, formatter=formatter) if formatter else brought
        several = len(firsts) < len(sources)
        return (_spread(files, sources, paths) if several else files), bool(in_place) or several


def _spread(files: FileColumns, sources: Sequence[str], paths: Sequence[str]) -> FileColumns:
    """What is recorded of each source, where ``files`` has each path once."""
    places = {path: n for n, path in enumerate(paths)}
    rows = [places[source] for source in sources]
    sums = files.checksum
    return dataclasses.replace(
        files,
        path=[files.path[n] for n in rows],
        size=[files.size[n] for n in rows],
        checksum=None if sums is None else [sums[n] for n in rows],
    )
