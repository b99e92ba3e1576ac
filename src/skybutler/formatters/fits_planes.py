"""Boxes of image, mask and variance of an exposure file in at most three round trips.  Knows no images, no parameters.

First the headers in front, then the headers and tables of tiles further on, then all tiles that are needed.  Files of
ours tell in front where their planes are; in other files each plane has to be found from the one before.  What the
first two trips bring is kept for the next cut-out of the same file.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy.typing as npt

from skybutler.errors import ButlerError
from skybutler.images import Box

from .fits_cards import CARD, format_card
from .fits_plain import PlainImage
from .fits_scan import HeldFile, ScannedHdu, ScannedHeader, read_merged
from .fits_tiles import TiledImage, TileTable, pixel_reader
from .formatter import Source

__all__ = [
    "END",
    "PLACES",
    "PLANES",
    "REST",
    "FilePlane",
    "PlaneFile",
    "forget_planes",
    "keep_rest",
    "note_places",
    "read_planes",
]

PLANES = ("IMAGE", "MASK", "VARIANCE")
"""Planes in the order in which files have them."""

PLACES = {"MASK": "SB_MASKP", "VARIANCE": "SB_VARP"}
"""Cards of the primary header that tell the byte at which the HDU of a plane begins, 0 if that is not told."""

END = "SB_ENDP"
"""Card of the primary header that tells the byte at which the last plane ends."""

REST = "rest"
"""Note of a file: what was made of all of it but its planes, see `keep_rest`."""

_FRONT = 64 << 10  # bytes that are read first: nearly always all of the first two headers
_GAP, _GAP_ROWS = 4 << 10, 64 << 10  # bytes between ranges that are read along; between rows of remote plain images
_BLOCKS = 2 * 2880
_MOST_FOLLOWING = 4 << 20  # bytes behind the planes that are read at once; usually a few hundred thousand
_MOST_FILES, _MOST_BYTES, _MOST_RESTS = 256, 64 << 20, 32

Pixels: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class FilePlane:
    """One plane of a file: its cards, how to read it, its table of tiles if it has one."""

    header: ScannedHeader
    reader: TiledImage | PlainImage
    tiles: TileTable | None = None


@dataclass(frozen=True, slots=True)
class PlaneFile:
    """What is known of a file.

    Parameters
    ----------
    version : `str`
        Of the file.
    primary : `ScannedHeader`
        Cards of its first HDU.
    planes : mapping of `str` to `FilePlane`
        Those that were asked for.
    missing : `frozenset` [`str`]
        Those that were asked for and are not there.
    outline : `tuple` of pairs of `int`
        Where the headers of these planes are, and what is before them.
    end : `int`
        Where the last of them ends: what follows is no plane, if all were asked for.
    notes : `dict`
        What users of the file have found out about it and want to be kept.
    """

    version: str
    primary: ScannedHeader
    planes: Mapping[str, FilePlane]
    missing: frozenset[str] = frozenset()
    outline: tuple[tuple[int, int], ...] = ()
    end: int = 0
    notes: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx), the same for all planes."""
        return next(iter(self.planes.values())).reader.shape

    @property
    def n_bytes(self) -> int:
        """About how much memory it takes."""
        tables = sum(plane.tiles.n_bytes for plane in self.planes.values() if plane.tiles is not None)
        headers = [self.primary, *(plane.header for plane in self.planes.values())]
        return tables + 3 * CARD * sum(len(header) for header in headers)


