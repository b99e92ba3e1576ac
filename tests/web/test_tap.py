from __future__ import annotations

import threading
import time

import pytest
import pyvo
import uvicorn

from skybutler.web import ServerSettings, create_app


@pytest.fixture
def address(observed):
    """Address of a real server in a thread."""
    config = uvicorn.Config(create_app(ServerSettings(repositories={"test": observed})), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_pyvo_asks_and_is_answered(address):
    service = pyvo.dal.TAPService(f"{address}/api/tap")
    found = service.search("SELECT * FROM ivoa.ObsCore WHERE CONTAINS(POINT('ICRS', 0.35, 0.2), s_region) = 1")
    assert len(found) >= 3
    assert found[0].getdataurl().startswith(f"{address}/api/datalink/links?ID=butler%3A//test/")
    with pytest.raises(pyvo.DALQueryError, match="Did you mean 'ivoa.ObsCore'"):
        service.search("SELECT * FROM ivoa.ObsCor")
