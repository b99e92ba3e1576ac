"""Aperture corrections by name."""

from __future__ import annotations

import pytest

from skybutler.errors import NotFoundError
from skybutler.images import ApertureCorrections, Box, ChebyshevField

BOX = Box((0, 10), (0, 10))
NAMES = ["base_PsfFlux_instFlux", "base_PsfFlux_instFluxErr", "base_GaussianFlux_instFlux", "z", "a"]


def made(factor: float = 1.0) -> ApertureCorrections:
    return ApertureCorrections({name: ChebyshevField(BOX, [[i * factor]]) for i, name in enumerate(NAMES)})


def test_a_mapping_that_keeps_its_order() -> None:
    found = made()
    assert list(found) == NAMES
    assert len(found) == 5
    assert "z" in found
    assert float(found["z"].evaluate(1, 1)) == 3.0
    assert found.get("nothing") is None
    assert list(ApertureCorrections()) == []


def test_names_that_it_does_not_have() -> None:
    with pytest.raises(NotFoundError, match="Did you mean .*base_GaussianFlux_instFlux"):
        made()["base_GausianFlux_instFlux"]
    with pytest.raises(NotFoundError, match="There are 5 corrections"):
        made()["Q"]


def test_scaled_and_equal_by_value() -> None:
    assert made() == made() != made(2.0)
    assert made().scaled(2.0) == made(2.0)
    assert hash(made()) == hash(made())
    assert made() != dict(made())


def test_texts() -> None:
    assert repr(made()) == (
        "ApertureCorrections(5: base_PsfFlux_instFlux, base_PsfFlux_instFluxErr, base_GaussianFlux_instFlux, ...)"
    )
    assert repr(ApertureCorrections()) == "ApertureCorrections(none)"


def test_the_mapping_that_was_given_may_change() -> None:
    fields = {"a": ChebyshevField(BOX, [[1.0]])}
    found = ApertureCorrections(fields)
    fields.clear()
    assert list(found) == ["a"]
