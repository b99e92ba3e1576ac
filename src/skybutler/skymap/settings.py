"""What a user asks a sky map to be: kind, name and options, checked as they are set.  Reads no file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from skybutler.errors import SkyMapError, nearest
from skybutler.skymap.literals import literal
from skybutler.skymap.options import BUILDERS, KINDS, check_value, defaults, options_of

__all__ = ["SkyMapConfig"]

_TASK_OPTIONS: Final = ("coaddName", "doWrite")  # settings of the registering task that say nothing of the map
_TOP: Final = ("name", "skyMap", *_TASK_OPTIONS)
_OVERRIDE: Final = re.compile(r"\s*([A-Za-z_][\w.\[\]'\"]*)\s*=(.*)", re.DOTALL)
_TOKEN: Final = re.compile(r"\.?([A-Za-z_]\w*)|\[(['\"]?)(\w+)\2\]")


class SkyMapConfig:
    """Kind, name and options of a sky map, checked as they are set.

    Options may be set for several kinds; those of the chosen `kind` count.

    Parameters
    ----------
    kind : `str`
        One of ``dodeca``, ``rings``, ``equat``, ``healpix`` and ``discrete``.
    name : `str`, optional
        Name under which the map is registered.
    version : `int`
        1, or 0 for ring maps made before the numbering of their tracts was corrected.
    **options
        Options by their names in configuration files, for example ``numRings=120``.

    Raises
    ------
    SkyMapError
        Raised for an unknown kind, version or option (naming the nearest one) or a value of the wrong type.
    """

    def __init__(self, kind: str = "dodeca", *, name: str | None = None, version: int = 1, **options: Any) -> None:
        self._values: dict[str, dict[str, Any]] = {known: defaults(known) for known in KINDS}
        self._kind = _known_kind(kind)
        self.name = name
        if type(version) is not int or version not in (0, 1):  # 1.0 and True come from files
            raise SkyMapError(f"Version {version!r} of a sky map is unknown: it is 0 or 1.")
        self.version = version
        for option, value in options.items():
            self.set_option(option, value)

    @property
    def kind(self) -> str:
        """The kind of sky map that is chosen."""
        return self._kind

    def __getitem__(self, option: str) -> Any:
        """Value of an option of the chosen kind."""
        if option not in (values := self._values[self._kind]):
            raise SkyMapError(f"A {self._kind} sky map has no option '{option}'.", hint=nearest(option, values))
        return values[option]

    def set_option(self, option: str, value: Any, kind: str | None = None) -> None:
        """Set one option of the chosen kind, or of ``kind``."""
        kind = self._kind if kind is None else _known_kind(kind)
        self._values[kind][option] = check_value(kind, option, value)

    def set_path(self, path: tuple[str, ...], value: Any) -> None:
        """Set what a dotted name of a configuration file means.

        Parameters
        ----------
        path : `tuple` of `str`
            Attribute names as they are, subscripts in brackets: ``("skyMap", "[rings]", "numRings")``.
        value : object
            Value to check and keep.
        """
        match path:
            case ("name",):
                if value is not None and (not isinstance(value, str) or not value):
                    raise SkyMapError(f"name = {value!r} is wrong: it must be a text.")
                self.name = value
            case ("skyMap",) | ("skyMap", "name"):
                self._kind = _known_kind(value)
            case ("skyMap", "active", *rest):
                self.set_kind_path(self._kind, tuple(rest), value)
            case ("skyMap", subscript, *rest) if subscript.startswith("["):
                self.set_kind_path(_known_kind(subscript[1:-1]), tuple(rest), value)
            case (task_option,) if task_option in _TASK_OPTIONS:
                pass
            case _:
                raise SkyMapError(f"'{_dotted(path)}' is no setting of a sky map.", hint=self._advice(path))

    def set_kind_path(self, kind: str, path: tuple[str, ...], value: Any) -> None:
        """Set what a dotted name means below one kind: ``("tractBuilder", "[legacy]", "patchBorder")``."""
        match path:
            case ("tractBuilder", "name"):
                self.set_option("tractBuilder", value, kind)
            case ("tractBuilder", "active", option):
                self._set_builder_option(kind, self._values[kind]["tractBuilder"], option, value)
            case ("tractBuilder", subscript, option) if subscript.startswith("["):
                self._set_builder_option(kind, subscript[1:-1], option, value)
            case (option,) if not option.startswith("["):
                self.set_option(option, value, kind)
            case _:
                raise SkyMapError(
                    f"'{_dotted(path)}' is no setting of a {kind} sky map.",
                    hint=nearest(path[0], options_of(kind)) if path else "Name one of its options.",
                )

    def _set_builder_option(self, kind: str, builder: str, option: str, value: Any) -> None:
        if builder not in BUILDERS:
            raise SkyMapError(f"There is no tract builder '{builder}'.", hint=f"Use {' or '.join(BUILDERS)}.")
        if option not in BUILDERS[builder]:
            raise SkyMapError(
                f"The tract builder '{builder}' has no option '{option}'.",
                hint=nearest(option, BUILDERS[builder]) or f"Options are {', '.join(BUILDERS[builder])}.",
            )
        self.set_option(option, value, kind)

    def _advice(self, path: tuple[str, ...]) -> str:
        if path[0] in options_of(self._kind):
            return f"Write skyMap['{self._kind}'].{path[0]}."
        if path[0] == "skyMap":
            return f"Write skyMap['{self._kind}'].<option>, or choose a kind with skyMap.name."
        return nearest(path[0], _TOP) or f"Settings are {', '.join(_TOP)}."

    def apply_override(self, text: str) -> None:
        """Apply one ``name=value`` of a command line, such as ``name=DC2`` or ``skyMap[rings].numRings=120``.

        Raises
        ------
        SkyMapError
            Raised if the text has no such form, the name is unknown or the value is of the wrong type.
        """
        match = _OVERRIDE.fullmatch(text)
        path = _path(match[1]) if match else ()
        if match is None or not path:
            raise SkyMapError(f"Override '{text}' is not of the form name=value.", hint="Example: -c name=DC2")
        text_value = match[2].strip()
        value = text_value.strip("'\"") if path == ("name",) else literal(text_value)  # a name may look like a number
        try:
            self.set_path(path, value)
        except SkyMapError as error:
            raise SkyMapError(f"Override '{text}': {error.message}", hint=error.hint) from None

    def options(self) -> dict[str, Any]:
        """The options that count: those of the chosen kind and its chosen tract builder, all set.

        Raises
        ------
        SkyMapError
            Raised if an option that has no default is not set, or options do not fit each other.
        """
        values = self._values[self._kind]
        other = "cells" if values["tractBuilder"] == "legacy" else "legacy"
        chosen = {name: value for name, value in values.items() if name not in BUILDERS[other]}
        for name, value in chosen.items():
            if value is None:
                raise SkyMapError(
                    f"A {self._kind} sky map needs {name} ({options_of(self._kind)[name].doc}).",
                    hint=f"Set config.skyMap['{self._kind}'].{name}.",
                )
        _check_together(self._kind, chosen)
        return chosen

    def to_mapping(self) -> dict[str, Any]:
        """Everything that defines the map, as plain values for YAML; `from_mapping` reads it back."""
        head: dict[str, Any] = {} if self.name is None else {"name": self.name}
        return head | {"kind": self._kind, "version": self.version} | self.options()

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> SkyMapConfig:
        """Read a flat mapping of ``name``, ``kind``, ``version`` and options.

        Raises
        ------
        SkyMapError
            Raised for unknown keys (naming the nearest) and values of the wrong type.
        """
        for key in mapping:
            if not isinstance(key, str):
                raise SkyMapError(f"{key!r} is no setting of a sky map: keys are texts.")
        head = {key: mapping[key] for key in ("kind", "version") if key in mapping}
        config = cls(**head)
        if "name" in mapping:
            config.set_path(("name",), mapping["name"])
        for key in mapping:
            if key not in ("kind", "version", "name"):
                config.set_option(key, mapping[key])
        return config

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SkyMapConfig):
            return NotImplemented
        return self.to_mapping() == other.to_mapping()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"SkyMapConfig(kind='{self._kind}', name={self.name!r})"


def _known_kind(kind: Any) -> str:
    if not isinstance(kind, str) or kind not in KINDS:
        raise SkyMapError(
            f"There is no kind of sky map {kind!r}.", hint=nearest(str(kind), KINDS) or f"Kinds are {', '.join(KINDS)}."
        )
    return kind


def _check_together(kind: str, values: Mapping[str, Any]) -> None:
    """Rules between options."""
    if values["tractBuilder"] == "cells" and len(set(values["cellInnerDimensions"])) != 1:
        raise SkyMapError(f"cellInnerDimensions = {values['cellInnerDimensions']} are not equal: cells are square.")
    if kind == "equat" and not values["decRange"][0] < values["decRange"][1]:
        raise SkyMapError(f"decRange = {values['decRange']} is not in increasing order.")
    if kind == "discrete":
        lengths = {name: len(values[name]) for name in ("raList", "decList", "radiusList")}
        if len(set(lengths.values())) != 1 or not lengths["raList"]:
            counts = ", ".join(f"{name} has {count}" for name, count in lengths.items())
            raise SkyMapError(f"A discrete sky map needs three lists of one length, at least 1: {counts}.")


def _path(text: str) -> tuple[str, ...]:
    """Split ``skyMap['rings'].numRings`` into ``("skyMap", "[rings]", "numRings")``; empty if it is malformed."""
    tokens, position = [], 0
    while position < len(text):
        if (match := _TOKEN.match(text, position)) is None:
            return ()
        tokens.append(match[1] or f"[{match[3]}]")
        position = match.end()
    return tuple(tokens)


def _dotted(path: tuple[str, ...]) -> str:
    return "".join(part if part.startswith("[") or not i else f".{part}" for i, part in enumerate(path))
