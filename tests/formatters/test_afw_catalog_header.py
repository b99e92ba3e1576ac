"""What headers of catalogs say."""

from __future__ import annotations

import pytest
from astropy.io import fits

from skybutler.errors import UnreadableFileError
from skybutler.formatters.afw_catalog_header import CatalogHeader, read_header
from skybutler.tables import Field


def _read(*cards: tuple[str, object] | tuple[str, object, str], row_bytes: int = 8) -> CatalogHeader:
    header = fits.Header([("NAXIS1", row_bytes)])
    for key, *rest in cards:
        header.append((key if len(key) <= 8 else f"HIERARCH {key}", *rest), end=True)
    return read_header(header, "x.fits")


def test_order_is_that_of_the_cards() -> None:
    found = _read(
        ("TTYPE1", "flags"), ("TFORM1", "9X"), ("FLAGCOL", 1), ("TFLAG2", "second"), ("TTYPE2", "a", "in a"),
        ("TFORM2", "1D"), ("TFLAG1", "first", "in 1"), ("TFDOC2", "in 2"), ("TUNIT2", "nJy"), row_bytes=10,
    )  # fmt: skip
    assert [f.name for f in found.order[:3]] == ["second", "a", "first"]
    assert [f.doc for f in found.order[:3]] == ["in 2", "in a", "in 1"]
    assert found.flags[0].name == "first"
    assert [f.name for f in found.order[3:]] == [f"flag_{i}" for i in range(3, 10)]
    assert (found.n_flags, found.columns[0].offset) == (9, 2)


def test_documentation_of_its_own_card_counts() -> None:
    assert _read(("TTYPE1", "a", "short"), ("TFORM1", "D"), ("TDOC1", "long")).order[0].doc == "long"
    assert _read(("TDOC1", "long"), ("TTYPE1", "a", "short"), ("TFORM1", "D")).order[0].doc == "long"


@pytest.mark.parametrize(
    "cards, version",
    [([], 3), ([("AFW_TYPE", "SOURCE")], 0), ([("AFW_TYPE", "BASE"), ("AFW_TABLE_VERSION", 2)], 2)],
)
def test_versions(cards: list[tuple[str, object]], version: int) -> None:
    assert _read(*cards, row_bytes=0).version == version


@pytest.mark.parametrize(
    "form, bits, kind, size",
    [
        ("1A", 1, "String", 1), ("D", 8, "D", 1), ("3E", 12, "ArrayF", 3), ("1QD(5)", 16, "ArrayD", 0),
        ("1PA(9)", 8, "String", 0), ("4L", 4, "ArrayB", 4), ("L", 1, "Flag", 1), ("12X", 2, "ArrayB", 12),
    ],
)  # fmt: skip
def test_formats(form: str, bits: int, kind: str, size: int) -> None:
    field = _read(("TTYPE1", "a"), ("TFORM1", form), row_bytes=bits).order[0]
    assert (field.type, field.size) == (kind, size)


def test_kinds_tell_arrays_and_angles() -> None:
    assert _read(("TTYPE1", "a"), ("TFORM1", "1D"), ("TCCLS1", "Array")).order[0] == Field("a", "ArrayD", size=1)
    assert _read(("TTYPE1", "a"), ("TFORM1", "1D"), ("TCCLS1", "Angle")).order[0].type == "Angle"
    assert _read(("TTYPE1", "a"), ("TFORM1", "1D"), ("TCCLS1", "Scalar"), ("TUNIT1", "rad")).order[0].type == "D"


def test_metadata_are_what_is_left() -> None:
    found = _read(
        ("TTYPE1", "a"), ("TFORM1", "D"), ("AR_HDU", 3), ("AFW_TYPE", "SOURCE"), ("MINE", 1), ("PSF_FLUX_SLOT", "x")
    )
    assert list(found.metadata) == ["MINE"]
    assert (found.archive_hdu, found.kind) == (2, "SOURCE")


@pytest.mark.parametrize("card", [("AR_HDU", "three"), ("FLAGCOL", 1.5), ("AFW_TABLE_VERSION", "new")])
def test_numbers_that_are_none(card: tuple[str, object]) -> None:
    with pytest.raises(UnreadableFileError, match=f"card {card[0]} is"):
        _read(card, row_bytes=0)
