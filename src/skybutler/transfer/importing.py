"""Importing an export file: found, read and checked as a whole, then written in one transaction.  Knows no format."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from skybutler.errors import InvalidError, MissingFileError, UnreadableFileError, nearest
from skybutler.storage import is_absolute, locate
from skybutler.storage.places import local_file
from skybutler.storage.transfer import check_mode

from .blocks import ExportFile
from .export import FORMATS
from .import_plan import Plan
from .import_steps import Importer
from .report import ImportReport
from .yaml_file import WholeFile
from .yaml_scan import ScannedFile, open_yaml

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["find_export", "import_export"]

_log = logging.getLogger(__name__)

Place = str | os.PathLike[str]


def import_export(
    butler: Butler,
    *,
    directory: Place | None,
    filename: Place | TextIO | None,
    format: str | None,
    transfer: str | None,
    skip_dimensions: Iterable[str],
    track: bool,
    without_datastore: bool,
) -> ImportReport:
    """Take what was exported into a repository; what is there already is left alone.

    Parameters
    ----------
    butler : `Butler`
        Where to; writeable.
    directory : path or URI, optional
        Where the files are whose paths are relative; by default the datastore's root.
    filename : path, URI or text stream, optional
        The export file; a relative one is looked for here and in ``directory``, which wins.
    format : `str`, optional
        ``yaml``; by default the extension.
    transfer : `str` or `None`
        One of `skybutler.storage.transfer.MODES`.
    skip_dimensions : iterable of `str`
        Elements whose records are not imported.
    track : `bool`
        Record sizes of files.
    without_datastore : `bool`
        Take in what the registry knows, and no files.

    Returns
    -------
    report : `ImportReport`
        How many of each kind were new, and how many were there.

    Raises
    ------
    FormatError, UnreadableFileError, SchemaVersionError
        The export file is wrong, incomplete or too new; the line is named.
    ConflictingDefinitionError
        The repository has something else under the same name; what differs is named.
    MissingFileError
        The export file, or files of datasets, do not exist.
    """
    butler.registry.database.require_writeable()
    check_mode(transfer)
    skipped = {butler.dimensions[name].name for name in skip_dimensions}
    butler.registry.refresh()
    folder = None if without_datastore else _folder(directory)
    with tempfile.TemporaryDirectory(prefix="butler-import-") as scratch:
        file = _opened(directory, filename, format, Path(scratch))
        plan = _checked(file, lambda f: Plan(butler, f, skipped, folder, track=track))
        return Importer(butler, plan, transfer, track=track).run()


def _checked(file: ExportFile, make: Callable[[ExportFile], Plan]) -> Plan:
    """A checked plan; a file that cannot be read in parts is read as a whole."""
    plan = make(file)
    try:
        plan.check()
    except UnreadableFileError:
        if not isinstance(file, ScannedFile):
            raise
        plan = make(file.whole())
        plan.check()
    return plan


def _folder(directory: Place | None) -> str:
    """Where relative paths begin, as an absolute path or URI; empty for the datastore's root."""
    if directory is None:
        return ""
    text = os.fspath(directory)
    local = local_file(text)
    return text.rstrip("/") if local is None else os.path.abspath(local)


def _opened(directory: Place | None, filename: Place | TextIO | None, format: str | None, scratch: Path) -> ExportFile:
    """The export file; one that is far away is fetched first."""
    if filename is not None and not isinstance(filename, str | os.PathLike):
        _check_format(format or "yaml", "the stream")
        return WholeFile(getattr(filename, "name", "the stream"), filename.read())
    name = os.fspath(filename) if filename is not None else f"export.{format or 'yaml'}"
    _check_format(format or os.path.splitext(name)[1].removeprefix("."), name)
    place = find_export(name, directory)
    local = local_file(place)
    if local is None:
        storage, inner = locate(place)
        local = str(scratch / "export.yaml")
        with storage.open(inner) as source, open(local, "wb") as copy:
            shutil.copyfileobj(source, copy)
    return open_yaml(place, Path(local))


def _check_format(format: str, name: str) -> None:
    if format not in FORMATS:
        raise InvalidError(
            f"{name} has the unknown export format '{format}'.", hint=nearest(format, FORMATS) or "Use format='yaml'."
        )


def find_export(name: str, directory: Place | None) -> str:
    """Where an export file is: as named, or in the directory, which wins when it is in both.

    Raises
    ------
    MissingFileError
        It is in neither place.
    """
    if directory is None or is_absolute(name):
        inside = None
    else:
        folder = os.fspath(directory)
        inside = f"{folder.rstrip('/')}/{name}" if "://" in folder else os.path.join(folder, name)
    here = _exists(name)
    if inside is not None and _exists(inside):
        if here and (local_file(inside) is None or not os.path.samefile(name, inside)):
            _log.warning("There is an export file %s here, and one in %s; the latter is used.", name, directory)
        return inside
    if here:
        return name
    places = [os.path.abspath(name) if not is_absolute(name) else name, *([inside] if inside is not None else [])]
    raise MissingFileError(f"There is no export file {' or '.join(places)}.", hint="Name it with --export-file.")


def _exists(place: str) -> bool:
    local = local_file(place)
    if local is not None:
        return os.path.isfile(local)
    storage, inner = locate(place)
    return storage.exists(inner)
