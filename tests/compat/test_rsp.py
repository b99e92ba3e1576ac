"""``lsst.rsp``: services of a real server under the names of notebooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.compat.rsp import get_access_token, get_pyvo_auth, get_tap_service
from skybutler.errors import UnavailableError
from support.observations import make_observations
from support.server import serve


def test_the_services_of_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_observations(tmp_path / "repo", f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    monkeypatch.delenv("ACCESS_TOKEN", raising=False)
    monkeypatch.delenv("ACCESS_TOKEN_FILE", raising=False)
    with serve({"dp02": str(tmp_path / "repo")}) as address:
        monkeypatch.setenv("EXTERNAL_INSTANCE_URL", address)
        for names, place in (((), ""), (("tap",), ""), (("obstap",), ""), (("dp02",), "/repo/dp02")):
            service = get_tap_service(*names)
            with service._session:
                assert service.baseurl == f"{address}{place}/api/tap"
                assert len(service.search("SELECT TOP 2 obs_id FROM ivoa.ObsCore")) == 2
        with pytest.raises(UnavailableError):
            get_tap_service("ssotap")
        monkeypatch.setenv("ACCESS_TOKEN", "a.token")
        assert get_access_token() == "a.token"
        with get_pyvo_auth() as session:
            assert session.is_ours(f"{address}/api/datalink/links?ID=x")
