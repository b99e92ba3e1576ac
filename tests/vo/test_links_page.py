from __future__ import annotations

from skybutler.sky.region import circle
from skybutler.vo.datalink import MEDIA_TYPE, Link
from skybutler.vo.links_page import links_page

ID = "butler://sky/7"
FILE = Link(
    id=ID, access_url="http://x.org/files/a%20b.fits", description="The <image>", semantics="#this",
    content_type="application/fits", content_length=1_234_567,
)  # fmt: skip
CUTOUT = Link(id=ID, service_def="cutout-sync", description="A part", semantics="#cutout")


def page(*links, of=None, region=None):
    return b"".join(links_page(links, "http://x.org/cutout", of, region)).decode()


def test_a_page_tells_what_a_link_leads_to():
    found = page(FILE)
    assert f"<h1>{ID}</h1>" in found
    assert '<td>this</td><td>The &lt;image&gt;: <a href="http://x.org/files/a%20b.fits">a b.fits</a></td>' in found
    assert "1,234,567 bytes" in found
    assert "<form" not in found


def test_pictures_are_shown_links_lead_to_pages_and_errors_are_told():
    preview = Link(id=ID, access_url="http://x.org/p.png", semantics="#preview", content_type="image/png")
    raw = Link(
        id=ID, access_url="http://x.org/links?ID=8", description="raw", semantics="#progenitor", content_type=MEDIA_TYPE
    )
    wrong = Link(id="<8>", error_message="NotFoundFault: <8>", semantics="#this")
    found = page(preview, raw, wrong)
    assert '<img src="http://x.org/p.png"' in found
    assert '<a href="http://x.org/links?ID=8&amp;RESPONSEFORMAT=html">raw</a>' in found
    assert "<h1>&lt;8&gt;</h1>" in found
    assert "NotFoundFault: &lt;8&gt;" in found


def test_a_part_is_asked_for_within_the_image():
    found = page(FILE, CUTOUT, of=ID, region=circle(55.5, -32.25, 0.04))
    assert '<form action="http://x.org/cutout"' in found
    assert 'name="CIRCLE" value="55.50000 -32.25000 0.0100"' in found
    assert f'name="ID" value="{ID}"' in found
    assert 'value="55.50000 -32.25000 0.0200"' in page(CUTOUT, of=ID, region=circle(55.5, -32.25, 2.0))
