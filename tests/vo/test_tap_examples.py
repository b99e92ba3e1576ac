from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from skybutler.vo.adql import TapTables
from skybutler.vo.answer import answer
from skybutler.vo.obscore import ObsCoreRelation, ObsCoreSettings, obscore_table
from skybutler.vo.tap_examples import EXAMPLES, Example, examples_document
from skybutler.vo.tap_schema import complete_tables
from support.vo_tables import rows_of


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.id)
def test_every_example_runs(observations, example: Example):
    registry = observations.butler.registry
    obscore = ObsCoreRelation(registry, ObsCoreSettings(), "https://data.example/", "ivo://example/")
    found = rows_of(answer(registry, obscore, complete_tables(TapTables([obscore_table()])), example.query))
    assert found or example.id in ("point", "circle")


def test_the_document_holds_the_queries():
    root = ET.fromstring(examples_document("http://x.example/api/tap/examples"))
    queries = [e.text for e in root.iter("{http://www.w3.org/1999/xhtml}pre") if e.get("property") == "query"]
    assert queries == [e.query for e in EXAMPLES]
