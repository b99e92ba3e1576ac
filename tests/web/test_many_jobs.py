"""A thousand jobs, and servers that are killed while jobs run: real servers in processes of their own."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import requests
from astropy.io import fits

from skybutler.images.stencils import SkyCircle
from support.sky_images import CENTRE, an_exposure, make_sky_images

pytestmark = pytest.mark.skipif(not os.path.exists("/proc"), reason="looks at processes in /proc")

NS = "{http://www.ivoa.net/xml/UWS/v1.0}"
N = 1000
ABORTED, WRONG = range(3, N, 20), range(7, N, 50)
SERVER = """
import sys
from pathlib import Path
from skybutler.vo import uws_store
from skybutler.web import ServerSettings
from skybutler.web.serving import serve
if __name__ == "__main__":
    uws_store._ALIVE_S = 2.0
    place, work, port, workers = sys.argv[1:]
    settings = ServerSettings(repositories={"sky": place}, work_folder=Path(work), cutout_workers=1)
    serve(settings, "127.0.0.1", int(port), workers=int(workers))
"""


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    place = tmp_path_factory.mktemp("jobs") / "repo"
    return SimpleNamespace(place=place, **make_sky_images(place))


class Server:
    """A server in a process of its own, and a client of it for each thread."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.jobs = process, f"http://127.0.0.1:{port}/api/cutout/jobs"
        self._local = threading.local()

    @property
    def session(self) -> requests.Session:
        return self._local.__dict__.setdefault("session", requests.Session())

    def processes(self) -> list[int]:
        """All of them, by number."""
        found = [self.process.pid]
        for pid in found:  # which grows
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, task.read_text().split())
        return found

    def cutters(self) -> list[int]:
        """Processes that make cut-outs."""
        return [pid for pid in self.processes() if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def memory(self) -> int:
        """Bytes."""
        pages = (int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.processes())
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def create(self, dataset: object, circle: str, **more: str) -> str:
        data = {"ID": str(dataset), "CIRCLE": circle, **more}
        found = self.session.post(self.jobs, data=data, allow_redirects=False)
        assert found.status_code == 303, found.text
        return str(found.headers["Location"])

    def phase(self, job: str) -> str:
        return self.session.get(f"{job}/phase").text

    def listed(self, **conditions: Any) -> list[ET.Element]:
        found = self.session.get(self.jobs, params=conditions)
        assert found.status_code == 200, found.text
        return list(ET.fromstring(found.content))

    def wait(self, *phases: str) -> None:
        """Wait until no job is in one of these phases."""
        until = time.monotonic() + 120
        while self.listed(PHASE=list(phases), LAST=1):
            assert time.monotonic() < until
            time.sleep(0.1)


@contextmanager
def serving(place: Path, work: Path, workers: int = 1) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SERVER, str(place), str(work), str(port), str(workers)]
    with subprocess.Popen(command) as process:
        server = Server(process, port)
        try:
            until = time.monotonic() + 100
            while True:
                with suppress(requests.ConnectionError):
                    server.session.get(server.jobs, timeout=10)
                    break
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.1)
            yield server
        finally:
            server.session.close()
            if process.poll() is None:
                process.terminate()


def place_of(i: int) -> tuple[float, float, float]:
    """A circle for each job, no two of them equal."""
    return CENTRE[0] + 1e-6 * i, CENTRE[1], 0.0005 + 1e-6 * (i % 100)


