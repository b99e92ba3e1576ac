from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.errors import SkyMapError
from skybutler.skymap import SkyMap, SkyMapConfig, load_config, parse_config, parse_yaml
from skybutler.skymap.options import KINDS

DC2 = {"name": "DC2", "kind": "rings", "version": 1, "numRings": 120, "raStart": 0.0, "tractOverlap": 1.0 / 60}
DC2 |= {"pixelScale": 0.2, "projection": "TAN", "rotation": 0.0, "tractBuilder": "legacy"}
DC2 |= {"patchInnerDimensions": [4000, 4000], "patchBorder": 100}


def test_example(repository_root: Path) -> None:
    config = load_config(repository_root / "examples" / "DC2.py")
    assert config.to_mapping() == DC2


def test_forms_of_assignment() -> None:
    config = parse_config(
        '''
"""A text in front."""
import lsst.pipe.tasks.makeSkyMap
from lsst.skymap import ringsSkyMap
assert type(config)==lsst.pipe.tasks.makeSkyMap.MakeSkyMapConfig, 'config is of another type'
root = config
config.name = 'lines'
config.doWrite = True
config.coaddName = 'deep'
config.skyMap = 'healpix'
root.skyMap.name = "rings"
config.skyMap['healpix'].nest = True  # not the chosen kind
config.skyMap.active.numRings = 2 * 60
config.skyMap["rings"].pixelScale = -(-0.4) / 2 + 0.0
config.skyMap["rings"].tractBuilder = "cells"
config.skyMap["rings"].tractBuilder.name = "cells"
config.skyMap["rings"].tractBuilder["legacy"].patchInnerDimensions = (5000, 5000)
config.skyMap["rings"].tractBuilder.active.cellBorder = 10
config.skyMap["rings"].tractBuilder["cells"].cellInnerDimensions = [10 * 10, 100]
config.skyMap["rings"].raStart = None
'''
    )
    mapping = config.to_mapping()
    assert (config.name, config.kind) == ("lines", "rings")
    assert (mapping["numRings"], mapping["pixelScale"], mapping["raStart"]) == (120, 0.2, 0.0)
    assert (mapping["tractBuilder"], mapping["cellBorder"], mapping["cellInnerDimensions"]) == ("cells", 10, [100, 100])
    assert "patchBorder" not in mapping


def test_older_patch_options_need_no_tract_builder() -> None:
    config = parse_config("root.skyMap.name='rings'\nroot.skyMap['rings'].patchInnerDimensions=[2000, 1000]\n")
    config.set_option("numRings", 3)
    assert config.to_mapping()["patchInnerDimensions"] == [2000, 1000]


PERSISTED = """import lsst.skymap.ringsSkyMap
assert type(config)==lsst.skymap.ringsSkyMap.RingsSkyMapConfig, 'config is of type %s' % type(config).__name__
config.numRings=120
config.tractBuilder['cells'].cellBorder=50
config.tractBuilder.name='legacy'
config.patchBorder=100
config.tractOverlap=0.016666666666666666
config.pixelScale=0.2
config.projection='TAN'
"""


def test_text_of_one_kind_as_persisted_maps_hold_it() -> None:
    named_by_header = parse_config(PERSISTED)
    named_by_caller = parse_config("\n".join(PERSISTED.splitlines()[2:]), kind="rings")
    assert named_by_header == named_by_caller
    assert SkyMap(named_by_header).sha1.hex() == "1e5fa85fe242606426528f5f7b8dbf01cbaaff9e"


@pytest.mark.parametrize(
    "line, message",
    [
        ("import os; os.system('true')", r"Line 2: 'os.system\('true'\)' is not an assignment"),
        ("config.name = open('x').read()", r"Line 2: 'open\('x'\).read\(\)' is not a value"),
        ("config.name = __import__('os')", "is not a value"),
        ("config.name = f'{1}'", "is not a value"),
        ("config.skyMap['rings'].raStart = 10 ** 10", "is not a value"),
        ("config.skyMap['rings'].raStart = 1 / 0", "Line 2: division by zero"),
        ("config.skyMap['rings'].raStart = 'a' * 10", "Line 2: ''a'' is not a number"),
        ("config.skyMap['rings'].raStart = [1] * 1000000000", "is not a number"),
        ("config.skyMap['rings'].raStart = True + 1", "is not a number"),
        ("for i in range(3): pass", "Line 2: .* is not an assignment"),
        ("del config.name", "is not an assignment"),
        ("config.skyMap['rings'].numRings += 1", "is not an assignment"),
        ("config = 3", "is not an assignment"),
        ("config.name = config.other = 'x'", "is not an assignment"),
        ("other.name = 'x'", "'other.name' is not a setting"),
        ("config.skyMap[0].numRings = 3", "is not a setting"),
        (
            "config.skyMap['rings'].numRing = 3",
            "Line 2: A rings sky map has no option 'numRing'. Did you mean 'numRings'",
        ),
        ("config.skyMap['ring'].numRings = 3", "Line 2: There is no kind of sky map 'ring'. Did you mean 'rings'"),
        ("config.skyMap.rings.numRings = 3", "'skyMap.rings.numRings' is no setting"),
        ("config.nam = 'x'", "Line 2: 'nam' is no setting of a sky map. Did you mean 'name'"),
        ("config.withTractsOnPoles = True", r"Write skyMap\['dodeca'\].withTractsOnPoles"),
        ("config.skyMap['rings'].tractBuilder['cell'].cellBorder = 3", "no tract builder 'cell'"),
        ("config.skyMap['rings'].tractBuilder['cells'].border = 3", "no option 'border'"),
        ("config.skyMap['rings'].tractBuilder['cells'].a.b = 3", "no setting of a rings sky map"),
        ("config.skyMap['rings'] = 3", "no setting of a rings sky map"),
        ("config.skyMap['rings'].numRings = 3.5", "numRings = 3.5 is wrong: it must be a whole number"),
        ("config.skyMap['rings'].projection = 'XYZ'", "projection = 'XYZ' is wrong: it must be one of"),
        ("config.skyMap['rings'].projection = [1]", "must be one of"),
        ("config.name = 3", "name = 3 is wrong"),
        ("config.skyMap = 3", "no kind of sky map 3"),
        ("config.name = 'open", "Line 2: the configuration text is not valid"),
        ("x = " + "-" * 50_000 + "1", "cannot be read|Line 2"),
        ("config.name = " + "(" * 500 + "1", "too many nested"),
        ("config.name = '\0'", "null bytes"),
    ],
)
def test_everything_else_is_refused(line: str, message: str) -> None:
    with pytest.raises(SkyMapError, match=message):
        parse_config("# first line\n" + line)


