"""User and password of a database server: from the URL, or a file of patterns that Rubin's software reads too.

Knows no driver; what is not found here the driver looks for by itself (``PGPASSWORD``, ``PGPASSFILE``, ``~/.pgpass``).
Passwords are handed to the driver and to nobody else: texts that people may see go through `without_password`.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from skybutler.errors import ConfigError, DeniedError

__all__ = ["AUTH_TEXT", "Credentials", "auth_file", "find_credentials", "read_entries", "without_password"]

AUTH_FILE = "LSST_DB_AUTH"
"""Variable that names another file than `DEFAULT_AUTH_FILE`."""
AUTH_TEXT = "LSST_DB_AUTH_CREDENTIALS"
"""Variable that holds the content of such a file, as JSON."""
DEFAULT_AUTH_FILE = "~/.lsst/db-auth.yaml"

_SCHEMES = ("postgresql", "postgres")
_HEAD = re.compile(r"^(\w[\w+.-]*://)(.*)@", re.DOTALL)
_QUERY = re.compile(r"(?i)((?:^|[?&\s])\w*password\s*=\s*)('(?:[^'\\]|\\.)*'|[^&\s]*)")

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was found: the password is never part of any text of it."""

    user: str | None
    password: str | None = field(repr=False)
    source: str
    """Where it was found, in words; empty if nowhere."""


def without_password(url: str) -> str:
    """A database URL, or ``key=value`` words, that may be shown; rather too much is hidden than too little.

    Passwords with characters that should have been percent-encoded are hidden as well, in whatever way the rest of the
    URL is then to be read.
    """
    found = _HEAD.match(url)
    if found:
        user, colon, _ = found[2].partition(":")
        url = f"{found[1]}{user}{':***' if colon else ''}@{url[found.end() :]}"
    return _QUERY.sub(r"\1***", url)


def auth_file() -> str:
    """The file that would be read, whether or not it exists."""
    return os.path.expanduser(os.path.expandvars(os.environ.get(AUTH_FILE) or DEFAULT_AUTH_FILE))


def read_entries() -> tuple[str, list[Entry]]:
    """Where credentials are kept, and all of them; nothing if there is no such file.

    Raises
    ------
    DeniedError
        Others may read the file.
    ConfigError
        It is malformed.  What is in it is not in the message.
    """
    if text := os.environ.get(AUTH_TEXT):
        try:
            return AUTH_TEXT, _checked(json.loads(text), AUTH_TEXT)
        except json.JSONDecodeError:
            raise ConfigError(f"The variable {AUTH_TEXT} does not hold valid JSON.") from None
    path = auth_file()
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return path, []
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise DeniedError(
            f"{path} holds passwords and may be used by others than you (mode {stat.S_IMODE(mode):04o}).",
            hint=f"Close it with: chmod 600 {path}",
        )
    return path, _checked(_parsed(path), path)


def _parsed(path: str) -> Any:
    import yaml

    from skybutler.safe_yaml import parse_yaml

    try:
        with open(path, encoding="utf-8") as stream:
            return parse_yaml(stream.read())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", near line {mark.line + 1}" if mark is not None else ""
        raise ConfigError(f"{path} is not valid YAML{where}.") from None  # the parser would quote the line


def _checked(content: Any, source: str) -> list[Entry]:
    form = "It must be a list of entries with 'url', 'password' and perhaps 'username'."
    if content is None:
        return []
    if not isinstance(content, list):
        raise ConfigError(f"{source} is no list of credentials.", hint=form)
    for number, entry in enumerate(content, 1):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("url"), str) or "password" not in entry:
            raise ConfigError(f"{source}: entry {number} has no url or no password.", hint=form)
        parts = urlsplit(entry["url"])
        if not parts.scheme or "+" in parts.scheme or not parts.hostname:
            raise ConfigError(
                f"{source}: the url of entry {number}, '{without_password(entry['url'])}', names no database and host.",
                hint="Write for example postgresql://*.example.org/name, without a driver.",
            )
    return content


def find_credentials(parameters: Mapping[str, Any]) -> Credentials:
    """User and password for a PostgreSQL connection.

    The password of the URL comes first.  Then the first entry of the file whose pattern fits counts: host and database
    may hold ``*`` and ``?``; user, port and database that a pattern leaves out fit all.  An entry's ``username`` is
    used where the URL names none.

    Parameters
    ----------
    parameters : mapping
        ``host``, ``port``, ``dbname``, ``user`` and ``password`` of the URL, as far as they are in it.

    Raises
    ------
    DeniedError, ConfigError
        As for `read_entries`.
    """
    user, host, database = parameters.get("user"), parameters.get("host"), parameters.get("dbname")
    if parameters.get("password"):
        return Credentials(user, parameters["password"], "the URL")
    if not host or not database:
        return Credentials(user, None, "")
    source, entries = read_entries()
    for number, entry in enumerate(entries, 1):
        if _fits(urlsplit(entry["url"]), host, parameters.get("port"), database, user):
            chosen = user or entry.get("username")
            where = f"entry {number} of {source}"
            return Credentials(str(chosen) if chosen else None, str(entry["password"]), where)
    return Credentials(user, None, "")


def _fits(pattern: SplitResult, host: str, port: Any, database: str, user: str | None) -> bool:
    if pattern.scheme not in _SCHEMES or not fnmatchcase(host.lower(), pattern.hostname or ""):
        return False
    name = pattern.path.lstrip("/")
    if name and not fnmatchcase(database, name):
        return False
    if pattern.username is not None and unquote(pattern.username) != user:
        return False
    return _port(pattern) in (None, str(port) if port else "")


def _port(pattern: SplitResult) -> str | None:
    """Port of a pattern as text; one that is no number fits nothing."""
    try:
        return None if pattern.port is None else str(pattern.port)
    except ValueError:
        return "?"
