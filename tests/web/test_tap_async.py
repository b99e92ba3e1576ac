from __future__ import annotations

import pyvo
import requests

from support.server import serve


def test_pyvo_runs_jobs(observed):
    with serve({"test": observed}) as address, requests.Session() as session:
        service = pyvo.dal.TAPService(f"{address}/api/tap", session=session)
        job = service.submit_job("SELECT TOP 7 access_url FROM ivoa.ObsCore")
        assert job.phase == "PENDING"
        job.run()
        job.wait(phases={"COMPLETED", "ERROR"}, timeout=100)
        job.raise_if_error()
        found = job.fetch_result()
        assert len(found) == 7
        assert found[0]["access_url"].startswith(f"{address}/api/datalink/links?ID=")
        job.delete()
        assert len(service.run_async("SELECT TOP 3 obs_id FROM ivoa.ObsCore")) == 3
