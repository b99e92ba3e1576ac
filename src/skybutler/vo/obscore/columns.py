"""Columns of ``ivoa.ObsCore``: those of the standard, and what pipelines label their images by.  Knows no rows.

ObsCore 1.1 (IVOA Recommendation 2017-05-09) with its errata, tables 1, 6 and 7.
"""

from __future__ import annotations

from skybutler.vo.field import Field

__all__ = ["FIELDS", "REGION", "ROWS_OF_KIND"]

REGION = "s_region"
"""The column of regions."""
ROWS_OF_KIND = "rows_of_kind"
"""The column that says how many rows there are, if there is one for each kind."""

_AXIS = "obscore:Char."
_PRINCIPAL = frozenset(
    (
        "dataproduct_type", "calib_level", "obs_collection", "obs_id", "obs_publisher_did", "access_url",
        "access_format", "target_name", "s_ra", "s_dec", "s_fov", "s_region", "t_min", "t_max", "t_exptime", "em_min",
        "em_max", "instrument_name", "dataproduct_subtype", "lsst_visit", "lsst_detector", "lsst_tract", "lsst_patch",
        "lsst_band",
    )
)  # fmt: skip
_INDEXED = frozenset(("s_region", "lsst_visit", "lsst_detector", "lsst_tract", "lsst_patch", "dataproduct_subtype"))


def _field(line: str) -> Field:
    name, datatype, unit, ucd, utype, description = (part.strip() for part in line.split("|"))
    return Field(
        name=name,
        datatype=datatype,
        arraysize="*" if datatype == "char" else None,
        unit=unit or None,
        ucd=ucd or None,
        utype=utype.replace("~", _AXIS) or None,
        description=description,
        principal=name in _PRINCIPAL,
        indexed=name in _INDEXED,
        standard=not name.startswith("lsst_"),
    )


# name | type | unit | ucd | utype ("~" is obscore:Char.) | description
_LINES = """\
dataproduct_type | char | | meta.code.class | obscore:ObsDataset.dataProductType | Kind of data product
dataproduct_subtype | char | | meta.code.class | obscore:ObsDataset.dataProductSubtype | Which product of the pipelines
calib_level | int | | meta.code;obs.calib | obscore:ObsDataset.calibLevel | 1 raw, 2 calibrated, 3 combined or derived
target_name | char | | meta.id;src | obscore:Target.name | What was observed
obs_id | char | | meta.id | obscore:DataID.observationID | Name of the observation
obs_title | char | | meta.title;obs | obscore:DataID.title | Title
obs_collection | char | | meta.id | obscore:DataID.collection | Collection of data
obs_publisher_did | char | | meta.ref.ivoid | obscore:Curation.publisherDID | Identifier of the dataset
access_url | char | | meta.ref.url | obscore:Access.reference | Where links to the dataset are
access_format | char | | meta.code.mime | obscore:Access.format | Media type of what is there
access_estsize | long | kbyte | phys.size;meta.file | obscore:Access.size | Size of the file
facility_name | char | | meta.id;instr.tel | obscore:Provenance.ObsConfig.Facility.name | Observatory
instrument_name | char | | meta.id;instr | obscore:Provenance.ObsConfig.Instrument.name | Instrument
s_ra | double | deg | pos.eq.ra | ~SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1 | Right ascension of centre
s_dec | double | deg | pos.eq.dec | ~SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2 | Declination of centre
s_fov | double | deg | phys.angSize;instr.fov | ~SpatialAxis.Coverage.Bounds.Extent.diameter | Diameter
s_region | char | | pos.outline;obs.field | ~SpatialAxis.Coverage.Support.Area | Region covered, ICRS
s_resolution | double | arcsec | pos.angResolution | ~SpatialAxis.Resolution.Refval.value | Angular resolution
s_xel1 | long | | meta.number | ~SpatialAxis.numBins1 | Pixels along the first axis
s_xel2 | long | | meta.number | ~SpatialAxis.numBins2 | Pixels along the second axis
t_min | double | d | time.start;obs.exposure | ~TimeAxis.Coverage.Bounds.Limits.StartTime | Begin, MJD (TAI)
t_max | double | d | time.end;obs.exposure | ~TimeAxis.Coverage.Bounds.Limits.StopTime | End, MJD (TAI)
t_exptime | double | s | time.duration;obs.exposure | ~TimeAxis.Coverage.Support.Extent | Exposure time
t_resolution | double | s | time.resolution | ~TimeAxis.Resolution.Refval.value | Resolution in time
t_xel | long | | meta.number | ~TimeAxis.numBins | Elements along the time axis
em_min | double | m | em.wl;stat.min | ~SpectralAxis.Coverage.Bounds.Limits.LoLimit | Shortest wavelength
em_max | double | m | em.wl;stat.max | ~SpectralAxis.Coverage.Bounds.Limits.HiLimit | Longest wavelength
em_res_power | double | | spect.resolution | ~SpectralAxis.Resolution.ResolPower.refVal | Spectral resolving power
em_xel | long | | meta.number | ~SpectralAxis.numBins | Elements along the spectral axis
o_ucd | char | | meta.ucd | ~ObservableAxis.ucd | What the pixels are
pol_states | char | | meta.code;phys.polarization | ~PolarizationAxis.stateList | Polarization states
pol_xel | long | | meta.number | ~PolarizationAxis.numBins | Number of polarization states
lsst_visit | long | | meta.id;obs | | Visit
lsst_detector | long | | meta.id;instr.det | | Detector
lsst_tract | long | | meta.id | | Tract of the sky map
lsst_patch | long | | meta.id | | Patch of the tract, by sequential index
lsst_band | char | | meta.id;instr.filter | | Band
lsst_filter | char | | meta.id;instr.filter | | Physical filter"""

FIELDS: tuple[Field, ...] = tuple(map(_field, _LINES.splitlines()))
"""In the order in which ``SELECT *`` gives them."""

CONSTANTS = frozenset(
    {
        "dataproduct_type", "dataproduct_subtype", "calib_level", "obs_collection", "access_format", "facility_name",
        "o_ucd", "pol_xel", "t_xel", "em_xel", "s_xel1", "s_xel2", "s_resolution",
    }
)  # fmt: skip
"""Columns that have one value in all rows of a dataset type."""
