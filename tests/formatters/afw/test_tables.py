"""Cards of binary tables, as the stack writes them."""

from __future__ import annotations

from typing import Any

from skybutler.formatters.afw.tables import Column, index_hdu, table_hdu

COLUMNS = (
    Column("good", "X", "", "is it good?"),
    Column("bad", "X"),
    Column("name", "QA", "", "its name"),
    Column("part", "J"),
    Column("turn", "D", "rad"),
    Column("one", "1D", "mm"),
    Column("list", "QD"),
    Column("band", "32A"),
)
VALUES: dict[str, list[Any]] = dict(zip(
    (column.name for column in COLUMNS), ([True], [False], ["a b"], [3], [0.5], [[1.0]], [[]], ["i"]), strict=True
))  # fmt: skip


def test_cards_of_the_index() -> None:
    names = ("id", "cat.archive", "cat.persistable", "row0", "nrows", "name", "module")
    header = index_hdu({name: ["x"] if i > 4 else [1] for i, name in enumerate(names)}, 3).header
    assert (header["EXTTYPE"], header["AR_CATN"], header["AR_NCAT"]) == ("ARCHIVE_INDEX", 0, 3)
    assert [header[f"TTYPE{i}"] for i in range(1, 8)] == list(names)


def test_cards_of_tables() -> None:
    hdu = table_hdu(COLUMNS, VALUES, 1, ["One", "Two"], 2)
    header = hdu.header
    assert (header["EXTTYPE"], header["AR_CATN"], header["AFW_TABLE_VERSION"]) == ("ARCHIVE_DATA", 1, 3)
    assert [card.value for card in header.cards if card.keyword == "AR_NAME"] == ["One", "Two"]
    assert (header["EXTNAME"], header["EXTVER"]) == ("Two", 2)
    assert (header["FLAGCOL"], header["TFORM1"], header["TFLAG2"], header["TFDOC1"]) == (1, "2X", "bad", "is it good?")
    kinds = [header.get(f"TCCLS{i}") for i in range(1, 8)]
    assert kinds == [None, "String", "Scalar", "Angle", "Array", "Array", "String"]
    assert (header["TDOC2"], header["TUNIT5"]) == ("its name", "mm")
    assert hdu.data["flags"].tolist() == [[True, False]]


def test_a_table_without_rows() -> None:
    hdu = table_hdu(COLUMNS, {name: [] for name in VALUES}, 1, ["None"], 1)
    assert (len(hdu.data), hdu.header["TFORM3"]) == (0, "1J")
    assert "EXTVER" not in hdu.header
