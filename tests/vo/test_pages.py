from __future__ import annotations

from skybutler.vo.pages import error_page, page_begin, page_end, shown_link, shown_text


def test_pages_let_a_browser_run_nothing():
    page = page_begin("a < b") + page_end()
    assert "<title>a &lt; b</title>" in page
    assert "default-src 'none'" in page
    assert "script" not in page.lower()


def test_text_is_only_text():
    assert shown_text('<a href="x">&\'') == "&lt;a href=&quot;x&quot;&gt;&amp;&#x27;"
    assert shown_text("a\x00b") == "a\N{REPLACEMENT CHARACTER}b"


def test_links_lead_to_the_web_only():
    assert shown_link('http://x.org/"') == '<a href="http://x.org/&quot;">http://x.org/&quot;</a>'
    assert shown_link("https://x.org", "<b>x</b>") == '<a href="https://x.org"><b>x</b></a>'
    assert shown_link("javascript:alert(1)") == "javascript:alert(1)"
    assert shown_link("javascript:alert(1)", "links") == "links"


def test_errors_keep_their_lines():
    assert b"SELECT &lt;b&gt;\n       ^^^" in error_page("SELECT <b>\n       ^^^")
