"""Text calibrations of a simulated survey: the defects of each detector since each date.  Knows no repository.

The tree is that of the data packages of the field: ``defects/r22_s11/19700101T000000.ecsv``, one file for each detector
and begin of validity.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from skybutler.instruments import Detector, Instrument
from skybutler.sim.raw_file import scaled_shape
from skybutler.sim.signature import Defect, defects

__all__ = ["simulate_defects"]


def simulate_defects(
    directory: str | Path, instrument: Instrument, detectors: Sequence[Detector], *, scale: int = 8
) -> tuple[Path, ...]:
    """Write the defects of some detectors, in the pixels of the survey's scale.

    Parameters
    ----------
    directory : path
        Parent of ``defects``; made if need be.
    instrument, detectors : `Instrument`, sequence of `Detector`
        What they are of.
    scale : `int`
        That of the survey.

    Returns
    -------
    files : `tuple` [`~pathlib.Path`]
        By detector and begin of validity; each holds all defects that are known since then.
    """
    files = []
    for detector in detectors:
        folder = Path(directory) / "defects" / detector.full_name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        known = defects(detector, scaled_shape(detector, scale))
        for since in sorted({d.since for d in known}):
            date = str(np.datetime64("1858-11-17") + np.timedelta64(int(since), "D"))
            path = folder / f"{date.replace('-', '')}T000000.ecsv"
            _write(path, instrument, detector, [d for d in known if d.since <= since], date)
            files.append(path)
    return tuple(files)


def _write(path: Path, instrument: Instrument, detector: Detector, known: Sequence[Defect], date: str) -> None:
    from astropy.table import Table

    places = {"x0": "x", "y0": "y", "width": "width", "height": "height"}
    table = Table({column: np.array([getattr(d, name) for d in known], np.int32) for column, name in places.items()})
    for column in places:
        table[column].unit = "pix"
    table.meta = {
        "OBSTYPE": "defects",
        "INSTRUME": instrument.name,
        "DETECTOR": detector.id,
        "CALIBDATE": f"{date}T00:00:00",
        "CALIB_ID": f"detectorName={detector.full_name} detector={detector.id} calibDate={date}",
        "DEFECTS_SCHEMA": "Simple",
        "DEFECTS_SCHEMA_VERSION": 1,
    }
    table.write(path, format="ascii.ecsv", overwrite=True)
