"""``butler.yaml``: what a repository is made of.  Parsed and checked, never executed; knows no database."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skybutler.errors import ConfigError, RepositoryNotFoundError, nearest

from .simple_yaml import read_simple

if TYPE_CHECKING:
    from skybutler.datastore import Datastore

__all__ = ["CONFIG_NAME", "ROOT_TAG", "RepositoryConfig", "idle_keys", "load_yaml"]

CONFIG_NAME = "butler.yaml"
"""Name of the configuration file in a repository."""

ROOT_TAG = "<butlerRoot>"
"""Stands for the repository's directory in paths, which makes repositories relocatable."""

SQLITE_NAME = "skybutler.sqlite3"

_SECTIONS = ("skybutler", "registry", "datastore", "storage_classes", "curated_calibrations", "root")
_REGISTRY = ("db", "namespace")
_DATASTORE = (
    "root", "templates", "formatters", "checksum", "s3", "constraints", "datastores", "datastore_constraints", "cached",
)  # fmt: skip
_FOREIGN = {
    "": {"cls", "repo_transfer_formats", "dimensions", "storageClasses", "composites"},
    "registry": {"cls", "managers", "engines", "temporary_tables", "dialects"},
    "datastore": {"cls", "records", "create", "composites", "trust_get_request", "default", "name"},
}  # fmt: skip
"""Keys of lsst.daf.butler configurations that mean nothing here; they are accepted so that its files can be used."""


@dataclass(frozen=True, slots=True)
class RepositoryConfig:
    """Configuration of one repository.

    Parameters
    ----------
    root : `str`
        Directory (or URI) that `ROOT_TAG` stands for.
    registry : `str`
        Database URL.
    namespace : `str` or `None`
        PostgreSQL schema.
    datastore_root : `str`
        Where files go.
    datastore : mapping
        ``templates``, ``formatters``, ``checksum``, ``s3``, ``constraints``, ``datastores``, ``cached``.
    storage_classes : mapping
        Storage classes beyond the packaged ones.
    curated_calibrations : `str` or `None`
        Directory of text calibrations.
    """

    root: str
    registry: str
    namespace: str | None = None
    datastore_root: str = ROOT_TAG
    datastore: Mapping[str, Any] = field(default_factory=dict)
    storage_classes: Mapping[str, Any] = field(default_factory=dict)
    curated_calibrations: str | None = None

    def __repr__(self) -> str:
        from skybutler.registry.credentials import without_password

        return f"RepositoryConfig({self.root!r}, registry={without_password(self.registry)!r})"

    @classmethod
    def read(cls, place: str | os.PathLike[str]) -> RepositoryConfig:
        """Configuration of a repository directory or configuration file.

        Raises
        ------
        RepositoryNotFoundError
            There is none.
        ConfigError
            It is malformed; key and file are named.
        """
        file = os.fspath(place)
        if os.path.isdir(file) or os.path.splitext(file)[1] not in (".yaml", ".yml"):
            file = os.path.join(file, CONFIG_NAME)
        if not os.path.isfile(file):
            raise RepositoryNotFoundError(
                f"'{place}' is not a repository: there is no {file}.", hint=f"Make one with: butler create {place}"
            )
        content = load_yaml(file)
        if "managers" in (content.get("registry") or {}):
            raise ConfigError(
                f"{file} belongs to a repository made by lsst.daf.butler, which skybutler cannot open directly.",
                hint="Export it there, and import it here: butler import REPO DIRECTORY",
            )
        return cls.from_mapping(content, _absolute(os.path.dirname(file)), file)

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any], root: str, source: str = "configuration") -> RepositoryConfig:
        """Configuration from parsed YAML."""
        _check("", content, _SECTIONS, source)
        registry, datastore = content.get("registry") or {}, content.get("datastore") or {}
        _check("registry", registry, _REGISTRY, source)
        _check("datastore", datastore, _DATASTORE, source)
        for section, key in (
            ("registry", "db"), ("registry", "namespace"), ("datastore", "root"), ("", "root"),
            ("", "curated_calibrations"),
        ):  # fmt: skip
            value = {"registry": registry, "datastore": datastore, "": content}[section].get(key)
            if value is not None and not isinstance(value, str | os.PathLike):
                where = f"{section}.{key}" if section else key
                raise ConfigError(f"{source}: '{where}' must be text, not {value!r}.")
        classes = content.get("storage_classes") or content.get("storageClasses") or {}
        if not isinstance(classes, Mapping):
            raise ConfigError(f"{source}: 'storage_classes' must be a mapping, not {classes!r}.")
        return cls(
            root=str(content.get("root") or root),
            registry=str(registry.get("db") or f"sqlite:///{ROOT_TAG}/{SQLITE_NAME}"),
            namespace=registry.get("namespace"),
            datastore_root=str(datastore.get("root") or ROOT_TAG),
            datastore={k: v for k, v in datastore.items() if k in _DATASTORE and k != "root"},
            storage_classes=classes,
            curated_calibrations=content.get("curated_calibrations"),
        )

    def to_mapping(self, *, standalone: bool = False) -> dict[str, Any]:
        """What `from_mapping` reads; ``standalone`` writes the root too."""
        registry: dict[str, Any] = {"db": self.registry}
        if self.namespace:
            registry["namespace"] = self.namespace
        content: dict[str, Any] = {
            "skybutler": 1,
            "registry": registry,
            "datastore": {"root": self.datastore_root, **self.datastore},
        }
        if self.storage_classes:
            content["storage_classes"] = dict(self.storage_classes)
        if self.curated_calibrations:
            content["curated_calibrations"] = self.curated_calibrations
        if standalone:
            content["root"] = self.root
        return content

    def resolved(self, text: str) -> str:
        """A path or URL with `ROOT_TAG` replaced."""
        return text.replace(ROOT_TAG, self.root)

    @property
    def is_plain(self) -> bool:
        """Whether files go to a directory in the packaged ways, of which nothing can be wrong."""
        return not self.datastore and not self.storage_classes and "://" not in self.datastore_root

    def open_datastore(self) -> Datastore:
        """The datastore that this describes.

        Raises
        ------
        ConfigError, TemplateError
            It is described wrongly.
        """
        from skybutler.datasets.storage_class import StorageClasses
        from skybutler.datastore import Datastore

        classes = StorageClasses(self.storage_classes) if self.storage_classes else StorageClasses.default()
        return Datastore.open(self.resolved(self.datastore_root), self._resolved_places(self.datastore), classes)

    def _resolved_places(self, value: Any) -> Any:
        """The same with `ROOT_TAG` replaced wherever a place may stand."""
        if isinstance(value, str):
            return self.resolved(value)
        if isinstance(value, list):
            return [self._resolved_places(item) for item in value]
        if isinstance(value, Mapping):
            return {key: item if key == "templates" else self._resolved_places(item) for key, item in value.items()}
        return value


