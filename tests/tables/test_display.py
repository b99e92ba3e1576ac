"""What catalogs look like."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np

from skybutler.tables import Catalog, Field, SourceCatalog


class _Cells(HTMLParser):
    """Texts of a page's cells, and tags that are open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _catalog() -> SourceCatalog:
    fields = [Field("bad<flag>", "Flag"), Field("flux", "D", 'the "flux"', "nJy"), *(Field(f"c{i}") for i in range(20))]
    return SourceCatalog({"id": np.arange(100), "flux": np.linspace(0, 1, 100)}, fields=fields)


def test_a_terminal_shows_a_few_rows_and_columns() -> None:
    lines = repr(_catalog()).splitlines()
    assert lines[0] == "SourceCatalog of 100 rows, 26 columns, 1 of them flags"
    assert lines[1].split() == ["id", "coord_ra", "coord_dec", "parent", "flux", "c0", "c1", "c2", "..."]
    assert lines[2].split() == ["rad", "rad", "nJy"]
    assert len(lines) == 3 + 11
    assert lines[8].split() == ["..."] * 9
    assert lines[-1].split()[0] == "99"
    assert len({len(line) for line in lines[1:]}) == 1


def test_a_notebook_shows_the_same_and_what_fields_are() -> None:
    page = _catalog()._repr_html_()
    cells = _Cells(page)
    assert cells.open == []
    assert {"coord_ra", "nJy", "99", "..."} <= set(cells.texts)
    assert 'title="the &quot;flux&quot;"' in page


def test_names_are_escaped() -> None:
    assert "<flag>" not in Catalog({"bad<flag>": [True]})._repr_html_()


def test_small_catalogs_are_shown_whole() -> None:
    catalog = Catalog({"a": [1.23456789, 2.0], "v": np.zeros((2, 5))})
    assert repr(catalog).splitlines() == [
        "Catalog of 2 rows, 2 columns",
        "       a               v",
        "1.234568  [0, 0, 0, ...]",
        "       2  [0, 0, 0, ...]",
    ]
    assert repr(Catalog()) == "Catalog of 0 rows, 0 columns\n"
