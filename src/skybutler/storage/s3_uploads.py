"""Uploads in parts that were begun and never finished: found, and given up.  obstore has no calls for that."""

from __future__ import annotations

import hashlib
import hmac
import html
import http.client
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from skybutler.errors import DeniedError, UnavailableError

from .chain import Chain
from .s3 import S3Storage
from .s3_connection import Connection
from .storage import Storage

__all__ = ["Upload", "abort_uploads", "unfinished_uploads"]

_EMPTY = hashlib.sha256(b"").hexdigest()
_UPLOAD = re.compile(r"<Upload>(.*?)</Upload>", re.S)
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that was begun; its parts take space and are not visible.

    Parameters
    ----------
    storage : `S3Storage`
        Where.
    path : `str`
        What it would have become.
    began : `~datetime.datetime`
        When.
    id : `str`
        How the store calls it.
    """

    storage: S3Storage = field(repr=False)
    path: str
    began: datetime
    id: str = field(repr=False)


def unfinished_uploads(storage: Storage) -> list[Upload]:
    """Uploads below the root of a storage that are not finished; some may be under way.

    Parameters
    ----------
    storage : `Storage`
        Any; those that are no object stores have none.

    Raises
    ------
    skybutler.errors.UnavailableError, skybutler.errors.DeniedError
        If the store does not answer, or refuses; also where the credentials are not access keys.
    """
    if isinstance(storage, Chain):
        return [upload for member in storage.members.values() for upload in unfinished_uploads(member)]
    return list(_listed(storage)) if isinstance(storage, S3Storage) else []


def abort_uploads(uploads: Iterable[Upload]) -> None:
    """Give uploads up; those that have ended meanwhile are no error.

    Raises
    ------
    skybutler.errors.UnavailableError, skybutler.errors.DeniedError
        See `unfinished_uploads`.
    """
    for upload in uploads:
        storage = upload.storage
        _request(storage.connection, "DELETE", f"/{storage.bucket}/{storage.key(upload.path)}", {"uploadId": upload.id})


def _listed(storage: S3Storage) -> Iterator[Upload]:
    prefix = storage.key("x")[:-1]
    query = {"uploads": "", "prefix": prefix, "max-uploads": "1000"}
    while True:
        text = _request(storage.connection, "GET", f"/{storage.bucket}", query)
        for found in _UPLOAD.findall(text):
            key = _tag("Key", found)
            if key.startswith(prefix):
                began = datetime.fromisoformat(_tag("Initiated", found).replace("Z", "+00:00"))
                yield Upload(storage, key[len(prefix) :], began, _tag("UploadId", found))
        following = _tag("NextKeyMarker", text)
        if _tag("IsTruncated", text) != "true" or not following:
            return
        query |= {"key-marker": following, "upload-id-marker": _tag("NextUploadIdMarker", text)}


def _tag(name: str, text: str) -> str:
    found = re.search(f"<{name}>(.*?)</{name}>", text, re.S)
    return html.unescape(found[1]) if found else ""


def _request(connection: Connection, method: str, path: str, query: Mapping[str, str]) -> str:
    """Send a signed request; its answer, empty where nothing is."""
    endpoint = urlsplit(connection.url)
    asked = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in sorted(query.items()))
    path = endpoint.path.rstrip("/") + quote(path)
    headers = _signed(connection, method, endpoint.netloc, path, asked)
    kind = http.client.HTTPSConnection if endpoint.scheme == "https" else http.client.HTTPConnection
    caller = kind(endpoint.netloc, timeout=_TIMEOUT)
    try:
        caller.request(method, f"{path}?{asked}", headers=headers)
        answer = caller.getresponse()
        text = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"The object store at {connection.endpoint} did not answer: {error}") from error
    finally:
        caller.close()
    if answer.status in (401, 403):
        raise DeniedError(f"The object store at {connection.endpoint} does not let us look at unfinished uploads.")
    if answer.status >= 400 and answer.status != 404:
        raise UnavailableError(f"The object store at {connection.endpoint} answered {answer.status} {answer.reason}.")
    return text if answer.status < 400 else ""


def _signed(connection: Connection, method: str, host: str, path: str, query: str) -> dict[str, str]:
    """Headers with an AWS signature of version 4 (AWS General Reference, *Signing AWS API requests*)."""
    if connection.keys is None:
        raise DeniedError(
            f"Unfinished uploads at {connection.endpoint} are only found with an access key.",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
        )
    access, secret, token = connection.keys
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": host, "x-amz-content-sha256": _EMPTY, "x-amz-date": moment}
    if token:
        headers["x-amz-security-token"] = token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{_EMPTY}"
    scope = f"{moment[:8]}/{connection.region}/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"
    return headers | {"authorization": f"AWS4-HMAC-SHA256 {credential}"}
