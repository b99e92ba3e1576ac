from __future__ import annotations

import tempfile
import threading
import time

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from skybutler.errors import ConflictError, NotFoundError, UnavailableError
from skybutler.vo import uws_store
from skybutler.vo.uws import JobResult, Phase
from skybutler.vo.uws_store import JobStore


@pytest.fixture
def store(tmp_path):
    store = JobStore(tmp_path / "jobs")
    yield store
    store.close()


def test_a_job_from_its_making_to_its_end(store):
    job = store.create("tap", "dp02", [("query", "SELECT 1"), ("UPLOAD", "a,b")], run_id="mine")
    assert (job.phase, job.run_id, job.results) == (Phase.PENDING, "mine", ())
    assert store.claim(["tap"], "w1") is None
    assert store.start(job).phase is Phase.QUEUED
    assert store.claim(["soda"], "w1") is None
    claimed = store.claim(["soda", "tap"], "w1")
    assert (claimed.id, claimed.phase, claimed.parameters) == (job.id, Phase.EXECUTING, job.parameters)
    assert store.claim(["tap"], "w2") is None
    assert store.is_wanted(claimed, "w1")
    store.finish(claimed, "w1", [JobResult("result", "result.vot", "x/y", 7)])
    ended = store.get(job.id, "tap")
    assert (ended.phase, ended.results[0].size, ended.error) == (Phase.COMPLETED, 7, None)
    assert ended.created <= ended.started <= ended.ended
    assert not store.is_wanted(claimed, "w1")
    with pytest.raises(ConflictError, match="COMPLETED"):
        store.start(ended)


def test_jobs_are_their_owners(store):
    job = store.create("tap", "a", [], owner="me")
    other = store.create("tap", "a", [])
    for owner in (None, "you"):
        with pytest.raises(NotFoundError):
            store.get(job.id, "tap", owner)
    with pytest.raises(NotFoundError):
        store.get(job.id, "soda", "me")
    assert [j.id for j in store.list_jobs("tap", "a", "me")] == [job.id]
    assert [j.id for j in store.list_jobs("tap", "a")] == [other.id]
    assert store.list_jobs("tap", "b") == []


def test_lists_are_by_phase_time_and_number(store):
    jobs = []
    for _ in range(5):
        jobs.append(store.create("tap", "a", []))
        time.sleep(0.002)  # times of jobs are whole milliseconds
    store.start(jobs[2])
    newest = [job.id for job in reversed(jobs)]
    assert [j.id for j in store.list_jobs("tap", "a")] == newest
    assert [j.id for j in store.list_jobs("tap", "a", last=2)] == newest[:2]
    assert [j.id for j in store.list_jobs("tap", "a", phases=[Phase.QUEUED])] == [jobs[2].id]
    assert [j.id for j in store.list_jobs("tap", "a", after=jobs[3].created)] == [jobs[4].id]


def test_an_aborted_job_stays_so(store):
    job = store.start(store.create("tap", "a", []))
    claimed = store.claim(["tap"], "w")
    assert store.abort(job).phase is Phase.ABORTED
    assert not store.is_wanted(claimed, "w")
    store.finish(claimed, "w", error="late")
    assert store.get(job.id, "tap").phase is Phase.ABORTED
    assert store.abort(job).error is None


def test_parameters_change_until_it_runs(store):
    job = store.create("tap", "a", [("query", "1")], duration=60)
    job = store.change(job, parameters=[("query", "2")], duration=30, destruction=time.time() + 1e9)
    assert (job.parameters, job.duration) == ((("query", "2"),), 30)
    assert job.destruction <= time.time() + 7 * 86_400 + 1
    with pytest.raises(ConflictError, match="no longer"):
        store.change(store.start(job), parameters=[])


def test_jobs_of_a_worker_that_is_gone_end(store, monkeypatch):
    job = store.start(store.create("tap", "a", []))
    store.claim(["tap"], "w")
    store.folder_of(job.id).mkdir(parents=True)
    (store.folder_of(job.id) / "result.csv").write_text("1\n")
    assert store.tidy() == 0
    assert store.folder_of(job.id).exists()
    monkeypatch.setattr(uws_store, "_ALIVE_S", -1.0)
    assert store.tidy() == 1
    assert not store.folder_of(job.id).exists()
    lost = store.get(job.id, "tap")
    assert lost.phase is Phase.ERROR
    assert "restarted" in str(lost.error)


