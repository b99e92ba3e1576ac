"""How to reach a bucket: endpoint, region, credentials, patience, from settings, environment and files of AWS tools."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from skybutler.errors import ConfigError, MissingExtraError, nearest

__all__ = ["Connection", "connect"]

_SECONDS = {"timeout": 30.0, "connect_timeout": 5.0, "retry_seconds": 30.0}
"""Our own settings that are numbers of seconds, with their defaults."""

_KEYS = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
}
_ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "S3_ENDPOINT_URL")


@dataclass(frozen=True)
class Connection:
    """A way to a bucket.

    Parameters
    ----------
    store : `obstore.store.S3Store`
        What sends requests.
    endpoint : `str`
        Where they go, as shown in messages.
    patience : `float`
        Seconds for which what fails is tried again.
    region : `str`
        Region that signatures are for.
    keys : `tuple` or `None`
        Access key, secret key and token (or `None`), where these are what lets us in.
    """

    store: Any = field(repr=False)
    endpoint: str
    patience: float
    region: str = "us-east-1"
    keys: tuple[str, str, str | None] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Where requests of our own go."""
        return self.endpoint if "://" in self.endpoint else f"https://s3.{self.region}.amazonaws.com"


def connect(bucket: str, settings: Mapping[str, Any]) -> Connection:
    """Find out how to reach a bucket; nothing is sent.

    Credentials are taken from the settings, else from the file or profile that the settings name, else from
    ``AWS_ACCESS_KEY_ID``, else from the profile ``AWS_PROFILE`` (or ``default``) of ``~/.aws``, else from what the
    machine or container has.

    Parameters
    ----------
    bucket : `str`
        Its name.
    settings : mapping
        ``timeout``, ``connect_timeout`` and ``retry_seconds`` (s), ``profile``, ``credentials`` (a file), and what
        `obstore.store.S3Store` knows (``endpoint``, ``region``, ``access_key_id``, ...).

    Raises
    ------
    skybutler.errors.ConfigError
        If a setting is unknown or wrong, or a file or profile that is named does not exist.
    skybutler.errors.MissingExtraError
        If obstore is not installed.
    """
    options = dict(settings)
    seconds = {name: _seconds(name, options.pop(name, default)) for name, default in _SECONDS.items()}
    _add_credentials(options)
    endpoint = options.get("endpoint") or next(filter(None, map(os.environ.get, _ENDPOINT_VARIABLES)), None)
    if endpoint is not None:
        options["endpoint"] = endpoint
        options.setdefault("virtual_hosted_style_request", False)
    client = {name: timedelta(seconds=seconds[name]) for name in ("timeout", "connect_timeout")}
    if str(endpoint or "").startswith("http://"):
        client["allow_http"] = True  # type: ignore[assignment]
    options["client_options"] = {**client, **options.get("client_options", {})}
    options.setdefault("retry_config", _retries(seconds["retry_seconds"]))
    store, where = _store(bucket, options), str(endpoint or "Amazon S3")
    region = options.get("region") or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return Connection(store, where, seconds["retry_seconds"], str(region or "us-east-1"), _keys(options))


def _keys(options: Mapping[str, Any]) -> tuple[str, str, str | None] | None:
    """Access key, secret and token of the settings, else of the environment."""
    if options.get("access_key_id"):
        found = options["access_key_id"], options.get("secret_access_key"), options.get("session_token")
    else:
        variables = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        found = tuple(map(os.environ.get, variables))  # type: ignore[assignment]
    access, secret, token = found
    return (str(access), str(secret), token) if access and secret else None


def _store(bucket: str, options: dict[str, Any]) -> Any:
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store
    except ImportError as error:
        raise MissingExtraError(
            "S3 needs the package obstore.", hint="Install it with: pip install 'skybutler[s3]'"
        ) from error
    try:
        return S3Store(bucket, **options)
    except (BaseError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"The S3 settings for bucket {bucket!r} are wrong: {reason}") from None  # it shows them all


