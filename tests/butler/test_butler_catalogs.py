"""Catalogs in repositories: put, got, converted, in part, from files and an object store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from astropy.table import Table

from skybutler import Butler
from skybutler.errors import ParameterError, StorageClassError
from skybutler.images import CoaddInputs
from skybutler.tables import ExposureCatalog, Field, Footprint, SimpleCatalog, SourceCatalog
from support.s3 import S3Server


@pytest.fixture(
    params=["local", pytest.param("s3", marks=pytest.mark.s3), pytest.param("cached", marks=pytest.mark.s3)]
)
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Butler]:
    """A butler with files on disk, in a bucket, or in a bucket with copies nearby."""
    seed: dict[str, Any] = {}
    if request.param != "local":
        server: S3Server = request.getfixturevalue("s3_environment")
        seed = {"datastore": {"root": server.new_root()}}
        if request.param == "cached":
            seed["datastore"]["cached"] = {"root": str(tmp_path / "cache"), "default": True}
    Butler.create(tmp_path / "repo", seed=seed)
    with Butler(tmp_path / "repo", run="run/mine") as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.insert_dimension_data("detector", {"instrument": "Cam", "id": 0, "full_name": "S0"})
        butler.register_dataset_type("src", ["detector"], "SourceCatalog")
        butler.register_dataset_type("refcat", ["detector"], "SimpleCatalog")
        yield butler


ID = {"instrument": "Cam", "detector": 0}


def _sources() -> SourceCatalog:
    columns = {"id": [1, 2], "coord_ra": [0.1, 0.2], "coord_dec": [0.3, 0.4], "m_instFlux": [5.0, 6.0]}
    fields = [Field("m_instFlux", "D", "a flux", "nJy"), Field("m_flag", "Flag", "bad")]
    footprints = [Footprint([[1, 2, 3]]), None]
    return SourceCatalog(columns, fields=fields, aliases={"slot_PsfFlux": "m"}, objects={"footprint": footprints})


def test_a_catalog_comes_back_with_its_footprints(small: Butler) -> None:
    ref = small.put(_sources(), "src", ID)
    found = small.get(ref)
    assert found == _sources()
    assert found[0].psf_flux == 5.0
    assert found.footprints.n_unread == 1
    assert found[0].footprint == Footprint([[1, 2, 3]])
    assert small.get(ref)[0].footprint.area == 2  # the copy nearby, if there is one, has not been moved


def test_other_kinds_of_table(small: Butler) -> None:
    ref = small.put(_sources(), "src", ID)
    names = ["id", "coord_ra", "coord_dec", "parent", "m_instFlux", "m_flag"]
    table = small.get(ref, storage_class="AstropyTable")
    assert isinstance(table, Table)
    assert table.colnames == names
    assert str(table["m_instFlux"].unit) == "nJy"
    assert small.get(ref, storage_class="ArrowAstropy").colnames == names
    frame = small.get(ref, storage_class="DataFrame")
    assert isinstance(frame, pd.DataFrame)
    assert frame["m_flag"].tolist() == [False, False]
    arrow = small.get(ref, storage_class="ArrowTable")
    assert isinstance(arrow, pa.Table)
    assert arrow["m_instFlux"].to_pylist() == [5.0, 6.0]
    assert type(small.get(ref, storage_class="SimpleCatalog")) is SourceCatalog
    with pytest.raises(StorageClassError, match="SourceCatalog"):
        small.get(ref, storage_class="ExposureF")


def test_parts(small: Butler) -> None:
    ref = small.put(_sources(), "src", ID)
    assert small.get(ref, parameters={"columns": "m_flag"}).names == ["id", "coord_ra", "coord_dec", "parent", "m_flag"]
    with pytest.raises(ParameterError, match="'m_flag'"):
        small.get(ref, parameters={"columns": ["m_flags"]})


def test_astropy_tables_are_converted(small: Butler) -> None:
    table = Table({"id": [7], "coord_ra": [180.0], "coord_dec": [45.0], "g_flux": np.array([1.5], "f4")})
    table["coord_ra"].unit = table["coord_dec"].unit = "deg"
    found = small.get(small.put(table, "refcat", ID))
    assert type(found) is SimpleCatalog
    assert found[0].coord == (180.0, 45.0)
    assert found["g_flux"].dtype == np.float32
    assert found.names == ["id", "coord_ra", "coord_dec", "g_flux"]


@pytest.mark.parametrize("convert", [pd.DataFrame, pa.table])
def test_frames_and_arrow_tables_are_converted(small: Butler, convert: Any) -> None:
    found = small.get(small.put(convert({"id": [7, 8], "g_flux": [1.5, 2.5]}), "refcat", ID))
    assert found.find(8)["g_flux"] == 2.5


def test_what_went_into_a_real_coadd(small: Butler, shared: Path) -> None:
    from astropy.io import fits

    from skybutler.formatters.afw.archive import Archive

    with fits.open(shared / "data/exposures/testCoaddInputs_coadd_with_version_1_data.fits") as hdus:
        archive = Archive(hdus, "coadd", 4)
        inputs = archive.get(1, CoaddInputs)
        assert inputs is not None
        ccds = ExposureCatalog.from_records(inputs.ccds)
    small.register_dataset_type("ccds", ["detector"], "ExposureCatalog")
    found = small.get(small.put(ccds, "ccds", ID))
    assert found == ccds
    assert found["visit"].tolist() == [0, 1, 2]
    assert found[1].bbox == inputs.ccds[1].bbox
    for name in ("wcs", "psf", "photo_calib", "valid_polygon", "aperture_corrections"):
        assert found[0].part(name) == ccds[0].part(name) is not None
    assert list(found.containing(10.0, 45.0)["id"]) == [r.id for r in inputs.ccds if r.contains(10.0, 45.0)]