def read_planes(
    held: HeldFile, wanted: Sequence[str], choose: Callable[[PlaneFile], Box], rest: bool = False
) -> tuple[PlaneFile, dict[str, Pixels]] | None:
    """Read the same box of several planes.

    Parameters
    ----------
    held : `HeldFile`
        The file.
    wanted : sequence of `str`
        Of `PLANES`.  Those that the file does not have are left out.
    choose : callable
        Gives the box, of the stored arrays: pixel (0, 0) is the first one.  It may be called twice.
    rest : `bool`
        Hold all else of the file too, headers and what follows the planes, if that is not much.

    Returns
    -------
    file, pixels : `PlaneFile`, `dict` of `numpy.ndarray`, (ny, nx)
        What the headers say, and pixels by plane.  `None` if the file is none that can be read in this way: packed,
        of a layout or a compression that is not known here, or no FITS file at all.

    Raises
    ------
    UnreadableFileError
        Raised if the file is corrupt or cut short.
    """
    source = held.source
    known = _kept.get(source, wanted)
    if known is not None:
        try:
            pixels = _pixels(held, known, wanted, choose(known), rest)
        except ButlerError:
            if source.state().version == known.version:
                raise
        else:
            if source.state().version == known.version:
                return known, pixels
    file = _scan(held, wanted, rest)
    if file is None:
        return None
    file = _kept.put(source, file)
    return file, _pixels(held, file, wanted, choose(file), rest)


def _pixels(held: HeldFile, file: PlaneFile, wanted: Sequence[str], box: Box, rest: bool) -> dict[str, Pixels]:
    """The pixels of a box, all of them in one trip."""
    source = held.source
    planes = {name: file.planes[name] for name in wanted if name in file.planes}
    ranges = {name: plane.reader.ranges(box, plane.tiles) for name, plane in planes.items()}
    flat = [piece for part in ranges.values() for piece in part]
    others = held.missing(_others(source, file)) if rest and REST not in file.notes else []
    plain = any(isinstance(plane.reader, PlainImage) for plane in planes.values())
    pieces = iter(read_merged(source, [*flat, *others], _GAP_ROWS if plain and not source.is_local else _GAP))
    found = {name: [next(pieces) for _ in part] for name, part in ranges.items()}
    held.hold(others, list(pieces))
    return {name: plane.reader.pixels(box, found[name], plane.tiles) for name, plane in planes.items()}


def _others(source: Source, file: PlaneFile) -> list[tuple[int, int]]:
    """Where all is that is neither pixel nor table of tiles."""
    follows = min(file.end, source.size), source.size
    return [*file.outline, follows] if 0 < follows[1] - follows[0] <= _MOST_FOLLOWING else list(file.outline)


# -------------------------------------------------------------------------------------------------------------- headers
def _scan(held: HeldFile, wanted: Sequence[str], rest: bool) -> PlaneFile | None:
    """Read headers and tables of tiles of the planes that are wanted."""
    source = held.source
    held.fetch([(0, _FRONT)])
    primary = held.hdu(0, _FRONT)
    if primary is None:
        return None
    hdus = dict(_find(held, primary, wanted, rest))
    readers = {
        name: pixel_reader(hdu, f"The {name.lower()} of {source.uri}") for name, hdu in hdus.items() if name in wanted
    }
    tables = [r.table for r in readers.values() if isinstance(r, TiledImage)]
    held.fetch(tables)
    planes = {}
    for name, reader in readers.items():
        if reader is None:
            return None
        table = reader.tiles(held.get(*reader.table) or b"") if isinstance(reader, TiledImage) else None
        planes[name] = FilePlane(hdus[name].header, reader, table)
    if not planes:
        return None
    outline = ((0, primary.data), *((hdu.start, hdu.data) for hdu in hdus.values()))
    end = max(hdu.end for hdu in hdus.values())
    return PlaneFile(source.state().version, primary.header, planes, frozenset(wanted) - planes.keys(), outline, end)


