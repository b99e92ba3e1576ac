"""Where credentials, region and endpoint come from, in which order, and that secrets are not told."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

from skybutler.errors import ConfigError
from skybutler.storage import open_storage
from skybutler.storage.s3_connection import connect
from support.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server

pytestmark = pytest.mark.s3

VARIABLES = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "S3_ENDPOINT_URL", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_CONFIG_FILE",
)  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory without credentials, and an environment without them."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    return tmp_path


def keys(secret: str = SECRET_KEY) -> str:
    return f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {secret}\n"


def works(settings: dict[str, Any] | None = None) -> bool:
    storage = open_storage(f"s3://{BUCKET}/profiles", settings)
    storage.write("x", b"1", overwrite=True)
    return storage.read("x") == b"1"


@pytest.mark.parametrize("profile", ["default", "survey"])
def test_profiles(profile: str, home: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".aws/credentials").write_text(f"[{profile}]\n{keys()}")
    section = profile if profile == "default" else f"profile {profile}"
    (home / ".aws/config").write_text(f"[{section}]\nregion = us-east-1\nendpoint_url = {s3_server.endpoint}\n")
    if profile != "default":
        monkeypatch.setenv("AWS_PROFILE", profile)
    assert works()
    assert works({"profile": profile})


def test_a_file_named_in_the_settings(home: Path, s3_server: S3Server) -> None:
    file = home / "secret.ini"
    file.write_text(f"[default]\n{keys()}")
    assert works({"endpoint": s3_server.endpoint, "region": "us-east-1", "credentials": str(file)})
    assert works({"endpoint": s3_server.endpoint, "region": "us-east-1", "credentials": "~/secret.ini"})


def test_files_of_the_environment(home: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "c").write_text(f"[default]\n{keys()}")
    (home / "d").write_text(f"[default]\nregion = us-east-1\nendpoint_url = {s3_server.endpoint}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(home / "c"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "d"))
    assert works()


def test_the_order(home: Path, s3_environment: S3Server) -> None:
    (home / ".aws/credentials").write_text(f"[default]\n{keys('of no use')}\n[good]\n{keys()}")
    assert works()  # the environment comes before a profile that nobody named
    assert works({"profile": "good"})
    wrong = {"access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY, "profile": "default"}
    assert works(wrong)  # settings come first


def test_a_profile_does_not_change_endpoint_or_region_of_the_environment(home: Path, s3_environment: S3Server) -> None:
    (home / ".aws/config").write_text("[default]\nregion = mars\nendpoint_url = http://127.0.0.1:9\n")
    assert works()
    assert connect(BUCKET, {}).endpoint == s3_environment.endpoint


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"profile": "servey"}, r"no profile 'servey' in .*credentials\. Did you mean 'survey'"),
        ({"profile": "roles"}, r"'roles' has no access key\. .*export-credentials"),
        ({"profile": 3}, "'profile' must be text, not 3"),
        ({"credentials": "/nowhere/keys"}, "no file /nowhere/keys"),
        ({"timeout": "long"}, "'timeout' must be a number of seconds, not 'long'"),
        ({"retry_seconds": -1}, "'retry_seconds' must be a number of seconds, not -1"),
        ({"access_key_id": ["x"]}, "settings for bucket 'butler' are wrong"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], message: str, home: Path) -> None:
    (home / ".aws/credentials").write_text(f"[survey]\n{keys()}")
    (home / ".aws/config").write_text("[profile roles]\nrole_arn = arn:aws:iam::1:role/x\n")
    with pytest.raises(ConfigError, match=message):
        connect(BUCKET, settings)


def test_secrets_of_a_malformed_file_are_not_told(home: Path) -> None:
    file = home / ".aws/credentials"
    file.write_text("aws_secret_access_key = hidden\n")
    with pytest.raises(ConfigError, match="not a file of AWS profiles") as caught:
        connect(BUCKET, {})
    assert "hidden" not in "".join(traceback.format_exception(caught.value))


def test_secrets_of_wrong_settings_are_not_told() -> None:
    secret = "hid" + "den"  # the source is shown too
    with pytest.raises(ConfigError) as caught:
        connect(BUCKET, {"secret_access_key": secret, "colour": "blue"})
    assert secret not in "".join(traceback.format_exception(caught.value))
