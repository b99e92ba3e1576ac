"""Examines what leads to a repository: labels, configuration, credentials.  Opens neither database nor datastore."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from typing import Any

from skybutler.butler.config import CONFIG_NAME, RepositoryConfig, idle_keys, load_yaml
from skybutler.butler.labels import INDEX, TEXT, known_repositories, resolve_label
from skybutler.errors import ButlerError
from skybutler.registry.credentials import find_credentials, read_entries, without_password

from .finding import Finding

__all__ = ["examine_config", "examine_credentials", "examine_labels", "failure"]

_DRIVER = ("PGPASSWORD", "PGPASSFILE", "PGUSER", "PGHOST", "PGSERVICE", "PGSSLMODE")
_STORE = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE")
_SECRET = ("password", "secret", "token", "access_key")


def failure(check: str, error: ButlerError | OSError, means: str = "") -> Finding:
    """A finding of an error that was raised."""
    if isinstance(error, ButlerError):
        return Finding(check, "error", error.message or str(error), means, error.hint)
    return Finding(check, "error", f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), means)


# --------------------------------------------------------------------- labels
def examine_labels() -> Iterator[Finding]:
    """Whether the index of labels can be read."""
    source = TEXT if os.environ.get(TEXT) else os.environ.get(INDEX)
    try:
        known = known_repositories()
    except ButlerError as error:
        yield failure("labels", error, "No repository can be opened by its label.")
        return
    if source is None:
        yield Finding("labels", "ok", f"none: {INDEX} is not set")
    else:
        yield Finding("labels", "ok", f"{len(known)} in {source}: {', '.join(sorted(known)[:12])}")


# -------------------------------------------------------------- configuration
def examine_config(place: str) -> tuple[RepositoryConfig | None, list[Finding]]:
    """The configuration of a repository, if it can be read, and what there is to say about it."""
    found: list[Finding] = []
    try:
        path = resolve_label(place)
        if path != place:
            found.append(Finding("label", "ok", f"'{place}' stands for {path}"))
        config = RepositoryConfig.read(path)
    except (ButlerError, OSError) as error:
        return None, [*found, failure("configuration", error, "Without it nothing of the repository can be found.")]
    file = path if path.endswith((".yaml", ".yml")) else os.path.join(path, CONFIG_NAME)
    found += [*_values(config, load_yaml(file), file), *_openness(config, file)]
    return config, found


def _values(config: RepositoryConfig, content: Mapping[str, Any], file: str) -> Iterator[Finding]:
    """Each value and where it came from."""
    registry, datastore = content.get("registry") or {}, content.get("datastore") or {}
    yield Finding("configuration", "ok", f"{file} can be read")
    for name, shown, given in (
        ("root", config.root, "root" in content),
        ("registry.db", without_password(config.resolved(config.registry)), "db" in registry),
        ("registry.namespace", config.namespace, "namespace" in registry),
        ("datastore.root", config.resolved(config.datastore_root), "root" in datastore),
    ):
        if shown is not None:
            yield Finding("configuration", "ok", f"{name} = {shown} ({'from the file' if given else 'default'})")
    more = [key for key in config.datastore if config.datastore[key]]
    if more or config.storage_classes:
        names = [*(f"datastore.{key}" for key in more), *(["storage_classes"] if config.storage_classes else [])]
        yield Finding("configuration", "ok", f"also set in the file: {', '.join(names)}")
    idle = idle_keys(content)
    if idle:
        yield Finding("configuration", "ok", f"keys of lsst.daf.butler that mean nothing here: {', '.join(idle)}")


def _openness(config: RepositoryConfig, file: str) -> Iterator[Finding]:
    """Whether secrets stand in a file that others read."""
    mode = stat.S_IMODE(os.stat(file).st_mode)
    has_password = without_password(config.registry) != config.registry
    if (has_password or _has_secret(config.datastore)) and mode & 0o077:
        yield Finding(
            "configuration",
            "warning",
            f"{file} holds a password or a secret key and can be read by others (mode {mode:04o})",
            "Everybody who may read it can use the database or the object store as you.",
            "Move passwords to ~/.lsst/db-auth.yaml and keys to the environment or a profile; or: chmod 600 " + file,
        )
    if mode & 0o002:
        yield Finding(
            "configuration", "warning", f"{file} can be changed by everybody", "It says which database is used.",
            f"chmod o-w {file}",
        )  # fmt: skip


def _has_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(any(word in str(k).lower() for word in _SECRET) or _has_secret(v) for k, v in value.items())
    return any(map(_has_secret, value)) if isinstance(value, list) else False


# ---------------------------------------------------------------- credentials
def examine_credentials(config: RepositoryConfig | None) -> Iterator[Finding]:
    """Where passwords and keys are found; they themselves are never part of a finding."""
    url = config.resolved(config.registry) if config else ""
    try:
        source, entries = read_entries()
        if entries:
            yield Finding("credentials", "ok", f"{source}: {len(entries)} entries, closed to others")
        if url.startswith("postgres"):
            yield _for_server(url)
    except ButlerError as error:
        yield failure("credentials", error, "It is not used, and neither is the database it has a password for.")
    yield from _password_file()
    given = [name for name in (*_DRIVER, *_STORE) if os.environ.get(name)]
    if given:
        yield Finding("credentials", "ok", f"set in the environment: {', '.join(given)}")


def _for_server(url: str) -> Finding:
    from skybutler.registry.postgresql_connection import parameters_of

    parameters = parameters_of(url)
    found = find_credentials(parameters)
    target = f"{parameters.get('host') or 'the local server'}/{parameters.get('dbname') or ''}"
    if found.source:
        return Finding("credentials", "ok", f"the password for {target} comes from {found.source}")
    return Finding(
        "credentials", "ok", f"no password for {target} here: the driver looks in PGPASSWORD, PGPASSFILE, ~/.pgpass"
    )


def _password_file() -> Iterator[Finding]:
    """Whether the driver's own file is one that it uses."""
    path = os.path.expanduser(os.environ.get("PGPASSFILE") or "~/.pgpass")
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        if os.environ.get("PGPASSFILE"):
            says = f"PGPASSFILE names {path}, which cannot be found"
            yield Finding("credentials", "warning", says, "No password comes from it.")
        return
    if mode & 0o077:
        yield Finding(
            "credentials",
            "warning",
            f"{path} may be used by others (mode {mode:04o})",
            "PostgreSQL's driver passes over such a file without a word.",
            f"chmod 600 {path}",
        )
    else:
        yield Finding("credentials", "ok", f"{path}: closed to others")