def test_a_thousand_jobs(images, tmp_path):
    with serving(images.place, tmp_path / "work", workers=2) as server:

        def submit(i: int) -> str:
            where = "10 10 1" if i in WRONG else " ".join(map(repr, place_of(i)))
            job = server.create(images.calexp, where, PHASE="RUN", RUNID=f"job-{i}")
            if i in ABORTED:
                server.session.post(f"{job}/phase", data={"PHASE": "ABORT"})
            return job

        with ThreadPoolExecutor(8) as pool:
            jobs = list(pool.map(submit, range(N // 4)))
            server.wait("QUEUED", "EXECUTING")
            warm = server.memory()
            jobs += pool.map(submit, range(N // 4, N))
            phases = Counter(ref.findtext(f"{NS}phase") for ref in server.listed())
            assert phases.total() == N
            server.wait("QUEUED", "EXECUTING")
            assert server.memory() - warm < 60 << 20
            ended = list(pool.map(server.phase, jobs))

        for i, phase in enumerate(ended):
            if i in ABORTED:  # some were done before
                assert phase in ("ABORTED", "ERROR" if i in WRONG else "COMPLETED")
            else:
                assert phase == ("ERROR" if i in WRONG else "COMPLETED"), i
        assert "ABORTED" in ended
        exposure = an_exposure()
        for i in (i for i in range(0, N, 37) if ended[i] == "COMPLETED"):
            with fits.open(io.BytesIO(server.session.get(f"{jobs[i]}/results/cutout").content)) as hdus:
                assert np.array_equal(hdus[1].data, exposure.cutout(SkyCircle(*place_of(i))).image.array)
        pages_of_the_list(server, jobs)


def pages_of_the_list(server: Server, jobs: list[str]) -> None:
    whole = server.listed()
    assert {ref.get("id") for ref in whole} == {job.rpartition("/")[2] for job in jobs}
    times = [ref.findtext(f"{NS}creationTime") for ref in whole]
    assert times == sorted(times, key=str, reverse=True)
    assert [ref.get("id") for ref in server.listed(LAST=10)] == [ref.get("id") for ref in whole[:10]]
    newer = server.listed(AFTER=times[500])
    assert [ref.get("id") for ref in newer] == [ref.get("id") for ref in whole[: times.index(times[500])]]
    assert len(server.listed(PHASE="ERROR", LAST=5)) == 5


def wait_for_phase(server: Server, job: str, *phases: str) -> str:
    until = time.monotonic() + 100
    while (phase := server.phase(job)) not in phases:
        assert time.monotonic() < until, phase
        time.sleep(0.05)
    return phase


def hang(server: Server, dataset: object) -> tuple[int, str]:
    """A job under way that does not go on, and the process that is to blame."""
    done = server.create(dataset, "55.7 -32.3 0.001", PHASE="RUN")
    wait_for_phase(server, done, "COMPLETED")
    (cutter,) = server.cutters()
    os.kill(cutter, signal.SIGSTOP)
    job = server.create(dataset, "55.7 -32.3 0.001", PHASE="RUN")
    wait_for_phase(server, job, "EXECUTING")
    return cutter, job


def lives(pid: int) -> bool:
    """Whether a process has not ended; in containers nobody may care for what is left of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_jobs_of_a_server_that_is_killed_end_and_those_that_waited_run(images, tmp_path):
    with serving(images.place, tmp_path / "work") as server:
        cutter, running = hang(server, images.calexp)
        others = [server.create(images.calexp, "55.7 -32.3 0.001", PHASE="RUN") for _ in range(8)]
        pending = server.create(images.calexp, "55.7 -32.3 0.001")
        wait_for_phase(server, others[2], "EXECUTING")
        assert server.phase(others[7]) == "QUEUED"
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        os.kill(cutter, signal.SIGCONT)
        until = time.monotonic() + 100
        while lives(cutter):  # until it has seen that it is alone
            assert time.monotonic() < until
            time.sleep(0.05)
    with serving(images.place, tmp_path / "work") as server:
        running, pending, *others = (f"{server.jobs}/{job.rpartition('/')[2]}" for job in (running, pending, *others))
        ended = [wait_for_phase(server, job, "COMPLETED", "ERROR") for job in (running, *others)]
        assert ended == ["ERROR"] * 4 + ["COMPLETED"] * 5
        assert "start it anew" in server.session.get(f"{running}/error").text
        assert server.phase(pending) == "PENDING"
        server.session.post(f"{pending}/phase", data={"PHASE": "RUN"})
        assert wait_for_phase(server, pending, "COMPLETED", "ERROR") == "COMPLETED"


def test_a_server_that_is_told_to_stop_tells_what_became_of_its_jobs(images, tmp_path):
    with serving(images.place, tmp_path / "work") as server:
        _, running = hang(server, images.calexp)
        server.process.terminate()
        server.process.wait()
    with serving(images.place, tmp_path / "work") as server:
        found = server.session.get(f"{server.jobs}/{running.rpartition('/')[2]}/error")
        assert "The server was stopped while this job ran" in found.text


def test_the_job_of_a_process_that_is_killed_ends_and_the_next_one_runs(images, tmp_path):
    with serving(images.place, tmp_path / "work") as server:
        cutter, running = hang(server, images.calexp)
        os.kill(cutter, signal.SIGKILL)
        assert wait_for_phase(server, running, "COMPLETED", "ERROR") == "ERROR"
        assert "The process that did this has died" in server.session.get(f"{running}/error").text
        again = server.create(images.calexp, "55.7 -32.3 0.001", PHASE="RUN")
        assert wait_for_phase(server, again, "COMPLETED", "ERROR") == "COMPLETED"
