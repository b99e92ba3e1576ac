"""Header rules: what they read, what they refuse, and what stands in where none is given."""

from __future__ import annotations

from typing import Any

import pytest

from skybutler.errors import ConfigError
from skybutler.instruments.rules import KINDS, PACKAGE_CARDS, parse_rules


def cards(rule: Any) -> tuple[str, ...]:
    return parse_rules({"object": rule}, "here")["object"][0].cards


def test_cards_a_rule_reads() -> None:
    assert cards({"card": "OBJECT"}) == ("OBJECT",)
    assert cards({"const": "M31"}) == ()
    assert cards({"text": "{A}-{B}"}) == ("A", "B")
    versions = cards({"text": "{A}_{package:throughputs}"})
    assert versions[0] == "A"
    assert len(versions) == 1 + 2 * PACKAGE_CARDS
    assert {"PKG00000", "VER00019"} <= set(versions)
    radec = parse_rules({"tracking_radec": {"radec": ["RA", "DEC"]}}, "here")["tracking_radec"][0]
    assert radec.cards == ("RA", "DEC")
    assert cards({"date": "DAY", "time": "CLOCK"}) == ("DAY", "CLOCK")
    assert cards({"altaz": ["AZ", "ALT"]}) == ("AZ", "ALT")
    altaz = parse_rules({"altaz_begin": {"hour_angle": "HA", "declination": "DEC"}}, "here")["altaz_begin"][0]
    assert altaz.cards == ("HA", "DEC")


def test_alternatives_keep_their_order() -> None:
    rules = parse_rules({"object": [{"card": "OBJECT"}, {"card": "TARGET"}, {"const": "UNKNOWN"}]}, "here")
    assert [(rule.kind, rule.value) for rule in rules["object"]] == [
        ("card", "OBJECT"),
        ("card", "TARGET"),
        ("const", "UNKNOWN"),
    ]


def test_defaults_are_there_and_give_way() -> None:
    assert parse_rules({}, "here")["visit_id"][0].value == "exposure_id"
    assert parse_rules({"visit_id": {"card": "VISIT"}}, "here")["visit_id"][0].value == "VISIT"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_unknown_options_are_refused(kind: str) -> None:
    value: Any = {"radec": ["RA", "DEC"], "altaz": ["AZ", "ALT"], "detector_field": "raft"}.get(kind, "object")
    with pytest.raises(ConfigError, match="takes no option 'colour'"):
        parse_rules({"object": {kind: value, "colour": 1}}, "here")


@pytest.mark.parametrize(
    "rule, message",
    [
        ({"card": 3}, "'card' is 3; expected a text"),
        ({"card": "A", "const": 1}, "has 2 of the keys"),
        ({"radec": "RA"}, "expected a list of two cards"),
        ({"radec": ["RA", "DEC"], "unit": "rad"}, "unit 'rad' is neither"),
        ({"hour_angle": "HA"}, "needs the card of the 'declination'"),
        ({"altaz": "AZ"}, "'altaz' is 'AZ'; expected a list of two cards"),
        ({"detector_field": "serial"}, "Give full_name, name_in_raft, raft"),
        ({"card": "A", "match": "(A"}, "no regular expression"),
        ({"card": "A", "match": "A.*"}, "has no group that could be the value"),
        ({"date": "A", "time": 3}, "'time' is 3; expected a card"),
        ({"date": "A", "lasts": "forever"}, "unknown property 'forever'"),
        ({"property": "objct"}, "unknown property 'objct'. Did you mean 'object'"),
        ({"card": "A", "plus": "nothing"}, "unknown property 'nothing'"),
        ({"card": "A", "when": {"observation_tpe": "x"}}, "Did you mean 'observation_type'"),
    ],
)
def test_mistakes_are_named(rule: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_rules({"object": rule}, "here")
