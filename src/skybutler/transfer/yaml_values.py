"""Values of an export file, from YAML to ours: times, regions, ids.  Nothing in the file is executed or imported."""

from __future__ import annotations

import uuid
from binascii import Error as Base64Error
from datetime import date, datetime
from typing import Any

import yaml

from skybutler.safe_yaml import safe_loader
from skybutler.sky.timespan import Timespan, parse_time, to_ns

__all__ = ["ExportLoader", "Instant", "id_bytes", "instant", "old_id"]

_OLD_IDS = uuid.UUID("4d4851f4-2890-4d41-8779-5f38a3f5062b")


class Instant(int):
    """TAI nanoseconds since 1970-01-01 00:00 TAI, to be told from other numbers."""


class ExportLoader(safe_loader()):  # type: ignore[misc]
    """Safe loader that knows the tags of export files and refuses all others."""


def instant(text: str) -> Instant:
    """The instant of an ISO text in TAI."""
    return Instant(parse_time(text, "iso", "tai"))


def old_id(number: int) -> bytes:
    """The id that datasets get which old files number."""
    return uuid.uuid3(_OLD_IDS, str(number)).bytes


def id_bytes(value: Any) -> bytes | None:
    """16 bytes of a dataset id as a file gives it; `None` for what is none."""
    if isinstance(value, uuid.UUID):
        return value.bytes
    return old_id(value) if type(value) is int else None


def _trouble(node: yaml.Node, what: str, error: Exception) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, f"{what}: {error}", node.start_mark)


def _uuid(loader: Any, node: yaml.Node) -> uuid.UUID:
    text = str(loader.construct_scalar(node))
    try:
        return uuid.UUID(hex=text)
    except ValueError as error:
        raise _trouble(node, f"'{text}' is no UUID", error) from error


def _time(loader: Any, node: yaml.Node) -> Instant:
    try:
        return instant(str(loader.construct_scalar(node)))
    except ValueError as error:
        raise _trouble(node, "no time", error) from error


def _timestamp(loader: Any, node: yaml.Node) -> Instant:
    """A time as plain YAML has it: UTC, unless it says otherwise."""
    try:
        found = loader.construct_yaml_timestamp(node)
    except ValueError as error:
        raise _trouble(node, "no date", error) from error
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime(found.year, found.month, found.day)  # noqa: DTZ001 - without zone is what means UTC here
    return Instant(to_ns(found))


def _region(loader: Any, _: str, node: yaml.Node) -> bytes:
    content = loader.construct_mapping(node)
    try:
        return bytes.fromhex(content["encoded"])
    except (KeyError, ValueError, TypeError) as error:
        raise _trouble(node, "a region must be hexadecimal text under 'encoded'", error) from error


def _timespan(loader: Any, node: yaml.Node) -> Timespan:
    if isinstance(node, yaml.ScalarNode) and node.value == "EMPTY":
        return Timespan.make_empty()
    content = loader.construct_mapping(node, deep=True)
    try:
        return Timespan(content["begin"], content["end"])
    except (KeyError, ValueError, TypeError) as error:
        raise _trouble(node, "a timespan needs begin and end", error) from error


def _binary(loader: Any, node: yaml.Node) -> bytes:
    try:
        content: bytes = loader.construct_yaml_binary(node)
    except (Base64Error, ValueError) as error:
        raise _trouble(node, "no base64", error) from error
    return content


ExportLoader.add_constructor("!uuid", _uuid)
ExportLoader.add_constructor("!butler_time/tai/iso", _time)
ExportLoader.add_constructor("!lsst.daf.butler.Timespan", _timespan)
ExportLoader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)
ExportLoader.add_constructor("tag:yaml.org,2002:binary", _binary)
ExportLoader.add_multi_constructor("lsst.sphgeom.", _region)
