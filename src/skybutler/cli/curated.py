"""The subcommand that writes an instrument's camera and text calibrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .command import command
from .options import many, many_arguments, repository
from .output import counted

if TYPE_CHECKING:
    from skybutler.ingest.curated import CuratedReport

__all__ = ["write_curated_calibrations"]


@command("write-curated-calibrations")
@repository
@click.argument("instrument")
@many_arguments("labels", metavar="[LABEL]...")
@many("--label", metavar="LABEL", help="The same as the argument LABEL.")
@click.option("--collection", metavar="NAME", help="CALIBRATION collection; PREFIX/calib[/LABEL] by default.")
@click.option("--prefix", metavar="PREFIX", help="Begin of the names of collections; INSTRUMENT by default.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False),
    help="Directory of text calibrations, TYPE/DETECTOR/DATE.ecsv; 'curated_calibrations' of butler.yaml by default.",
)
def write_curated_calibrations(
    repo: str,
    instrument: str,
    labels: tuple[str, ...],
    label: tuple[str, ...],
    collection: str | None,
    prefix: str | None,
    data: str | None,
) -> None:
    """Write the camera of INSTRUMENT and its text calibrations: defects, crosstalk, quantum efficiency and others.

    They go to the runs PREFIX/calib[/LABEL]/unbounded and .../curated/DATE, and are certified: valid from the date that
    a file is named after to that of the next one.  Repeating it writes nothing.
    """
    from skybutler.butler import Butler
    from skybutler.ingest.curated import write_curated_calibrations

    with Butler(repo, writeable=True) as butler:
        report = write_curated_calibrations(
            butler, instrument, labels=(*labels, *label), collection=collection, prefix=prefix, data=data
        )
    _tell(report)


def _tell(report: CuratedReport) -> None:
    for name in sorted({*report.written, *report.present}):
        new, known = report.written.get(name, 0), report.present.get(name, 0)
        parts = [f"{new} written"] * bool(new) + [f"{known} there before with the same content"] * bool(known)
        click.echo(f"{name}: {', '.join(parts)}.")
    if report.certified:
        click.echo(f"Certified {counted(report.certified, 'validity range')} in '{report.collection}'.")
    elif not report.written:
        click.echo(f"Nothing is new: '{report.collection}' has all of them with these validity ranges.")
    if report.source is None:
        click.echo(
            "No text calibrations were given: pass --data DIR, or set 'curated_calibrations: DIR' in butler.yaml.",
            err=True,
        )
    if report.passed_over:
        click.echo(f"Passed over in {report.source}: {', '.join(report.passed_over)}.", err=True)
