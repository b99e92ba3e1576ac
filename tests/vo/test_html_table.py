from __future__ import annotations

from html.parser import HTMLParser

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.vo.datalink import MEDIA_TYPE
from skybutler.vo.field import Field
from skybutler.vo.html_table import html_table

FIELDS = [
    Field(name="n", datatype="long", unit="m", description='a "number" & more'),
    Field(name="t", datatype="unicodeChar", arraysize="*"),
]


class Page(HTMLParser):
    """What a browser finds: names of elements, texts of cells, addresses of links."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.links: list[str | None] = []
        self.feed(page.decode())
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "td":
            self.cells.append("")
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data):
        if self.cells and self.tags[-1] in ("td", "a"):
            self.cells[-1] += data.rstrip("\n") if data == "\n" else data


def rows(texts, numbers=None):
    numbers = numbers or [*range(len(texts))]
    return pa.RecordBatch.from_pylist(
        [{"n": n, "t": t} for n, t in zip(numbers, texts, strict=True)],
        pa.schema([("n", pa.int64()), ("t", pa.string())]),
    )


def page(batches, limit=None, fields=FIELDS):
    return b"".join(html_table(fields, batches, limit))


def test_cells_hold_what_rows_hold():
    found = Page(page([rows(["a", None]), rows(["ü"], [None])]))
    assert found.cells == ["0", "a", "1", "", "", "ü"]
    assert found.tags.count("tr") == 4
    assert 'title="a &quot;number&quot; &amp; more"' in page([]).decode()


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\x00"), min_size=1), min_size=1)
)
def test_no_text_becomes_part_of_the_page(texts):
    plain = Page(page([rows(["x"] * len(texts))]))
    found = Page(page([rows(texts)]))
    assert [tag for tag in found.tags if tag != "a"] == plain.tags


@pytest.mark.parametrize(
    "address, n_links",
    [("http://x.org/?a=1&b=2", 1), ("https://x.org", 1), ("javascript:alert(1)", 0), ("file:///etc/passwd", 0)],
)
def test_only_addresses_of_the_web_are_links(address, n_links):
    found = Page(page([rows([address])]))
    assert found.links == [address] * n_links
    assert found.cells[1] == address


def test_links_of_datasets_lead_to_pages():
    fields = [Field(name=name, datatype="char", arraysize="*") for name in ("access_format", "access_url")]
    batch = pa.RecordBatch.from_pylist(
        [
            {"access_format": MEDIA_TYPE, "access_url": "http://x.org/links?ID=1"},
            {"access_format": "image/fits", "access_url": "http://x.org/1.fits"},
            {"access_format": None, "access_url": None},
        ]
    )
    found = Page(page([batch], fields=fields))
    assert found.links == ["http://x.org/links?ID=1&RESPONSEFORMAT=html", "http://x.org/1.fits"]


def test_more_rows_than_there_may_be_are_told_of():
    assert "2 rows, and there are more" in page([rows(["a", "b"]), rows(["c"])], 2).decode()
    assert "3 rows." in page([rows(["a", "b"]), rows(["c"])], 3).decode()
    assert "1 row." in page([rows(["a"])]).decode()
    assert "0 rows." in page([], 5).decode()
