from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import ExpressionError
from skybutler.vo.adql import translate
from skybutler.vo.adql.functions import _glob
from support.tap_tables import TABLES


def as_regex(pattern: str, escape: str) -> str:
    found, letters = "", iter(pattern)
    for letter in letters:
        if letter == escape:
            found += re.escape(next(letters, escape))
        else:
            found += {"%": ".*", "_": "."}.get(letter, re.escape(letter))
    return found


@given(st.text("ab%_!*?[]^-", max_size=8), st.text("ab%_!*?[]^-", max_size=8), st.sampled_from(["", "!"]))
def test_glob_matches_what_like_would(pattern, value, escape):
    expected = re.fullmatch(as_regex(pattern, escape), value) is not None
    assert fnmatch.fnmatchcase(value, _glob(pattern, escape)) == expected


def sql(expression: str, dialect: str = "sqlite") -> str:
    return translate(f"SELECT {expression} AS x FROM ObsCore", TABLES, dialect).sql


def test_functions_are_spelt_as_the_database_wants_them():
    assert "LN(" in sql("LOG(s_ra)").upper()
    assert "LOG10(" in sql("LOG10(s_ra)")
    assert "LOG(" in sql("LOG10(s_ra)", "postgres")
    assert "RANDOM()" in sql("RAND(3)")
    assert "0.0174532925199432" in sql("IN_UNIT(s_ra, 'rad')")
    assert "&" in sql("BITWISE_AND(visit, 1)")


def test_a_pattern_that_sqlite_cannot_match_is_refused():
    with pytest.raises(ExpressionError, match="pattern of LIKE"):
        translate("SELECT obs_id FROM ObsCore WHERE obs_id LIKE band", TABLES, "sqlite")
    assert "LIKE" in translate("SELECT obs_id FROM ObsCore WHERE obs_id LIKE band", TABLES, "postgres").sql
