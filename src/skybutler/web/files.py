"""Files of datasets over HTTP, whole or in ranges, for those with a signed link.  Knows no protocol of the VO."""

from __future__ import annotations

import asyncio
import mimetypes
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from skybutler.errors import ButlerError, DatasetNotFoundError, FileNotFoundInStoreError
from skybutler.storage.places import local_file, located
from skybutler.storage.zipped import ZippedFiles

from .problems import status_of
from .requests import of
from .signing import Signer

if TYPE_CHECKING:
    from starlette.requests import Request

    from skybutler.datasets import DatasetRef, FileRecord
    from skybutler.storage import Storage

    from .served import ServedRepository

__all__ = ["PURPOSE", "FileOf", "find_file", "media_type_of", "routes"]

PURPOSE = "file"
"""What links to files are signed for."""
_PIECE = 1 << 20


class FileOf:
    """A dataset and its file.

    Parameters
    ----------
    ref : `skybutler.datasets.DatasetRef`
    record : `skybutler.datasets.FileRecord`
    """

    def __init__(self, ref: DatasetRef, record: FileRecord) -> None:
        self.ref, self.record = ref, record

    @property
    def name(self) -> str:
        """Name of the file, without folders."""
        return self.record.path.rpartition("/")[2].partition("#")[0]


def find_file(repository: ServedRepository, dataset: uuid.UUID) -> FileOf:
    """The file of a dataset.

    Raises
    ------
    DatasetNotFoundError
        There is no such dataset, or it has no file.
    """
    found = repository.butler.registry.get_dataset(dataset)
    if found is None or found[2] is None:
        raise DatasetNotFoundError(f"Repository '{repository.label}' has no dataset {dataset}.")
    return FileOf(found[0], found[2])


def media_type_of(name: str) -> str:
    """Media type of a file by its name."""
    lower = name.lower()
    if any(lower.endswith(end) for end in (".fits", ".fits.gz", ".fits.fz", ".fit")):
        return "application/fits"
    return {".parq": "application/vnd.apache.parquet", ".parquet": "application/vnd.apache.parquet"}.get(
        Path(lower).suffix, mimetypes.guess_type(lower)[0] or "application/octet-stream"
    )


def routes() -> list[Route]:
    """The route of signed files."""
    return [Route("/api/files/{word}/{name}", _file, methods=["GET", "HEAD"])]


async def _file(request: Request) -> Response:
    here = of(request)
    try:
        label, dataset = Signer(here.settings, PURPOSE).read(request.path_params["word"])
        repository = here.served[label]
        file = await here.threads.run(lambda: find_file(repository, dataset))
        storage, path = located(repository.butler.datastore.storage, file.record.path)
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
        if storage.local_root is not None:
            return await _local(Path(storage.local_root) / path, file, headers)
        if request.method == "HEAD" and file.record.size >= 0:  # an object store would want a signature for HEAD alone
            headers |= {"Content-Length": str(file.record.size)}
            return Response(headers=headers, media_type=media_type_of(file.name))
        if isinstance(storage, ZippedFiles):
            return await here.threads.respond(lambda: _pieces(storage, path), media_type_of(file.name), headers)
        url = await here.threads.run(lambda: storage.signed_url(path, here.settings.link_seconds))
        if url.startswith("file:"):  # of a chain of folders
            return await _local(Path(local_file(url) or ""), file, headers)
        return RedirectResponse(url, 307)
    except ButlerError as error:
        return PlainTextResponse(str(error), status_of(error))


async def _local(path: Path, file: FileOf, headers: dict[str, str]) -> Response:
    """A file of this machine, of which ranges can be asked for."""
    try:
        found = await asyncio.to_thread(path.stat)
    except OSError as error:
        raise FileNotFoundInStoreError(f"The file of {file.ref} is gone.") from error
    return FileResponse(path, media_type=media_type_of(file.name), headers=headers, stat_result=found)


def _pieces(storage: Storage, path: str) -> Iterator[bytes]:
    with storage.open(path) as stream:
        while piece := stream.read(_PIECE):
            yield piece
