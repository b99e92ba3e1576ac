from __future__ import annotations

import shutil
import socket
import subprocess
import sys

import pytest
import pyvo

from skybutler.errors import ConfigError, MissingExtraError, MissingFileError, UnavailableError
from skybutler.vo.client import get_access_token, get_session, get_siav2_service, get_tap_service, retrieve_query
from skybutler.vo.tokens import TokenStore
from support.observations import make_observations
from support.server import serve

# pyvo leaves answers half read, and their connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

URL = "EXTERNAL_INSTANCE_URL"
COUNT = "SELECT COUNT(*) AS n FROM ivoa.ObsCore"


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch, tmp_path):
    """Start without a server and a token."""
    for name in (URL, "ACCESS_TOKEN", "ACCESS_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """Address of a server that wants tokens, and the tokens."""
    place = tmp_path_factory.mktemp("served")
    make_observations(place / "repo", f"sqlite:///{place / 'registry.sqlite3'}")
    store = TokenStore(place / "tokens.json")
    with serve({"test": str(place / "repo")}, anonymous=False, token_file=store.file) as address:
        yield address, store


def test_tokens_are_found_in_this_order(monkeypatch, tmp_path):
    assert get_access_token() == ""
    (tmp_path / "config" / "skybutler").mkdir()
    (tmp_path / "config" / "skybutler" / "token").write_text("usual.one\n")
    assert get_access_token() == "usual.one"
    (tmp_path / "file").write_text(" of.a-file\n")
    monkeypatch.setenv("ACCESS_TOKEN_FILE", str(tmp_path / "file"))
    assert get_access_token() == "of.a-file"
    monkeypatch.setenv("ACCESS_TOKEN", "of.environment")
    assert get_access_token() == "of.environment"
    assert get_access_token(tmp_path / "file") == "of.a-file"


def test_wrong_tokens(monkeypatch, tmp_path):
    with pytest.raises(MissingFileError, match="none"):
        get_access_token(tmp_path / "none")
    monkeypatch.setenv("ACCESS_TOKEN", "a\nHost: evil")
    with pytest.raises(ConfigError, match="ACCESS_TOKEN"):
        get_access_token()


@pytest.mark.parametrize(
    "url", ["data.example", "ftp://data.example", "http://", "http://a:b@data.example", "http://x:y"]
)
def test_wrong_addresses(monkeypatch, url):
    with pytest.raises(ConfigError, match="EXTERNAL_INSTANCE_URL is not set"):
        get_session()
    monkeypatch.setenv(URL, url)
    with pytest.raises(ConfigError, match="not the address"):
        get_session()


def test_a_server_that_is_not_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with pytest.raises(UnavailableError, match="Is the server up"):
        get_tap_service(url=f"http://127.0.0.1:{port}")


def test_without_pyvo(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvo", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'skybutler\[notebook\]'"):
        get_tap_service(url="http://127.0.0.1:1")


def test_queries_with_a_token(monkeypatch, closed):
    address, store = closed
    monkeypatch.setenv(URL, address)
    monkeypatch.setenv("ACCESS_TOKEN", store.create("ada")[0])
    for label in (None, "test"):
        service = get_tap_service(label)
        with service._session:
            assert service.search(COUNT)["n"][0] > 0
            job = service.submit_job(COUNT)
            job.run().wait(phases=["COMPLETED", "ERROR"], timeout=100)
            again = retrieve_query(job.url)
            with again._session:
                assert again.owner == "ada"
                assert again.fetch_result()["n"][0] > 0
            job.delete()


def test_images_are_searched_with_a_token(monkeypatch, closed):
    address, store = closed
    monkeypatch.setenv(URL, address)
    for label in (None, "test"):
        service = get_siav2_service(label, token=store.create("ada", ["read:image"])[0])
        with service._session:
            assert len(service.search(pos=(0.35, 0.2, 0.1), maxrec=3)) == 3
    with pytest.raises(UnavailableError, match="one of its repositories"):
        get_siav2_service("tset")


def test_refusals(monkeypatch, closed):
    address, store = closed
    monkeypatch.setenv(URL, address)
    service = get_tap_service()
    with service._session, pytest.raises(pyvo.DALFormatError, match="Set ACCESS_TOKEN"):
        service.search(COUNT)
    service = get_tap_service(token=store.create("ada", ["read:image"])[0])
    with service._session, pytest.raises(pyvo.DALFormatError, match="it lacks read:tap"):
        service.search(COUNT)
    with pytest.raises(UnavailableError, match="one of its repositories"):
        get_tap_service("tset")


def test_clients_that_know_passwords_only(closed):
    address, store = closed
    session = pyvo.auth.AuthSession()
    session.credentials.set_password("ada", store.create("ada")[0])
    service = pyvo.dal.TAPService(f"{address}/api/tap", session=session)
    assert service.search(COUNT)["n"][0] > 0


@pytest.mark.skipif(shutil.which("stilts") is None, reason="needs STILTS")
def test_stilts_comes_in_with_a_password(closed):
    address, store = closed
    said = f"-Dstar.basicauth.user=ada -Dstar.basicauth.password={store.create('ada')[0]}"
    query = ["tapquery", "sync=true", f"tapurl={address}/api/tap", f"adql={COUNT}", "ofmt=csv-noheader"]
    done = subprocess.run(["stilts", *said.split(), *query], capture_output=True, text=True, check=False)
    assert int(done.stdout) > 0, done.stderr
