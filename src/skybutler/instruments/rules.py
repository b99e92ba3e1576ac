"""The grammar of header rules: how one observation property is made from header cards, as data.

A rule is a mapping with one of the keys of ``KINDS``; a list of rules is tried in order, row by row. Knows nothing of
how rules are evaluated (``translate``) nor of files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from skybutler.errors import ConfigError, nearest
from skybutler.instruments.properties import DEFAULT_RULES, PROPERTIES

__all__ = ["DETECTOR_FIELDS", "KINDS", "PACKAGE_CARDS", "TIME_SCALES", "Rule", "parse_pattern", "parse_rules"]

DETECTOR_FIELDS = ("full_name", "name_in_raft", "raft")
"""What a rule of kind ``detector_field`` can give."""

PACKAGE_CARDS = 20
"""``PKG00000`` .. ``PKG00019`` are searched for the version of a software package."""

TIME_SCALES = ("tai", "utc", "tt", "tdb", "ut1")

_ADJUST = frozenset({"map", "otherwise", "case", "factor", "offset", "wrap", "plus"})

KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        # value: options besides "when"
        "const": frozenset(),
        "card": _ADJUST | {"match"},  # match: a regular expression for the whole text; its first group is the value
        "property": _ADJUST,
        "text": frozenset({"case"}),  # "{CARD}" and "{package:NAME}" (its version) are filled in
        "detector": frozenset(),  # text giving the full name of a detector; the value is its id
        "detector_field": frozenset(),  # one of DETECTOR_FIELDS, of the detector of detector_num
        "mjd": frozenset({"scale"}),
        # time: a card with the time of day; lasts: a property, seconds that have passed since datetime_begin at least
        "date": frozenset({"scale", "time", "lasts"}),
        "day_of": frozenset(),  # YYYYMMDD of a time property, observing_day_offset subtracted
        "radec": frozenset({"unit"}),  # two cards; unit deg (numbers) or sexagesimal (hours, degrees)
        "altaz": frozenset(),  # two cards, azimuth and altitude in degrees
        "hour_angle": frozenset({"declination"}),  # two cards in degrees, to azimuth and altitude
        "boresight_at": frozenset(),  # tracking_radec at a time property, to azimuth and altitude
        "airmass_of": frozenset(),  # secant of the zenith angle of an altaz property
    }
)
"""Kinds of rules and the options each takes. Every kind also takes ``when: {property: value}``."""

_FIELD = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Rule:
    """One way to make one property.

    Parameters
    ----------
    kind : `str`
        Key of `KINDS`.
    value : object
        What stands under that key.
    options : mapping
        The other keys.
    """

    kind: str
    value: Any
    options: Mapping[str, Any]

    @property
    def fields(self) -> tuple[str, ...]:
        """Names between braces of a text rule, such as ``FILTER`` or ``package:throughputs``."""
        return tuple(_FIELD.findall(self.value)) if self.kind in ("text", "detector") else ()

    @property
    def cards(self) -> tuple[str, ...]:
        """Header cards the rule may read."""
        match self.kind:
            case "card" | "mjd":
                return (self.value,)
            case "date":
                return (self.value, self.options["time"]) if "time" in self.options else (self.value,)
            case "radec" | "altaz":
                return tuple(self.value)
            case "hour_angle":
                return (self.value, self.options["declination"])
            case "text" | "detector":
                plain = tuple(f for f in self.fields if not f.startswith("package:"))
                versions = len(plain) < len(self.fields)
                return plain + (_package_cards() if versions else ())
            case _:
                return ()


def _package_cards() -> tuple[str, ...]:
    return tuple(f"{stem}{i:05d}" for stem in ("PKG", "VER") for i in range(PACKAGE_CARDS))


def parse_rules(rules: Mapping[str, Any], where: str) -> Mapping[str, tuple[Rule, ...]]:
    """Check the ``properties`` section of a description and complete it with the defaults.

    Parameters
    ----------
    rules : mapping
        Property name to rule or list of rules, as read from YAML.
    where : `str`
        What to call the description in errors.

    Returns
    -------
    rules : mapping
        Property name to its rules in order of trial.

    Raises
    ------
    ConfigError
        Unknown property, kind or option, or a malformed value.
    """
    parsed: dict[str, tuple[Rule, ...]] = {}
    for name, given in {**DEFAULT_RULES, **rules}.items():
        if name not in PROPERTIES:
            raise ConfigError(f"{where}: unknown observation property '{name}'.", hint=nearest(name, PROPERTIES))
        alternatives = given if isinstance(given, list) else [given]
        parsed[name] = tuple(_parse_rule(rule, f"{where}: rule of '{name}'") for rule in alternatives)
    _check_no_cycle(parsed, where)
    return MappingProxyType(parsed)


def _parse_rule(rule: object, where: str) -> Rule:
    if not isinstance(rule, Mapping):
        raise ConfigError(f"{where} is {rule!r}; expected a mapping such as {{card: OBSID}}.")
    kinds = [key for key in rule if key in KINDS]
    if len(kinds) != 1:
        unknown = next((str(k) for k in rule if k not in KINDS and k not in _ADJUST), "")
        raise ConfigError(
            f"{where} has {len(kinds)} of the keys {', '.join(KINDS)}; expected exactly one.",
            hint=nearest(unknown, KINDS) if unknown else "",
        )
    kind = kinds[0]
    options = {str(key): value for key, value in rule.items() if key != kind}
    for option in options:
        if option not in KINDS[kind] | {"when"}:
            raise ConfigError(
                f"{where}: '{kind}' takes no option '{option}'.", hint=nearest(option, KINDS[kind] | {"when"})
            )
    _check_value(kind, rule[kind], options, where)
    return Rule(kind, rule[kind], MappingProxyType(options))


def _check_value(kind: str, value: object, options: Mapping[str, Any], where: str) -> None:
    if kind in ("property", "day_of", "boresight_at", "airmass_of"):
        _check_property(value, where)
    elif kind in ("radec", "altaz"):
        if not (isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2):
            raise ConfigError(f"{where}: '{kind}' is {value!r}; expected a list of two cards.")
        if options.get("unit", "deg") not in ("deg", "sexagesimal"):
            raise ConfigError(f"{where}: unit {options['unit']!r} is neither 'deg' nor 'sexagesimal'.")
    elif kind != "const" and not isinstance(value, str):
        raise ConfigError(f"{where}: '{kind}' is {value!r}; expected a text.")
    if kind == "detector_field" and value not in DETECTOR_FIELDS:
        raise ConfigError(f"{where}: 'detector_field' is {value!r}.", hint=f"Give {', '.join(DETECTOR_FIELDS)}.")
    if "match" in options:
        parse_pattern(options["match"], where, groups=1)
    if not isinstance(options.get("time", ""), str):
        raise ConfigError(f"{where}: 'time' is {options['time']!r}; expected a card.")
    if kind == "hour_angle" and not isinstance(options.get("declination"), str):
        raise ConfigError(f"{where}: 'hour_angle' needs the card of the 'declination'.")
    if options.get("scale", "tai") not in TIME_SCALES:
        raise ConfigError(
            f"{where}: unknown time scale {options['scale']!r}.", hint=nearest(str(options["scale"]), TIME_SCALES)
        )
    for option in ("plus", "lasts"):
        if option in options:
            _check_property(options[option], where)
    for name in options.get("when", {}):
        _check_property(name, where)


def parse_pattern(text: object, where: str, groups: int = 0) -> re.Pattern[str]:
    """A regular expression that shall match a whole text and have some groups.

    Raises
    ------
    ConfigError
        It is none.
    """
    try:
        pattern = re.compile(str(text), re.ASCII)
    except re.error as error:
        raise ConfigError(f"{where}: 'match' is no regular expression, {error}: {text!r}.") from error
    if pattern.groups < groups:
        raise ConfigError(f"{where}: 'match' has no group that could be the value: {text!r}.", hint="Write (...).")
    return pattern


def _check_property(name: object, where: str) -> None:
    if name not in PROPERTIES:
        raise ConfigError(f"{where} refers to unknown property {name!r}.", hint=nearest(str(name), PROPERTIES))


def _needs(rule: Rule) -> set[str]:
    needs = set(rule.options.get("when", {}))
    if rule.kind in ("property", "day_of", "boresight_at", "airmass_of"):
        needs.add(rule.value)
    if rule.kind == "boresight_at":
        needs.add("tracking_radec")
    if rule.kind == "day_of":
        needs.add("observing_day_offset")
    if rule.kind == "detector_field":
        needs.add("detector_num")
    if "lasts" in rule.options:
        needs.add("datetime_begin")
    needs.update(rule.options[option] for option in ("plus", "lasts") if option in rule.options)
    return needs


def _check_no_cycle(rules: Mapping[str, tuple[Rule, ...]], where: str) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise ConfigError(f"{where}: properties refer to each other in a circle: {' -> '.join((*path, name))}.")
        if name not in done:
            for rule in rules.get(name, ()):
                for needed in _needs(rule):
                    visit(needed, (*path, name))
            done.add(name)

    for name in rules:
        visit(name, ())
