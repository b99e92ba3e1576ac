"""FITS headers to `Metadata` and back without loss, and opening FITS files.  Knows no layout of image planes."""

from __future__ import annotations

import math
import re
import threading
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from skybutler.errors import ButlerError, FormatError, UnreadableFileError
from skybutler.images import Metadata
from skybutler.images.metadata import MetadataCard, MetadataValue

if TYPE_CHECKING:
    from astropy.io.fits import Card, HDUList, Header

    from .formatter import Source

__all__ = [
    "STRUCTURAL",
    "check_whole",
    "fits_header",
    "header_metadata",
    "header_text",
    "open_fits",
    "provenance_cards",
    "reading",
    "without_verification",
]

STRUCTURAL = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|BZERO|BSCALE|BLANK|TFIELDS|T(TYPE|FORM|DIM)\d+|THEAP|"
    r"CHECKSUM|DATASUM|Z(IMAGE|TABLE|CMPTYPE|BITPIX|BLANK|SIMPLE|TENSION|EXTEND|PCOUNT|GCOUNT|QUANTIZ|DITHER0|HECKSUM|"
    r"DATASUM|NAXIS\d*|TILE\d+|NAME\d+|VAL\d+|SCALE|ZERO)|INHERIT|EXTNAME|EXTVER|EXTLEVEL|EXTTYPE|LONGSTRN",
    re.IGNORECASE,
)
"""Keys that describe how a file is made, never what is in it."""

_COMMENTARY = ("COMMENT", "HISTORY", "")
_CARD = 80
_STANDARD_KEY = re.compile(r"[A-Z0-9_-]{1,8}")
_LONG_KEY = re.compile(r"(?!HIERARCH\b)[!-<>-~]+( [!-<>-~]+)*")
_QUOTED = re.compile(r"'((?:[^']|'')*)'")
_PRINTABLE = re.compile(r"[ -~]*")
_BOILERPLATE = re.compile(
    r"\s*(FITS \(Flexible Image Transport System\) format is|and Astrophysics', volume 376, page 359)"
)

# FITS has no NaN or infinity among its numbers; these texts are the custom of the files we share.
_NOT_FINITE = {"NAN": math.nan, "+INFINITY": math.inf, "-INFINITY": -math.inf}

# Python keeps warning filters per process, so changing them for a moment must not overlap between threads.
_warning_filters = threading.Lock()


def header_metadata(header: Header) -> Metadata:
    """All cards of a header but the structural ones.

    Parameters
    ----------
    header : `astropy.io.fits.Header`
        Header as read.  Cards that break the standard become strings.

    Returns
    -------
    metadata : `Metadata`
        Keys without ``HIERARCH``, in order, with repeats and comments.
    """
    metadata = Metadata()
    with without_verification():
        for card in header.cards:
            key = card.keyword
            if STRUCTURAL.fullmatch(key):
                continue
            value = _value(card)
            if key in _COMMENTARY and isinstance(value, str) and (_BOILERPLATE.match(value) or not (key or value)):
                continue
            metadata.add(key, value, card.comment)
    return metadata


@contextmanager
def without_verification() -> Iterator[None]:
    """Keep quiet about old cards that deviate from the standard: no reason to refuse a file, nor to tell its reader."""
    from astropy.io.fits.verify import VerifyWarning

    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore", VerifyWarning)
        yield


def _value(card: Card) -> MetadataValue:
    from astropy.io.fits import VerifyError
    from astropy.io.fits.card import Undefined

    try:
        value: Any = card.value
    except VerifyError:
        text = str(card.image).partition("=")[2].strip()  # the library has put quotes around what it cannot parse
        quoted = _QUOTED.match(text)
        return quoted[1].rstrip() if quoted else text
    if isinstance(value, Undefined):
        return None
    if isinstance(value, str):
        return _NOT_FINITE.get(value, value)
    return str(value) if isinstance(value, complex) else value


def fits_header(cards: Iterable[MetadataCard | tuple[str, MetadataValue]]) -> Header:
    """A FITS header of these cards.

    Parameters
    ----------
    cards : iterable of `MetadataCard` or (key, value)
        What `Metadata.cards` gives.  Floats keep all their digits, long strings are continued, long COMMENT texts are
        split, and NaN and infinities become the strings ``NAN``, ``+INFINITY`` and ``-INFINITY``.  Comments that do
        not fit are cut.

    Raises
    ------
    FormatError
        Raised for a key or value FITS cannot hold, naming it.
    """
    from astropy.io.fits import Card, Header

    header = Header()
    for card in cards:
        for text in _card_texts(MetadataCard(*card)):
            header.append(Card.fromstring(text), end=True)
    return header


def header_text(cards: Iterable[MetadataCard | tuple[str, MetadataValue]]) -> str:
    """The text of these cards, 80 characters each, as `fits_header` would write them but without the library.

    Parameters
    ----------
    cards : iterable of `MetadataCard` or (key, value)
        See `fits_header`, also for errors.
    """
    return "".join(text for card in cards for text in _card_texts(MetadataCard(*card)))