def _retries(seconds: float) -> dict[str, Any]:
    """Back off from 0.1 s, doubling with jitter up to 5 s, for so long."""
    pause = {"init_backoff": timedelta(seconds=0.1), "max_backoff": timedelta(seconds=5), "base": 2}
    return {"max_retries": 1000 if seconds else 0, "retry_timeout": timedelta(seconds=seconds), "backoff": pause}


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ConfigError(f"The S3 setting '{name}' must be a number of seconds, not {value!r}.")
    return float(value)


# ----------------------------------------------------------------------------------------------------- files of AWS
def _add_credentials(options: dict[str, Any]) -> None:
    """Complete settings by those of a profile, unless they or the environment say who we are."""
    profile, file = options.pop("profile", None), options.pop("credentials", None)
    for name, value in (("profile", profile), ("credentials", file)):
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"The S3 setting '{name}' must be text, not {value!r}.")
    named = profile or os.environ.get("AWS_PROFILE")
    found = _profile(named or "default", file)
    if (profile or file) and not _is_known(named or "default", file):
        raise _unknown_profile(named or "default", file)
    if os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        found.pop("region", None)
    if any(os.environ.get(name) for name in _ENDPOINT_VARIABLES):
        found.pop("endpoint", None)
    known = {"access_key_id", "aws_access_key_id", "skip_signature", "credential_provider"} & options.keys()
    if known or (os.environ.get("AWS_ACCESS_KEY_ID") and not profile and not file):
        found = {name: value for name, value in found.items() if name not in _KEYS.values()}
    elif (profile or file) and "access_key_id" not in found:
        raise ConfigError(
            f"The profile '{named or 'default'}' has no access key.",
            hint="Of other kinds of profile, export the keys: eval $(aws configure export-credentials --format env)",
        )
    for name, value in found.items():
        options.setdefault(name, value)


def _files(file: str | None) -> tuple[str, str]:
    """Credentials file and configuration file."""
    credentials = file or os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"
    config = os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config"
    return os.path.expanduser(credentials), os.path.expanduser(config)


def _profile(name: str, file: str | None) -> dict[str, str]:
    """Settings of a profile by our names; empty where there is no such profile."""
    credentials, config = _files(file)
    if file and not os.path.isfile(credentials):
        raise ConfigError(f"There is no file {credentials}, which the S3 setting 'credentials' names.")
    ours = _section(config, _title(name)) | _section(credentials, name)
    found = {new: ours[old] for old, new in _KEYS.items() if old in ours}
    for old, new in (("region", "region"), ("endpoint_url", "endpoint")):
        if old in ours:
            found[new] = ours[old]
    return found


def _title(name: str) -> str:
    """How the configuration file names the section of a profile."""
    return name if name == "default" else f"profile {name}"


def _is_known(name: str, file: str | None) -> bool:
    credentials, config = _files(file)
    return _parsed(credentials).has_section(name) or _parsed(config).has_section(_title(name))


def _section(path: str, name: str) -> dict[str, str]:
    parsed = _parsed(path)
    return dict(parsed[name]) if parsed.has_section(name) else {}


def _parsed(path: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(default_section="")
    try:
        with open(path, encoding="utf-8") as stream:
            parser.read_file(stream)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except (configparser.Error, UnicodeDecodeError):
        raise ConfigError(f"{path} is not a file of AWS profiles.") from None  # the reason would show its lines
    return parser


def _unknown_profile(name: str, file: str | None) -> ConfigError:
    credentials, config = _files(file)
    known = [*_parsed(credentials).sections(), *(s.removeprefix("profile ") for s in _parsed(config).sections())]
    hint = nearest(name, known) or (f"There are: {', '.join(sorted(set(known)))}." if known else "There are none.")
    return ConfigError(f"There is no profile '{name}' in {credentials}.", hint=hint)
