from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler, DatasetProvenance, DatasetRef

Good = Callable[..., str]
ELSEWHERE = "00000000-0000-0000-0000-000000000005"


@pytest.fixture
def chain(repo: Path) -> list[DatasetRef]:
    """A note made of two numbers and something elsewhere, and a flat made of the note and one of the numbers."""
    with Butler(repo, run="u/three") as butler:
        numbers = [butler.find_dataset("numbers", instrument="Cam", detector=i, collections="u/one") for i in (0, 1)]
        made = DatasetProvenance([*filter(None, numbers), ELSEWHERE])
        note = butler.put({}, "note", instrument="Cam", provenance=made)
        inputs = [note, *filter(None, numbers[:1])]
        flat = butler.put({}, "flat", instrument="Cam", detector=1, provenance=DatasetProvenance(inputs))
    return [*filter(None, numbers), note, flat]


def shapes(text: str, refs: list[DatasetRef]) -> list[str]:
    for number, ref in enumerate(refs):
        text = text.replace(str(ref.id), f"#{number}")
    return text.splitlines()


def test_inputs_as_a_tree(good: Good, repo: Path, chain: list[DatasetRef]) -> None:
    assert shapes(good("lineage", repo, chain[3].id), chain) == [
        "flat {instrument: 'Cam', detector: 1} (run=u/three id=#3)",
        "├─ note {instrument: 'Cam'} (run=u/three id=#2)",
        "│  ├─ numbers {instrument: 'Cam', detector: 0} (run=u/one id=#0)",
        "│  ├─ numbers {instrument: 'Cam', detector: 1} (run=u/one id=#1)",
        f"│  └─ {ELSEWHERE} (not in this repository)",
        "└─ numbers {instrument: 'Cam', detector: 0} (run=u/one id=#0)",
    ]


def test_outputs_depth_and_both(good: Good, repo: Path, chain: list[DatasetRef]) -> None:
    assert shapes(good("lineage", repo, chain[0].id, "--outputs"), chain) == [
        "numbers {instrument: 'Cam', detector: 0} (run=u/one id=#0)",
        "├─ note {instrument: 'Cam'} (run=u/three id=#2)",
        "│  └─ flat {instrument: 'Cam', detector: 1} (run=u/three id=#3)",
        "└─ flat {instrument: 'Cam', detector: 1} (run=u/three id=#3)",
    ]
    assert shapes(good("lineage", repo, chain[3].id, "--depth", 1), chain)[1].endswith("id=#2) ...")
    both = shapes(good("lineage", repo, chain[2].id, "--both"), chain)
    assert both[0] == "Made from:"
    assert both[both.index("Used for:") + 2] == "└─ flat {instrument: 'Cam', detector: 1} (run=u/three id=#3)"


def test_what_occurs_again_is_marked(good: Good, repo: Path, chain: list[DatasetRef]) -> None:
    with Butler(repo, run="u/four") as butler:
        both = DatasetProvenance([chain[3], chain[2]])
        last = butler.put({}, "note", instrument="Cam", provenance=both)
    assert shapes(good("lineage", repo, last.id), chain)[-1] == (
        "└─ note {instrument: 'Cam'} (run=u/three id=#2) (see above)"
    )


def test_nothing_recorded(good: Good, repo: Path, chain: list[DatasetRef]) -> None:
    assert good("lineage", repo, chain[0].id).endswith("No inputs are recorded.\n")
    assert good("lineage", repo, chain[3].id, "--outputs").endswith("Nothing is recorded as made from it.\n")


def test_json_and_dot(good: Good, repo: Path, chain: list[DatasetRef]) -> None:
    found: dict[str, Any] = json.loads(good("lineage", repo, chain[3].id, "--json"))
    assert found["root"] == str(chain[3].id)
    assert [d["known"] for d in found["datasets"]] == [True, True, True, True, False]
    assert {"input": ELSEWHERE, "output": str(chain[2].id)} in found["edges"]
    assert len(found["edges"]) == 5
    dot = good("lineage", repo, chain[3].id, "--dot")
    assert dot.startswith("digraph lineage {\n")
    assert f'  "{chain[2].id}" -> "{chain[3].id}";\n' in dot
    assert f'"{ELSEWHERE}" [label="{ELSEWHERE}", style=dashed];' in dot


def test_bad_input(bad: Good, repo: Path) -> None:
    assert "Dataset 00000000-0000-0000-0000-000000000005 is not in this repository" in bad("lineage", repo, ELSEWHERE)
    assert "'calexp'" in bad("lineage", repo, "calexp")
