"""Columns of simulated catalogs have types, units and meanings of their own."""

from __future__ import annotations

from skybutler.sim.source_columns import aperture_column, source_fields


def test_fields() -> None:
    names = ["base_PsfFlux_instFlux", "parent", "base_PixelFlags_flag_crCenter", "id", "coord_ra"]
    fields = source_fields(names)
    assert [field.name for field in fields] == ["id", "coord_ra", "parent", names[0], names[2]]
    by_name = {field.name: field for field in fields}
    assert (by_name["coord_ra"].type, by_name["coord_ra"].unit) == ("Angle", "rad")
    assert by_name[names[0]].unit == "count"
    assert by_name[names[2]].is_flag
    assert by_name[names[2]].doc == "cr pixels at the centre"
    assert aperture_column(4.5) == "base_CircularApertureFlux_4_5"