def _absolute(folder: str) -> str:
    """An absolute path; ``..`` stays in it, since it may follow a symbolic link."""
    whole = folder if os.path.isabs(folder) else os.path.join(os.getcwd(), folder)
    return os.sep + os.sep.join(part for part in whole.split(os.sep) if part not in ("", os.curdir))


def _check(section: str, content: Any, known: tuple[str, ...], source: str) -> None:
    if not isinstance(content, Mapping):
        raise ConfigError(f"{source}: '{section or 'the file'}' must be a mapping, not {content!r}.")
    for key in content:
        if key not in known and key not in _FOREIGN[section]:
            where = f"{section}.{key}" if section else str(key)
            hint = nearest(str(key), known) or f"Known keys are: {', '.join(known)}."
            raise ConfigError(f"{source}: unknown key '{where}'.", hint=hint)


def idle_keys(content: Mapping[str, Any]) -> list[str]:
    """Keys of a configuration that are accepted and mean nothing here."""
    sections = {"": content, "registry": content.get("registry"), "datastore": content.get("datastore")}
    return [
        f"{section}.{key}" if section else str(key)
        for section, values in sections.items()
        for key in (values or {})
        if key in _FOREIGN[section]
    ]


def load_yaml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """A YAML file that holds a mapping.

    Raises
    ------
    ConfigError
        It is unreadable, malformed (line and column are named) or no mapping.
    """
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if (simple := read_simple(text)) is not None:
        return simple
    import yaml

    from skybutler.safe_yaml import parse_yaml

    try:
        content = parse_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} must hold a mapping, not {type(content).__name__}.")
    return content
