from __future__ import annotations

import pytest

from skybutler.errors import ConfigError
from skybutler.recipe.document import parse_document
from skybutler.recipe.variables import expand, known_variables

TEXT = """\
variables:
  RAW: ${TOP}/raw
  TOP: /data
  N: 5
steps:
  - a: [$RAW/y1, "$N", '\\.fits$', $$TOP, cost 5$]
"""


def content(given: dict[str, str], environment: dict[str, str]) -> list[str]:
    document = parse_document(TEXT, "r.yaml")
    found: list[str] = expand(document, known_variables(document, given, environment))["steps"][0]["a"]
    return found


def test_given_ones_win_then_the_environment_then_the_document() -> None:
    assert content({}, {}) == ["/data/raw/y1", "5", r"\.fits$", "$TOP", "cost 5$"]
    assert content({}, {"TOP": "/env"})[0] == "/env/raw/y1"
    assert content({"TOP": "/set"}, {"TOP": "/env"})[0] == "/set/raw/y1"
    assert content({"RAW": "/raw"}, {})[0] == "/raw/y1"


@pytest.mark.parametrize(
    "text, said",
    [
        ("a: $TOPP\nvariables: {TOP: x}\n", "r.yaml:1:1: there is no variable 'TOPP'. Did you mean 'TOP'?"),
        ("a: {b: [1, '${NONE}']}\n", "r.yaml:1:12: there is no variable 'NONE'."),
        ("variables: {A: $B, B: $A}\n", "r.yaml:1:13: variable 'A' depends on itself."),
        ("variables:\n  A: $A\n", "r.yaml:2:3: variable 'A' depends on itself."),
        ("variables:\n  A: [1]\n", "r.yaml:2:3: 'A' must be text, not [1]."),
        ("variables: [A]\n", "r.yaml:1:1: 'variables' must be names and values"),
        ("variables:\n  A: $NOTHING_LIKE_IT\n", "r.yaml:2:3: there is no variable 'NOTHING_LIKE_IT'"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, said: str) -> None:
    document = parse_document(text, "r.yaml")
    with pytest.raises(ConfigError) as caught:
        expand(document, known_variables(document, {}, {}))
    assert said in str(caught.value)
