"""Settings of ObsCore in a file beside the repository's configuration.  Knows no registry."""

from __future__ import annotations

import os
from pathlib import Path

from skybutler.errors import ConfigError

from .settings import ObsCoreSettings

__all__ = ["FILE", "read_settings", "settings_stamp", "write_settings"]

FILE = "obscore.yaml"
"""Name of the file, in the directory of the repository."""


def read_settings(root: str | os.PathLike[str]) -> ObsCoreSettings:
    """Settings of a repository, the usual ones if it has no file.

    Parameters
    ----------
    root : path
        Directory of the repository, or a file with settings.

    Raises
    ------
    ConfigError
        The file is malformed; it is named.
    """
    file = Path(root)
    if file.is_dir():
        file = file / FILE
        if not file.exists():
            return ObsCoreSettings()
    from skybutler.butler.config import load_yaml

    try:
        return ObsCoreSettings.from_mapping(load_yaml(file))
    except TypeError as error:
        raise ConfigError(f"{file} is malformed: {error}.") from error
    except ConfigError as error:
        raise ConfigError(f"{file}: {error.message}", hint=error.hint) from error


def settings_stamp(root: str | os.PathLike[str]) -> tuple[int, int] | None:
    """What tells whether the file of a repository is another one than before; `None` if there is none."""
    try:
        found = (Path(root) / FILE).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def write_settings(root: str | os.PathLike[str], settings: ObsCoreSettings) -> Path:
    """Keep settings in the directory of a repository; a reader finds the old ones or the new ones.

    Raises
    ------
    ConfigError
        The directory cannot be written to.
    """
    import yaml

    file = Path(root) / FILE
    scratch = file.with_name(f".{FILE}.{os.getpid()}")
    text = "# What ivoa.ObsCore says of each dataset type.\n" + yaml.safe_dump(settings.to_mapping(), sort_keys=False)
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(file)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        scratch.unlink(missing_ok=True)
    return file
