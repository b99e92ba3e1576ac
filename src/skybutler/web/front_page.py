"""The front page: what is served, where, and a form to ask it; JSON for programs.  Knows no protocol of the VO."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from skybutler import __version__
from skybutler.vo.pages import MEDIA_TYPE, page_begin, page_end, shown_link, shown_text
from skybutler.vo.tap_examples import EXAMPLES

from .requests import of

if TYPE_CHECKING:
    from starlette.requests import Request

    from .requests import Here

__all__ = ["routes"]

_SERVICES = {
    "api/tap": "TAP: questions in ADQL",
    "api/datalink/links": "DataLink: what belongs to a dataset",
    "api/cutout/sync": "SODA: parts of images",
    "api/sia/query": "SIAv2: images by position, time and wavelength",
    "health": "whether all is well",
}
_FORMATS = ("html", "csv", "votable", "json", "fits", "parquet")
_ROWS = 500
"""Most rows of a page, unless the user says otherwise."""


def routes() -> list[Route]:
    """The route of the front page."""
    return [Route("/", _front, methods=["GET"])]


async def _front(request: Request) -> Response:
    here = of(request)
    if "text/html" in request.headers.get("accept", ""):
        answer = Response(_page(here), media_type=MEDIA_TYPE)
    else:
        answer = JSONResponse(
            {
                "skybutler": __version__,
                "repositories": {r.label: f"{here.root_url}/repo/{r.label}" for r in here.served},
                "services": [f"{here.root_url}/{end}" for end in _SERVICES],
            }
        )
    answer.headers["Vary"] = "Accept"
    return answer


def _page(here: Here) -> str:
    labels = [repository.label for repository in here.served]
    title = f"Images of {', '.join(labels)}"
    parts = [f"<h1>{shown_text(title)}</h1>\n", _form(here, labels), _examples(here), _services(here), _clients(here)]
    return "".join([page_begin(title), *parts, f"<p><small>skybutler {__version__}</small></p>\n", page_end()])


def _form(here: Here, labels: list[str]) -> str:
    formats = "".join(f"<option>{name}</option>" for name in _FORMATS)
    buttons = []
    for label in labels:
        url = shown_text(f"{here.root_url}/repo/{label}/api/tap/sync")
        buttons.append(f'<button formaction="{url}">Ask {shown_text(label)}</button>\n')
    first = shown_text(next(example.query for example in EXAMPLES if example.id == "point"))
    return (
        '<form method="get">\n<input type="hidden" name="LANG" value="ADQL">\n'
        f'<p><textarea name="QUERY" rows="5" aria-label="Query in ADQL">{first}</textarea></p>\n'
        f'<label>as <select name="RESPONSEFORMAT">{formats}</select></label>\n'
        f'<label>up to <input name="MAXREC" type="number" min="1" value="{_ROWS}"> rows</label>\n'
        f"{''.join(buttons)}</form>\n"
    )


def _examples(here: Here) -> str:
    shown = []
    for example in EXAMPLES:
        asked = {"LANG": "ADQL", "RESPONSEFORMAT": "html", "MAXREC": _ROWS, "QUERY": example.query}
        link = shown_link(f"{here.root_url}/api/tap/sync?{urlencode(asked)}", shown_text(example.name))
        shown.append(f"<dt>{link}: {shown_text(example.text)}</dt>\n<dd><pre>{shown_text(example.query)}</pre></dd>\n")
    return f"<h2>Questions to begin with</h2>\n<dl>\n{''.join(shown)}</dl>\n"


def _services(here: Here) -> str:
    rows = "".join(
        f"<tr><td>{shown_text(told)}</td><td><code>{shown_text(f'{here.root_url}/{end}')}</code></td></tr>\n"
        for end, told in _SERVICES.items()
    )
    also = "".join(f"<li><code>{shown_text(f'{here.root_url}/repo/{r.label}')}</code></li>\n" for r in here.served)
    return (
        f'<h2>Services</h2>\n<div class="scroll"><table><tbody>\n{rows}</tbody></table></div>\n'
        f"<p>Each of them for one repository is below</p>\n<ul>\n{also}</ul>\n"
    )


def _clients(here: Here) -> str:
    tap = f"{here.root_url}/api/tap"
    python = (
        f'import pyvo\n\nservice = pyvo.dal.TAPService("{tap}")\n'
        'images = service.search("SELECT TOP 20 * FROM ivoa.ObsCore")'
    )
    return (
        "<h2>From programs</h2>\n<p>TOPCAT: menu VO, Table Access Protocol (TAP) Query, TAP URL "
        f"<code>{shown_text(tap)}</code>.  Python:</p>\n<pre>{shown_text(python)}</pre>\n"
    )
