from __future__ import annotations

from skybutler.vo.obscore.branch import REGION_ELEMENTS, _literal, region_key


def test_regions_of_different_elements_have_different_numbers(observations):
    database = observations.butler.registry.database
    keys = [database.query(f"SELECT {region_key('7', element)}")[0][0] for element in REGION_ELEMENTS]
    keys += [database.query(f"SELECT {region_key('8', element)}")[0][0] for element in REGION_ELEMENTS]
    assert len(set(keys)) == 2 * len(REGION_ELEMENTS)


def test_texts_of_the_configuration_are_quoted(observations):
    database = observations.butler.registry.database
    for text in ("", "it's", "a?b?", "100%", "%s", "\\", "'; DROP TABLE dataset; --"):
        assert database.query(f"SELECT {_literal(text, database.dialect)}")[0][0] == text