def _find(
    held: HeldFile, primary: ScannedHdu, wanted: Sequence[str], rest: bool = False
) -> Iterator[tuple[str, ScannedHdu]]:
    """Planes and their HDUs as far as the last that is wanted.

    Position is the contract; EXTTYPE, if it is there, may only contradict it.
    """
    last = max(PLANES.index(name) for name in wanted)
    hdu = primary if primary.image_shape else held.hdu(primary.end, _BLOCKS)
    shape: tuple[int, ...] | None = None
    size = 0  # of a header and table of tiles, as far as those before can tell
    for number, name in enumerate(PLANES):
        if hdu is None or len(hdu.image_shape) != 2 or shape not in (None, hdu.image_shape):
            return
        said = str(hdu.header.get("EXTTYPE", name)).strip()
        if number == 0 and (said == "MASK" or any(key.startswith("MP_") for key in hdu.header)):
            yield "MASK", hdu
            return
        if number and said != name:
            return
        shape = hdu.image_shape
        yield name, hdu
        if number == last:
            return
        table = hdu.header.whole("NAXIS1") * hdu.header.whole("NAXIS2") if hdu.is_tiled else 0
        size = max(size, hdu.data - hdu.start + _BLOCKS + table)
        if number == 0:
            places = [(primary.header.get(PLACES[plane]), size) for plane in PLANES[1 : last + 1]]
            places += [(primary.header.get(END), _MOST_FOLLOWING)] if rest else []
            total = held.source.state().size
            told = [(p, min(p + n, total)) for p, n in places if isinstance(p, int) and hdu.start < p < total]
            held.fetch(told)
        hdu = held.hdu(hdu.end, size)


def note_places(path: Path) -> None:
    """Write into a new file where its planes begin, if its primary header has the cards of `PLACES`.

    Parameters
    ----------
    path : `~pathlib.Path`
        A local FITS file, written by us.
    """
    from skybutler.storage import LocalStorage

    held = HeldFile(Source(LocalStorage(path.parent), path.name))
    primary = held.hdu(0, _FRONT)
    if primary is None or not any(card in primary.header for card in (*PLACES.values(), END)):
        return
    told: dict[str, int] = {}
    for name, hdu in _find(held, primary, PLANES):
        told |= {PLACES.get(name, ""): hdu.start, END: hdu.end}
    with path.open("r+b") as stream:
        for card, value in told.items():
            if (place := primary.header.place(card)) is not None:
                stream.seek(place)
                stream.write(format_card(card, value).encode("ascii"))


# ---------------------------------------------------------------------------------------------------------------- cache
class _KeptFiles:
    """What is known of the files read last."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, PlaneFile] = OrderedDict()
        self._lock = threading.Lock()
        self._n_bytes = 0

    def get(self, source: Source, wanted: Sequence[str]) -> PlaneFile | None:
        """What is known of a file; of a remote one, whether it is still so is to be found out while reading."""
        with self._lock:
            found = self._files.get(source.uri)
            if found is not None:
                self._files.move_to_end(source.uri)
        if found is None or not set(wanted) <= found.planes.keys() | found.missing:
            return None
        return found if not source.is_local or source.state().version == found.version else None

    def put(self, source: Source, file: PlaneFile) -> PlaneFile:
        """Keep what is known of a file, beside what was; both together."""
        with self._lock:
            old = self._files.pop(source.uri, None)
            if old is not None:
                self._n_bytes -= old.n_bytes
                if old.version == file.version:
                    longer = max(old, file, key=lambda known: known.end)
                    planes, missing = {**old.planes, **file.planes}, old.missing | file.missing
                    file = replace(longer, planes=planes, missing=missing, notes=old.notes)
            self._files[source.uri] = file
            self._n_bytes += file.n_bytes
            while len(self._files) > 1 and (len(self._files) > _MOST_FILES or self._n_bytes > _MOST_BYTES):
                self._n_bytes -= self._files.popitem(last=False)[1].n_bytes
        return file

    def keep_rest(self, file: PlaneFile, rest: object) -> None:
        """Note what was made of all of a file but its planes, so that it need not be read for the next cut-out.

        That can be large, so it is kept of few files.  It must not be modified.
        """
        with self._lock:
            file.notes[REST] = rest
            noted = [known for known in self._files.values() if REST in known.notes]
            for known in noted[: max(0, len(noted) - _MOST_RESTS)]:
                known.notes.pop(REST, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._files.clear()
            self._n_bytes = 0


_kept = _KeptFiles()
forget_planes = _kept.clear
keep_rest = _kept.keep_rest
