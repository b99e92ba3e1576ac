"""Files of datasets over HTTP, whole or in ranges, for those with a signed link.  Knows no protocol of the VO."""

from __future__ import annotations

import asyncio
import mimetypes
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from skybutler.errors import ButlerError, DatasetNotFoundError, FileNotFoundInStoreError
from skybutler.storage.places import local_file, located
from skybutler.storage.zipped import ZippedFiles

from .conditions import Validators, etag_of_made
from .problems import status_of
from .requests import of
from .sending import file_answer
from .signing import Signer

if TYPE_CHECKING:
    from starlette.requests import Request

    from skybutler.datasets import DatasetRef, FileRecord
    from skybutler.storage import Storage

    from .served import ServedRepository

__all__ = ["PURPOSE", "FileOf", "find_file", "media_type_of", "routes", "validators_of_made"]

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

    def validators(self, size: int | None = None) -> Validators:
        """Those of the registered content, none if that is not known or has another size than the file."""
        checksum = self.record.checksum if size in (None, self.record.size) else None
        return Validators() if checksum is None else Validators(f'"{checksum.hex()}"')

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


def validators_of_made(repository: ServedRepository, dataset: uuid.UUID, *how: object) -> Validators:
    """Those of what is made of the file of a dataset; none if its content is not known.

    Parameters
    ----------
    repository, dataset
        Whose file.
    how
        What is made of it; see `etag_of_made`.
    """
    found = repository.butler.registry.get_dataset(dataset)
    checksum = None if found is None or found[2] is None else found[2].checksum
    return Validators(None if checksum is None else etag_of_made(checksum, *how))


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
            return await _local(request, Path(storage.local_root) / path, file, headers)
        if isinstance(storage, ZippedFiles):
            return await _member(request, storage, path, file, headers)
        if request.method == "HEAD" and file.record.size >= 0:  # an object store would want a signature for HEAD alone
            headers |= {"Content-Length": str(file.record.size)}
            return Response(headers=headers, media_type=media_type_of(file.name))
        url = await here.threads.run(lambda: storage.signed_url(path, here.settings.link_seconds))
        if url.startswith("file:"):  # of a chain of folders
            return await _local(request, Path(local_file(url) or ""), file, headers)
        return RedirectResponse(url, 307)
    except ButlerError as error:
        return PlainTextResponse(str(error), status_of(error))


async def _local(request: Request, path: Path, file: FileOf, headers: dict[str, str]) -> Response:
    """A file of this machine, of which ranges can be asked for."""
    try:
        found = await asyncio.to_thread(path.stat)
    except OSError as error:
        raise FileNotFoundInStoreError(f"The file of {file.ref} is gone.") from error
    etag = file.validators(found.st_size).etag
    return file_answer(request, path, found, media_type_of(file.name), headers, etag)


async def _member(request: Request, storage: ZippedFiles, path: str, file: FileOf, headers: dict[str, str]) -> Response:
    """A member of a zip file, of which one range can be asked for."""
    here, media_type = of(request), media_type_of(file.name)
    state = await here.threads.run(lambda: storage.state(path))
    known = file.validators(state.size)
    if (answer := known.unless_known(request)) is not None:
        return answer
    ranges = known.asked_ranges(request, state.size)
    if ranges == []:
        return PlainTextResponse("", 416, {"Content-Range": f"bytes */{state.size}"})
    part = ranges[0] if ranges is not None and len(ranges) == 1 else None  # several would need an answer of several
    begin, end = part or (0, state.size)
    headers |= {**known.headers, "Accept-Ranges": "bytes", "Content-Length": str(end - begin)}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=media_type)
    if part is not None:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{state.size}"
    answer = await here.threads.respond(lambda: _pieces(storage, path, begin, end), media_type, headers)
    answer.status_code = answer.status_code if part is None else 206
    return answer


def _pieces(storage: Storage, path: str, begin: int, end: int) -> Iterator[bytes]:
    with storage.open(path) as stream:
        stream.seek(begin)
        while begin < end and (piece := stream.read(min(_PIECE, end - begin))):
            begin += len(piece)
            yield piece
