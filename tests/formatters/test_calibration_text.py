"""Real text calibrations, and ones that are something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.table import Table

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.images import Metadata
from support.files import Files

MakeFiles = Callable[[str, str], Files]
CLASSES = {"bfk": "BrighterFatterKernel", "crosstalk": "CrosstalkCalib", "defects": "Defects", "qe_curve": "QECurve"}


def read(files: MakeFiles, path: Path, kind: str) -> Any:
    return files("calibration-text", CLASSES[kind]).read_bytes(path.read_bytes(), "f" + path.suffix)


def test_every_real_one(files: MakeFiles, shared: Path) -> None:
    found = [path for path in sorted((shared / "data/curated").rglob("*")) if path.is_file()]
    assert len(found) == 14
    for path in found:
        kind = path.relative_to(shared / "data/curated").parts[1]
        content = read(files, path, kind)
        metadata = content["metadata"] if kind == "bfk" else content.meta
        assert metadata["OBSTYPE"].lower().removeprefix("manual_") == kind


def test_tables(files: MakeFiles, shared: Path) -> None:
    defects = read(files, shared / "data/curated/trivial_camera/defects/ccd00/20150105t0115.ecsv", "defects")
    assert isinstance(defects, Table)
    assert [tuple(row) for row in defects[:2]] == [(522, 3690, 2, 3), (1820, 3750, 1, 1)]
    assert defects["x0"].unit == "pix"
    assert defects.meta["CALIBDATE"] == "2015-01-05T01:15:00"
    curve = read(files, shared / "data/curated/trivial_camera/qe_curve/ccd00/per_amp/19700101T000000.ecsv", "qe_curve")
    assert curve.colnames == ["amp_name", "wavelength", "efficiency"]
    assert set(curve["amp_name"]) == {"A", "B"}
    crosstalk = read(files, shared / "data/curated/comCam/crosstalk/r22_s00/19700101T000000.ecsv", "crosstalk")
    coefficients = crosstalk["CT_COEFFS"][0].reshape(crosstalk.meta["CROSSTALK_SHAPE"])
    assert coefficients.shape == (16, 16)
    assert np.all(np.diag(coefficients) == 0.0)


def test_kernels_are_arrays(files: MakeFiles, shared: Path) -> None:
    kernel = read(files, shared / "data/curated/imsim/bfk/r22_s11/19700101T000000.yaml", "bfk")
    assert kernel["detKernels"]["R22_S11"].shape == (289,)
    assert kernel["detKernels"]["R22_S11"][0] == -1.499668345809634e-10
    assert isinstance(kernel["metadata"], Metadata)
    assert (kernel["metadata"]["KERNEL_DX"], kernel["metadata"]["KERNEL_DY"]) == (17, 17)
    assert kernel["valid"]["C00"] is True
    assert kernel["badAmps"] == []


def test_mappings_are_written(files: MakeFiles, shared: Path) -> None:
    kernel = read(files, shared / "data/curated/imsim/bfk/r22_s11/19700101T000000.yaml", "bfk")
    again = files("calibration-text", "BrighterFatterKernel").round_trip(kernel)
    np.testing.assert_array_equal(again["detKernels"]["R22_S11"], kernel["detKernels"]["R22_S11"])
    assert again["metadata"] == kernel["metadata"]
    grid = {"kernel": np.arange(6.0).reshape(2, 3), "names": ["a", "b"], "ragged": [[1], [1, 2]]}
    read_again = files("calibration-text", "BrighterFatterKernel").round_trip(grid)
    np.testing.assert_array_equal(read_again.pop("kernel"), grid.pop("kernel"))
    assert read_again == grid
    with pytest.raises(FormatError, match="Give a mapping"):
        files("calibration-text", "BrighterFatterKernel").write(Table({"a": [1]}))


ECSV = "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: x0, datatype: int64}\n# - {name: y0, datatype: int64}\n"


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("f.ecsv", ECSV + "x0 y0\n1 2\n", "has no column 'width', which a Defects needs"),
        ("f.ecsv", ECSV.replace("x0", "x_0") + "x_0 y0\n1 2\n", "Did you mean 'x_0'"),
        ("f.ecsv", "x0,y0\n1,2\n", "not readable as ECSV"),
        ("f.ecsv", "", "not readable as ECSV"),
        ("f.ecsv", b"\xff\xfe\x00", "not readable as ECSV"),
        ("f.yaml", "- 1\n", "holds no calibration"),
        ("f.yaml", "a: [1\n", "YAML"),
        (
            "f.ecsv",
            "# %ECSV 1.0\n# ---\n# datatype:\n" + "".join(f"# - {{name: {n}, datatype: string}}\n" for n in
            ("x0", "y0", "width", "height")) + "x0 y0 width height\na b c d\n",
            "column 'x0' does not hold numbers",
        ),
    ],
)  # fmt: skip
def test_what_is_no_calibration(files: MakeFiles, name: str, content: str | bytes, said: str) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    with pytest.raises(UnreadableFileError, match=said):
        files("calibration-text", "Defects").read_bytes(data, name)


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [echo]", "!!python/name:os.system"])
def test_nothing_is_executed(files: MakeFiles, tag: str) -> None:
    content = files("calibration-text", "BrighterFatterKernel").read_bytes(f"a: {tag}\n".encode(), "f.yaml")
    assert content["a"] in (["echo"], "")
