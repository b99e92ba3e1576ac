from __future__ import annotations

from skybutler.vo.obscore import FIELDS

# ObsCore 1.1, table 1 and sections B.1 to B.6: the 29 columns that every service must have, and dataproduct_subtype
MANDATORY = (
    "dataproduct_type calib_level obs_collection obs_id obs_publisher_did access_url access_format access_estsize "
    "target_name s_ra s_dec s_fov s_region s_resolution s_xel1 s_xel2 t_min t_max t_exptime t_resolution t_xel em_min "
    "em_max em_res_power em_xel o_ucd pol_states pol_xel facility_name instrument_name"
)


def test_every_mandatory_column_is_there_with_its_meaning():
    by_name = {field.name: field for field in FIELDS}
    assert len(by_name) == len(FIELDS)
    for name in MANDATORY.split():
        assert by_name[name].ucd, name
        assert str(by_name[name].utype).startswith("obscore:"), name
        assert by_name[name].standard, name
    assert by_name["t_min"].unit == "d"
    assert by_name["em_max"].unit == "m"
    assert {by_name[name].datatype for name in ("s_xel1", "access_estsize", "lsst_visit")} == {"long"}
    assert not by_name["lsst_band"].standard
