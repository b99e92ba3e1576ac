"""Pages that people read in a browser: their frame, and what makes text and addresses safe in them.  Knows no content.

Pages run nothing: what a repository holds is shown, never executed.
"""

from __future__ import annotations

from html import escape

from .xml_text import xml_text

__all__ = ["MEDIA_TYPE", "error_page", "page_begin", "page_end", "shown_link", "shown_text"]

MEDIA_TYPE = "text/html"
"""Of pages, which are in UTF-8."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'"
_STYLE = """\
:root { color-scheme: light dark; --line: #8885; --shade: #8882; --link: light-dark(#1a5fb4, #99c1f1); }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; padding: 0 1.5rem; max-width: 72rem; }
body.wide { max-width: none; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
a { color: var(--link); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem; border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; background: Canvas; } th small { display: block; font-weight: normal; opacity: .7; }
td { max-width: 30rem; overflow-wrap: break-word; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.wide td { white-space: nowrap; max-width: 24rem; overflow: hidden; text-overflow: ellipsis; }
tbody tr:hover { background: var(--shade); }
code, pre, textarea { font: 13px/1.4 ui-monospace, monospace; }
pre { background: var(--shade); padding: .7rem; overflow-x: auto; }
textarea { width: 100%; box-sizing: border-box; padding: .5rem; }
button, select, input { font: inherit; padding: .2rem .6rem; }
img { max-width: 256px; max-height: 256px; display: block; }
.error { border-left: 4px solid #c01c28; padding-left: .8rem; }
"""


def shown_text(text: str) -> str:
    """Text as a page can have it."""
    return escape(xml_text(text))


def shown_link(address: str, content: str | None = None) -> str:
    """A link to an address of the web; of any other, only its text.

    Parameters
    ----------
    address : `str`
        Where it leads.
    content : `str`, optional
        What is shown of it, which is taken as it is; the address if nothing is given.
    """
    shown = shown_text(address)
    if not address.startswith(("http://", "https://")):
        return content or shown
    return f'<a href="{shown}">{content or shown}</a>'


def page_begin(title: str, *, wide: bool = False) -> str:
    """All of a page before its content.

    Parameters
    ----------
    title : `str`
        Of the page.
    wide : `bool`
        Whether it takes all the width of a window.
    """
    body = '<body class="wide">' if wide else "<body>"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{shown_text(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<style>\n{_STYLE}</style>\n</head>\n{body}\n"
    )


def page_end() -> str:
    """All of a page behind its content."""
    return "</body>\n</html>\n"


def error_page(message: str) -> bytes:
    """A page that says what is wrong.

    Parameters
    ----------
    message : `str`
        What is wrong, with its line breaks.
    """
    content = f'<h1>That cannot be answered</h1>\n<pre class="error">{shown_text(message)}</pre>\n'
    return f"{page_begin('Error')}{content}{page_end()}".encode()
