"""Tables for notebooks: every string is text, pictures are there, and a real IPython shows them."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.notebook import facts, picture, table


class _Texts(HTMLParser):
    """Texts of cells and tags of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        if tag in ("td", "th", "caption"):
            self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data


_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(st.lists(st.tuples(_text, _text), min_size=1), _text)
def test_every_string_is_shown_as_it_is(rows: list[tuple[str, str]], caption: str) -> None:
    shown = _Texts(facts(rows, caption))
    assert shown.texts == [caption, *(part for row in rows for part in row)]
    assert set(shown.tags) == {"table", "caption", "tr", "th", "td"}


@given(st.lists(st.tuples(_text, _text)), _text, _text)
def test_tables_have_a_head_and_a_note(rows: list[tuple[str, str]], name: str, note: str) -> None:
    shown = _Texts(table((name, "b"), rows, note=note))
    assert shown.tags.count("tr") == 1 + len(rows)
    assert shown.texts[:2] == [name, "b" if rows else "b" + note]


def test_what_is_not_known_is_left_out_or_empty() -> None:
    assert _Texts(facts([("a", None), ("b", 0)])).texts == ["b", "0"]
    assert _Texts(table(("a", "b"), [(None, 1)])).texts == ["a", "b", "", "1"]


def test_without_matplotlib_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    assert picture(np.eye(5)).startswith('<img alt="" src="data:image/png;base64,iVBOR')
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert picture(np.eye(5)) == ""


CELLS = """
import json, numpy as np
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("import numpy as np\\nfrom skybutler.images import Exposure, Image, Mask, MaskedImage")
shown = {}
for cell in CELLS:
    result = shell.run_cell(cell)
    result.raise_error()
    data, _ = shell.display_formatter.format(result.result)
    shown[cell] = sorted(data)
    assert "error" not in data
print(json.dumps(shown))
"""


def test_a_real_ipython_shows_pictures_and_tables() -> None:
    cells = [
        "Image(np.ones((20, 30)))",
        "Mask(np.ones((20, 30), int))",
        "MaskedImage(Image(np.ones((20, 30))))",
        "Exposure(Image(np.ones((20, 30))))",
        "from skybutler.display import Display; Display().show(np.eye(30))",
        "from skybutler.datasets import CollectionInfo, CollectionType; CollectionInfo('<b>', CollectionType.RUN)",
    ]
    script = CELLS.replace("CELLS:", f"{cells!r}:")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout.splitlines()[-1])
    expected = {cell: "image/png" if "Display" in cell else "text/html" for cell in cells}
    assert {cell: kind in shown[cell] for cell, kind in expected.items()} == dict.fromkeys(cells, True)