@given(text=st.text(alphabet="config.skyMap['rings'].numRings = 0123\n()[]", max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(SkyMapError):
        assert parse_config(text).kind in KINDS


def test_huge_text_is_refused() -> None:
    with pytest.raises(SkyMapError, match="characters"):
        parse_config("#" * 10_000_001)


def test_yaml(tmp_path: Path) -> None:
    path = tmp_path / "DC2.yaml"
    path.write_text(
        "name: DC2\nkind: rings\nnumRings: 120\nprojection: TAN\ntractOverlap: 0.0166666666666666666\npixelScale: 0.2\n"
    )
    assert load_config(path).to_mapping() == DC2


@pytest.mark.parametrize(
    "text, message",
    [
        ("kind: [", "not valid YAML"),
        ("- kind", "not a mapping"),
        ("kind: ring", "Did you mean 'rings'"),
        ("kind: rings\nnumRing: 3", "Did you mean 'numRings'"),
        ("kind: rings\nversion: 2", "Version 2"),
        ("kind: rings\nversion: 1.0", r"Version 1\.0"),
        ("1: rings", "keys are texts"),
        ("kind: !!python/object/apply:os.getcwd []", "not valid YAML"),
        ("name: 3", "must be a text"),
    ],
)
def test_wrong_yaml(text: str, message: str) -> None:
    with pytest.raises(SkyMapError, match=message):
        parse_yaml(text)


def test_files_are_named_in_errors(tmp_path: Path) -> None:
    with pytest.raises(SkyMapError, match=r"Cannot read .*missing\.py"):
        load_config(tmp_path / "missing.py")
    (tmp_path / "wrong.py").write_text("config.nam = 1")
    with pytest.raises(SkyMapError, match=r"wrong\.py: Line 1: 'nam'"):
        load_config(tmp_path / "wrong.py")
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe")
    with pytest.raises(SkyMapError, match="Cannot read"):
        load_config(tmp_path / "binary.py")


def test_overrides() -> None:
    config = SkyMapConfig("rings", numRings=3)
    config.apply_override("name=DC2")
    config.apply_override("skyMap[rings].numRings=2*60")
    config.apply_override("skyMap['rings'].tractBuilder[legacy].patchBorder = 50")
    config.apply_override("skyMap.active.projection=TAN")
    assert config.name == "DC2"
    assert (config["numRings"], config["patchBorder"], config["projection"]) == (120, 50, "TAN")
    config.apply_override("name='2024'")
    assert config.name == "2024"
    config.apply_override("skyMap=dodeca")
    assert config.kind == "dodeca"


@pytest.mark.parametrize(
    "text, message",
    [
        ("name", "not of the form name=value"),
        ("=3", "not of the form"),
        ("a[=3", "not of the form"),
        ("name=", "name = '' is wrong"),
        ("nane=DC2", r"Override 'nane=DC2': .*Did you mean 'name'"),
        ("skyMap[rings].numRings=many", "numRings = 'many' is wrong"),
        ("skyMap[rings].numRings=__import__('os')", "is wrong: it must be a whole number"),
    ],
)
def test_wrong_overrides(text: str, message: str) -> None:
    with pytest.raises(SkyMapError, match=message):
        SkyMapConfig("rings").apply_override(text)


def test_the_configuration_of_the_hsc_survey(shared: Path) -> None:
    """As the pipelines of Hyper Suprime-Cam have it, and as registered maps were saved."""
    text = """
import lsst.skymap
config.skyMap = "rings"
config.name = 'hsc_rings_v1'
config.skyMap["rings"].numRings = 120
config.skyMap["rings"].projection = "TAN"
config.skyMap["rings"].tractOverlap = 1.0/60 # Overlap between tracts (degrees)
config.skyMap["rings"].pixelScale = 0.168
"""
    record = json.loads((shared / "expect/skymap_hsc_rings_v1.json").read_text())["records"]["skymap"][0]
    config = parse_config(text)
    assert (config.name, SkyMap(config).sha1.hex()) == (record["name"], record["hash"])
