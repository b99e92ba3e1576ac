"""HTML of sky maps for notebooks."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from skybutler.skymap import SkyMap
from support.skymaps import CONFIGURATIONS, small_sky_map


class Reader(HTMLParser):
    """Refuses what is not closed, and keeps the texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_tract_shows_its_patches(dc2: SkyMap) -> None:
    texts = Reader(dc2[4431]._repr_html_()).texts
    assert "Tract 4431" in texts
    assert [text for text in texts if re.fullmatch(r"\d+", text)] == [str(n) for n in range(49)]
    assert "28,000 x 28,000 of 0.2″ (TAN)" in texts
    assert any(text.startswith("2.4") and "2.19" in text for text in texts)


def test_a_patch_and_a_map(dc2: SkyMap) -> None:
    assert {"Patch 17", "4431", "(3, 2)"} <= set(Reader(dc2[4431][17]._repr_html_()).texts)
    assert {"Sky map of kind rings", "18,938", "1e5fa85fe242606426528f5f7b8dbf01cbaaff9e"} <= set(
        Reader(dc2._repr_html_()).texts
    )


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_kind_is_shown(name: str) -> None:
    sky_map = small_sky_map(name)
    for shown in (sky_map, sky_map[1], sky_map[1][0]):
        assert len(Reader(shown._repr_html_()).texts) > 8
