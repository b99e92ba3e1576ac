"""Tokens by which a server knows who asks: made, listed, taken back, recognized.  Knows neither HTTP nor repositories.

They are kept in one JSON file that only its owner can read, which all processes of a server look at whenever it has
changed.  What is kept of a token is a SHA-256 digest: it is random enough that nothing slower is needed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import stat
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hmac import compare_digest
from pathlib import Path

from skybutler.errors import (
    ConfigError,
    InvalidError,
    MissingFileError,
    NotFoundError,
    ReadOnlyError,
    UnauthorizedError,
    nearest,
)

__all__ = ["SCOPES", "Token", "TokenStore", "default_token_file"]

SCOPES: Mapping[str, str] = {
    "read:tap": "ask queries, and have jobs of them",
    "read:image": "find, fetch and cut out images",
}
"""What a token can allow."""
TOKENS = "SKYBUTLER_TOKENS"
_NOBODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token; times are seconds since 1970, UTC.

    Parameters
    ----------
    id : `str`
        Begins the token, and names it.
    owner : `str`
        Whose it is, and who owns the jobs made with it.
    scopes : sequence of `str`
        Of `SCOPES`.
    created : `float`
    expires : `float` or `None`
        When it is no longer good.
    digest : `str`
        SHA-256 of the whole token, in hexadecimal.
    note : `str`
        What it is for.
    """

    id: str
    owner: str
    scopes: Sequence[str]
    created: float
    expires: float | None
    digest: str
    note: str = ""

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= time.time()


def default_token_file() -> Path:
    """The file of tokens unless one is named: ``SKYBUTLER_TOKENS``, else one among the user's configuration files."""
    if named := os.environ.get(TOKENS):
        return Path(named)
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "skybutler" / "tokens.json"


class TokenStore:
    """The tokens of a file.

    Parameters
    ----------
    file : path
        Need not exist: there are no tokens then.
    """

    def __init__(self, file: str | Path) -> None:
        self.file = Path(file)
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] | None = None
        self._tokens: dict[str, Token] = {}

    def create(
        self, owner: str, scopes: Sequence[str] = tuple(SCOPES), *, seconds: float | None = None, note: str = ""
    ) -> tuple[str, Token]:
        """Make a token.

        Parameters
        ----------
        owner : `str`
            Whose it is.
        scopes : sequence of `str`
            What it allows.
        seconds : `float`, optional
            How long it is good; for ever if not given.
        note : `str`
            What it is for.

        Returns
        -------
        text : `str`
            The token, which nobody can find out again.
        token : `Token`
            What is kept of it.

        Raises
        ------
        InvalidError
            A scope is unknown, or the owner cannot be one.
        ReadOnlyError
            The file cannot be written.
        """
        for scope in scopes:
            if scope not in SCOPES:
                hint = nearest(scope, SCOPES) or f"There are: {', '.join(SCOPES)}."
                raise InvalidError(f"There is no scope '{scope}'.", hint=hint)
        if not owner.strip() or not owner.isprintable() or len(owner) > 200:
            raise InvalidError(f"{owner[:60]!r} cannot be the name of an owner.", hint="Such as a login name.")
        if not scopes or (seconds is not None and seconds <= 0):
            raise InvalidError("A token that allows nothing, or is never good, is of no use.")
        with self._changing() as tokens:
            own = secrets.token_hex(4)
            while own in tokens:
                own = secrets.token_hex(4)
            text = f"{own}.{secrets.token_urlsafe(32)}"
            now = time.time()
            expires = None if seconds is None else now + seconds
            token = Token(own, owner.strip(), tuple(dict.fromkeys(scopes)), now, expires, _digest(text), note)
            tokens[own] = token
        return text, token

    def revoke(self, id: str) -> Token:
        """Take a token back, from now on.

        Raises
        ------
        NotFoundError
            There is none of this name.
        ReadOnlyError
            The file cannot be written.
        """
        with self._changing() as tokens:
            name = id.partition(".")[0]  # the whole token will do
            if name not in tokens:
                raise NotFoundError(f"There is no token '{name[:60]}' in {self.file}.", hint=nearest(name, tokens))
            return tokens.pop(name)

    def list(self) -> Sequence[Token]:
        """All tokens, the oldest first.

        Raises
        ------
        ConfigError
            The file is malformed, or others can read it.
        """
        return sorted(self._current().values(), key=lambda t: t.created)

    def recognize(self, text: str) -> Token:
        """What is kept of a token.

        Raises
        ------
        UnauthorizedError
            It is not known, or no longer good.
        """
        token = self._current().get(text.partition(".")[0])
        good = compare_digest(_digest(text), token.digest if token is not None else _NOBODY)
        if token is None or not good:
            raise UnauthorizedError("The token is not known here.", hint="A new one comes from: butler token create")
        if token.is_expired:
            raise UnauthorizedError("The token has expired.", hint="A new one comes from: butler token create")
        return token

    # ------------------------------------------------------------------- file
    def _current(self) -> Mapping[str, Token]:
        """Tokens by id, read again if the file has changed."""
        try:
            status = self.file.stat()
        except OSError:
            return {}
        now = (status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode)
        with self._lock:
            if now != self._seen:
                self._tokens, self._seen = _read(self.file), now
            return self._tokens

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Token]]:
        """Tokens by id, written back at the end; one process at a time."""
        folder = self.file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # the folder: the file itself is replaced, so that a lock on it would be one on yesterday's
            descriptor = os.open(folder, os.O_RDONLY)
        except OSError as error:
            raise ReadOnlyError(f"{self.file} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            tokens = _read(self.file) if self.file.exists() else {}
            yield tokens
            _write(self.file, tokens)
        finally:
            os.close(descriptor)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _read(file: Path) -> dict[str, Token]:
    try:
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigError(f"{file} can be read by others.", hint=f"chmod 600 {file}")
        content = json.loads(file.read_text(encoding="utf-8"))
        tokens = [Token(**{**entry, "scopes": tuple(entry["scopes"])}) for entry in content["tokens"]]
    except OSError as error:
        raise MissingFileError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"{file} is not a file of tokens: {error}.") from error
    return {token.id: token for token in tokens}


def _write(file: Path, tokens: Mapping[str, Token]) -> None:
    text = json.dumps({"tokens": [asdict(token) for token in tokens.values()]}, indent=1)
    try:
        descriptor, scratch = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)  # for its owner only
        try:
            with open(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(scratch, file)
        except BaseException:
            os.unlink(scratch)
            raise
    except OSError as error:
        raise ReadOnlyError(f"{file} cannot be written: {error.strerror}.") from error