def test_jobs_are_destroyed_with_their_results(store):
    job = store.create("tap", "a", [])
    folder = store.folder_of(job.id)
    folder.mkdir(parents=True)
    (folder / "result").write_text("x")
    store.change(job, destruction=time.time() - 1)
    with pytest.raises(NotFoundError):
        store.get(job.id, "tap")
    assert store.list_jobs("tap", "a") == []
    assert store.tidy() == 1
    assert not folder.exists()


def test_files_of_a_job_that_is_gone_are_removed_at_its_end(store):
    for end in (store.delete, store.abort):
        store.start(store.create("tap", "a", []))
        job = store.claim(["tap"], "w1")
        end(job)
        store.folder_of(job.id).mkdir(parents=True, exist_ok=True)
        (store.folder_of(job.id) / "result.csv").write_text("1\n")
        store.finish(job, "w1", [JobResult("result", "result.csv", "text/csv", 2)])
        assert not store.folder_of(job.id).exists()


def test_files_of_a_job_that_fails_are_removed(store):
    store.start(store.create("tap", "a", []))
    job = store.claim(["tap"], "w1")
    store.folder_of(job.id).mkdir(parents=True)
    (store.folder_of(job.id) / "result.csv").write_text("1\n")
    store.finish(job, "w1", error="The disk is full.")
    assert not store.folder_of(job.id).exists()
    assert store.get(job.id, "tap").error == "The disk is full."


def test_folders_of_no_job_are_removed_by_the_next_server(store):
    kept = store.create("tap", "a", [])
    for folder in (store.folder_of(kept.id), store.folder_of("0" * 32)):
        folder.mkdir(parents=True)
        (folder / "result.csv").write_text("1\n")
    JobStore(store.folder_of(kept.id).parents[1]).close()
    assert store.folder_of(kept.id).exists()
    assert not store.folder_of("0" * 32).exists()


def test_too_many_jobs_are_refused(tmp_path):
    store = JobStore(tmp_path, most_active=2)
    jobs = [store.create("tap", "a", []) for _ in range(3)]
    store.start(jobs[0])
    store.start(jobs[1])
    with pytest.raises(UnavailableError, match="2 jobs"):
        store.start(jobs[2])
    assert store.get(jobs[2].id, "tap").phase is Phase.PENDING
    store.close()


def test_every_job_is_claimed_once(store, tmp_path):
    ids = [store.start(store.create("tap", "a", [])).id for _ in range(60)]
    claimed: list[str] = []

    def work(name: str) -> None:
        mine = JobStore(tmp_path / "jobs")
        while (job := mine.claim(["tap"], name)) is not None:
            claimed.append(job.id)
            mine.finish(job, name)
        mine.close()

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(ids)


class Jobs(RuleBasedStateMachine):
    """Phases only ever move forward, and a store opened anew has the same jobs."""

    jobs = Bundle("jobs")
    ORDER = [Phase.PENDING, Phase.QUEUED, Phase.EXECUTING]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = JobStore(self.folder.name)
        self.seen: dict[str, Phase] = {}

    @rule(target=jobs)
    def create(self):
        job = self.store.create("tap", "a", [])
        self.seen[job.id] = job.phase
        return job

    @rule(job=jobs)
    def start(self, job):
        try:
            self.store.start(job)
        except ConflictError:
            assert self.seen[job.id].is_final

    @rule(job=jobs)
    def abort(self, job):
        self.store.abort(job)

    @rule(fails=st.booleans())
    def work(self, fails):
        job = self.store.claim(["tap"], "w")
        if job is not None:
            self.store.finish(job, "w", error="bad" if fails else None)

    @rule(job=consumes(jobs))
    def delete(self, job):
        self.store.delete(job)
        del self.seen[job.id]

    @rule()
    def reopen(self):
        self.store.close()
        self.store = JobStore(self.folder.name)

    @invariant()
    def phases_move_forward(self):
        now = {job.id: job.phase for job in self.store.list_jobs("tap", "a")}
        assert now.keys() == self.seen.keys()
        for job_id, phase in now.items():
            before = self.seen[job_id]
            assert (
                phase == before
                or (not before.is_final and phase.is_final)
                or (before in self.ORDER and phase in self.ORDER and self.ORDER.index(phase) > self.ORDER.index(before))
            )
        self.seen = now

    def teardown(self):
        self.store.close()
        self.folder.cleanup()


TestJobs = Jobs.TestCase
TestJobs.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
