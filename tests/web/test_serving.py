from __future__ import annotations

import json
import stat
import subprocess
import sys

from starlette.testclient import TestClient

from skybutler.web import ServerSettings
from skybutler.web.scratch import scratch_folder
from skybutler.web.serving import _VARIABLE, _keep, app_from_environment


def test_worker_processes_find_the_same_settings(tmp_path, observed, monkeypatch):
    settings = ServerSettings(
        repositories={"test": observed}, work_folder=tmp_path / "work", rows=5, token_file=tmp_path / "t"
    )
    with scratch_folder() as folder:
        file = _keep(settings, folder)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "secret" in json.loads(file.read_text())
        monkeypatch.setenv(_VARIABLE, str(file))
        app = app_from_environment()
    with TestClient(app) as client:
        assert app.state.settings == settings
        found = client.get("/api/tap/sync", params={"QUERY": "SELECT obs_id FROM ivoa.ObsCore", "FORMAT": "csv"})
        assert len(found.text.splitlines()) == 6


def test_what_questions_need_is_loaded_before_the_first_one():
    program = (
        "import gc, sys, threading\n"
        "from skybutler.web.serving import _get_ready\n"
        "usual = gc.get_threshold()[0]\n"
        "_get_ready()\n"
        "[t.join() for t in threading.enumerate() if t is not threading.current_thread()]\n"
        "print(gc.get_threshold()[0] > usual, 'skybutler.vo.long_answers' in sys.modules, 'pyarrow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 3
