"""The table of properties against that of astro_metadata_translator."""

from __future__ import annotations

from astro_metadata_translator.properties import PROPERTIES as THEIRS

from skybutler.instruments.properties import DEFAULT_RULES, PROPERTIES, REQUIRED


def test_the_same_forty_properties() -> None:
    assert set(PROPERTIES) == set(THEIRS)


def test_kinds_fit_their_types() -> None:
    plain = {"str": str, "int": int, "float": float, "bool": bool}
    for name, definition in THEIRS.items():
        if definition.py_type in plain.values():
            assert plain[PROPERTIES[name].kind] is definition.py_type, name
            assert PROPERTIES[name].width == 0
        else:
            assert PROPERTIES[name].unit or PROPERTIES[name].kind == "time", name


def test_required_and_default_ones_exist() -> None:
    assert set(REQUIRED) < set(PROPERTIES)
    assert set(DEFAULT_RULES) < set(PROPERTIES)
