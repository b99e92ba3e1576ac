"""The subcommand ``summary``: what is in a repository, on one page and as a picture."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from .command import command, refuse
from .options import as_json, collections_option, repository
from .output import counted, show, table_of_rows

if TYPE_CHECKING:
    from skybutler.upkeep.summary import CollectionSummary, Summary

__all__ = ["summary"]

_PICTURES = (".png", ".pdf", ".svg")
_MOST_NAMES = 8
_DOC = 60
NO_BAND = "none"
_UNITS = ("kB", "MB", "GB", "TB", "PB")


@command("summary")
@repository
@collections_option("Only datasets of these, and records of their instruments and sky maps; names and globs.")
@click.option("--plot", metavar="FILE", help="Also draw where and when was observed: a .png, .pdf or .svg file.")
@click.option("--sky/--no-sky", default=True, help="Compute the area on the sky (the default), or leave it out.")
@as_json
def summary(repo: str, collections: tuple[str, ...], plot: str | None, sky: bool, as_json: bool) -> None:
    """Say what is in REPO: collections, dataset types, instruments, nights, bands, sky area.

    Everything is counted by the database, so that it takes seconds on millions of datasets.
    """
    from skybutler.butler import Butler
    from skybutler.upkeep.summary import summarize

    if plot is not None and not plot.lower().endswith(_PICTURES):
        refuse(f"--plot takes a file named {', '.join('*' + p for p in _PICTURES)}, not '{plot}'.")
    if plot is not None and not sky:
        refuse("--plot needs the sky.")
    with Butler(repo) as butler:
        found = summarize(butler, list(collections) or None, sky=sky)
        if plot is not None:
            _draw(butler, found, plot)
    if as_json:
        click.echo(json.dumps(found.to_mapping(), indent=1))
        return
    _print(found)
    if plot is not None:
        click.echo(f"\nPicture: {plot}")


def _draw(butler: Any, found: Summary, plot: str) -> None:
    from skybutler.upkeep.coverage import tract_outlines
    from skybutler.upkeep.coverage_plot import draw_summary

    draw_summary(found, plot, tract_outlines(butler, [m.name for m in found.sky_maps]))


def _print(found: Summary) -> None:
    _print_facts(list(_facts(found)))
    if found.collections:
        click.echo()
        rows = [_collection_row(c, depth) for c, depth in _tree(found.collections)]
        show(table_of_rows(("Collection", "Type", "Datasets", "Size", "Holds"), rows))
    if found.dataset_types:
        click.echo()
        kinds = [
            (t.name, ", ".join(t.dimensions), t.datasets, t.missing, _size(t.bytes, t.unsized, t.stored))
            for t in found.dataset_types
        ]
        show(table_of_rows(("Dataset type", "Dimensions", "Datasets", "No file", "Size"), kinds))
    if found.calibrations:
        click.echo()
        valid = [(c.collection, c.dataset_type, c.datasets, c.validity) for c in found.calibrations]
        show(table_of_rows(("Calibrations", "Dataset type", "Certified", "Valid"), valid))


def _print_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Names and texts, which on a terminal are wrapped to its width."""
    indent = max(len(name) for name, _ in facts) + 2
    room = max(shutil.get_terminal_size().columns - indent, 40) if sys.stdout.isatty() else None
    for name, text in facts:
        lines = textwrap.wrap(text, room) if room else [text]
        click.echo(click.style(name.ljust(indent), bold=True) + ("\n" + " " * indent).join(lines))


def _facts(found: Summary) -> Iterator[tuple[str, str]]:
    """Lines of the head: what, and in words."""
    yield "Repository", found.place
    yield "Registry", f"{found.database}, schema {found.schema_version}, made by {found.created_by}"
    yield "Dimensions", found.universe
    yield "Datasets", f"{found.datasets:,} in {counted(len(found.collections), 'collection')}, {size_text(found.bytes)}"
    for item in found.instruments:
        filters = f"{counted(len(item.filters), 'filter')}"
        if item.filters:
            filters += f" ({_some(sorted(item.filters))})"
        yield "Instrument", f"{item.name}: {counted(item.detectors, 'detector')}, {filters}"
        if item.exposures:
            seen = f"{item.exposures:,} exposures, {item.visits:,} visits in {counted(item.nights, 'night')}"
            yield "Observed", f"{seen}, {item.begin} to {item.end} TAI" if item.begin else seen
    if found.bands:
        yield "Bands", "   ".join(f"{band or NO_BAND} {n:,}" for band, n in found.bands.items())
    if found.coverage is not None:
        yield "Sky", _sky(found)
    elif any(i.visits for i in found.instruments):
        yield "Sky", "not measured, or no visit has a region"
    elif any(i.exposures for i in found.instruments):
        yield "Sky", "no visits yet: butler define-visits"
    for sky_map in found.sky_maps:
        yield "Sky map", f"{sky_map.name}: {sky_map.tracts:,} tracts, {sky_map.patches:,} patches"


def _sky(found: Summary) -> str:
    assert found.coverage is not None
    coverage = found.coverage
    text = f"{coverage.area_deg2():,.2f} deg²"
    if len(coverage.bands) > 1:
        seen = [band for band in found.bands if band in coverage.bands]
        text += f" ({', '.join(f'{band or NO_BAND} {coverage.area_deg2(band):,.2f}' for band in seen)})"
    if coverage.used < coverage.footprints:
        text += f", from {coverage.used:,} of {coverage.footprints:,} visits"
    return text


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _tree(collections: Sequence[CollectionSummary]) -> Iterator[tuple[CollectionSummary, int]]:
    """Collections with their depth: members below their chains, each of which is shown once as a root."""
    by_name = {c.name: c for c in collections}
    held = {child for c in collections for child in c.children}

    def walk(item: CollectionSummary, depth: int) -> Iterator[tuple[CollectionSummary, int]]:
        yield item, depth
        for child in item.children:
            yield from walk(by_name[child], depth + 1)

    for item in collections:
        if item.name not in held:
            yield from walk(item, 0)


def _collection_row(item: CollectionSummary, depth: int) -> tuple[str, str, int, str, str]:
    doc = " ".join(item.doc.split())
    doc = doc if len(doc) <= _DOC else doc[: _DOC - 3] + "..."
    holds = _some([f"{n:,} {name}" for name, n in item.dataset_types.items()])
    size = size_text(item.bytes) if item.type == "RUN" else ""
    return (
        "  " * depth + item.name,
        item.type,
        item.datasets,
        size,
        f"{holds}; {doc}" if holds and doc else holds or doc,
    )


def _size(size: int, unsized: int, stored: int) -> str:
    if unsized and unsized == stored:
        return "unknown"
    return size_text(size) + (f" and {unsized:,} unknown" if unsized else "")


def size_text(size: int) -> str:
    """Bytes as people say them, in powers of 1000: ``51.6 MB``."""
    if size < 1000:
        return f"{size} B"
    value, unit = size / 1000, 0
    while value >= 999.95 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}" if value < 100 else f"{value:.0f} {_UNITS[unit]}"