def _card_texts(card: MetadataCard) -> list[str]:
    """The text of a card, 80 characters or, if it is continued, several times that."""
    key, value = card.key, card.value
    if isinstance(value, str) and not _PRINTABLE.fullmatch(value):
        raise FormatError(f"Metadata '{key}' = {value!r} has characters outside printable ASCII, which FITS forbids.")
    if key in _COMMENTARY:
        text = "" if value is None else str(value)
        width = _CARD - 8
        return [f"{key:<8}{text[i : i + width]:<{width}}" for i in range(0, max(len(text), 1), width)]
    standard = _STANDARD_KEY.fullmatch(key) is not None
    if key in ("END", "CONTINUE") or not (standard or _LONG_KEY.fullmatch(key)):
        raise FormatError(f"'{key}' cannot be a FITS keyword.", hint="Use printable ASCII without '='.")
    start = f"{key:<8}= " if standard else f"HIERARCH {key} = "
    text = _value_text(value)
    comment = card.comment if _PRINTABLE.fullmatch(card.comment) else ""
    if len(start) + len(text) <= _CARD:
        padded = f"{text:<20}" if isinstance(value, str) else f"{text:>20}"
        image = start + (padded if standard else text)
        image = f"{image} / {comment}" if comment else image
        return [f"{image[:_CARD]:<{_CARD}}"]
    if isinstance(value, str) and len(start) <= _CARD - 13:
        from astropy.io.fits import Card

        return [str(Card(key if standard else f"HIERARCH {key}", value).image)]
    raise FormatError(f"Metadata '{key}' and its value do not fit into a FITS card of {_CARD} characters.")


def _value_text(value: MetadataValue) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        value = "NAN" if math.isnan(value) else f"{'+' if value > 0 else '-'}INFINITY"
    if isinstance(value, str):
        escaped = value.replace("'", "''")
        return f"'{escaped:<8}'" if value else "''"
    if value is None:
        return ""
    if isinstance(value, bool):
        return "T" if value else "F"
    return repr(value).upper()


@contextmanager
def reading(uri: str) -> Iterator[None]:
    """Turn what the FITS library raises about a broken file into `UnreadableFileError`, naming the file.

    Parameters
    ----------
    uri : `str`
        The file, for the message.
    """
    from astropy.io.fits import VerifyError
    from astropy.utils.exceptions import AstropyUserWarning

    broken = (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, RuntimeError, zlib.error, AssertionError)
    try:
        yield
    except ButlerError:
        raise
    except (*broken, VerifyError, AstropyUserWarning) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableFileError(f"{uri} cannot be read as FITS: {reason}") from error


@contextmanager
def open_fits(file: Path | BinaryIO, uri: str, n_hdus: int) -> Iterator[HDUList]:
    """Open a FITS file and check that its first HDUs are whole.

    Parameters
    ----------
    file : `~pathlib.Path` or binary stream
        Local file or seekable stream; only what is asked for is read.
    uri : `str`
        The file, for messages.
    n_hdus : `int`
        How many HDUs to look at (fewer if the file has fewer); later ones are left alone.

    Yields
    ------
    hdus : `astropy.io.fits.HDUList`
        Opened read-only.

    Raises
    ------
    UnreadableFileError
        Raised if the file is empty, cut short or not FITS.
    """
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyUserWarning

    if isinstance(file, Path):  # the library does not close a file that it opens and then refuses
        with file.open("rb") as stream, open_fits(stream, uri, n_hdus) as found:
            yield found
        return
    with reading(uri), without_verification():
        # All else the library warns of (files cut short, foremost) is a reason to refuse.
        warnings.filterwarnings("error", category=AstropyUserWarning, append=True)
        hdus = fits.open(file, mode="readonly", memmap=False)
        try:
            _check_whole(hdus, n_hdus)
        except BaseException:
            hdus.close()
            raise
    with hdus:
        yield hdus


def provenance_cards(source: Source) -> dict[str, Any]:
    """Cards of provenance in the first two headers of a FITS file; no data are read."""
    found: dict[str, Any] = {}
    with source.open() as stream, open_fits(stream, source.uri, 2) as hdus, reading(source.uri):
        for _, hdu in zip(range(2), hdus, strict=False):
            header = hdu.header
            found |= {key: header[key] for key in header if key.startswith("LSST BUTLER ")}
    return found


def _check_whole(hdus: HDUList, n_hdus: int) -> None:
    for index in range(n_hdus):
        try:
            hdu = hdus[index]
        except IndexError:
            return
        check_whole(hdu, index)


def check_whole(hdu: Any, index: int) -> None:
    """Check that an HDU can be read.

    Parameters
    ----------
    hdu : HDU of astropy
        An HDU of an open file.
    index : `int`
        Its place, for messages.

    Raises
    ------
    OSError
        Raised if its header is corrupt, or the file ends before its data do.
    """
    _ = len(hdu.header)  # parses the cards while warnings are filtered
    if not hasattr(hdu, "fileinfo"):  # what the FITS library makes of a header that it cannot parse
        raise OSError(f"the header of HDU {index} is corrupt")
    info = hdu.fileinfo()
    if info is None or info["file"] is None:  # made in memory
        return
    end = info["datLoc"] + info["datSpan"] if info["datSpan"] else 0
    size = info["file"].size
    if info["file"].compression is None and end > size:
        raise OSError(f"HDU {index} ends at byte {end}, the file at {size}")
