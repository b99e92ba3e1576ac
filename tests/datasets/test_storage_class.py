from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from skybutler.datasets.property_set import PropertySet, TaskMetadata
from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import StorageClassError

# Names of the storage classes of lsst.daf.butler: its repositories must open.
_NAMES = """
ApCorr ArrowAstropy ArrowAstropySchema ArrowColumnList ArrowNumpy ArrowNumpyDict ArrowNumpySchema ArrowSchema ArrowTable
AstropyQTable AstropyTable AstropyUnit Background BackgroundMap Bounds Box2I BoxV2 BrighterFatterKernel ButlerLogRecords
Camera Catalog CellCoadd CellCoaddProvenance CellPointSpreadFunction CoaddInputs ColorImage Config ConvolutionKernel
CrosstalkCalib DataFrame DataFrameIndex DataFrameSchema DecoratedImage DecoratedImageU Defects Detector DetectorV2
DifferenceImage Exposure ExposureCatalog ExposureF ExposureI ExposureSummaryStats ExposureU ExtendedPsfCandidates
ExtendedPsfImage Extent2I FiberSpectrum FilterLabel FocalPlaneBackground HealSparseCoverage HealSparseMap Image
ImageF ImageField ImageI ImageU ImageV2 IsrCalib Linearizer LsstScarletModelData Mask MaskV2 MaskX MaskedImage
MaskedImageF MaskedImageI MaskedImageU MaskedImageV2 MatchingKernel MetricMeasurementBundle MetricValue
MultipleCellCoadd NNModelPackagePayload NumpyArray ObjectMaskCatalog ObservationInfo ObservationSummaryStats PZModel
Packages PeakCatalog PhotoCalib PhotonTransferCurveDataset PhotozModel Plot Point2I PointSpreadFunction Polygon
PropertyList PropertySet ProvenanceQuantumGraph Psf QECurve QPEnsemble RegionTimeInfo SSPAuxiliaryFile ScarletModelData
SimpleCatalog SkyMap SkyProjection SourceCatalog SpectractorFitParameters SpectractorImage SpectractorSpectrum Stamps
StampsBase StrayLightData StructuredDataDict StructuredDataList TablePersistable TaskMetadata Thumbnail Timespan
Transform TransmissionCurve VignettingCorrection VisitBackgroundModel VisitGeometry VisitImage VisitInfo Wcs int
"""
PEER_NAMES = _NAMES.split()

NOT_INSTALLED = {"HealSparseMap", "HealSparseCoverage"}


def test_every_name_of_the_peer_is_known() -> None:
    known = StorageClasses.default()
    assert sorted(PEER_NAMES) == list(known)
    assert len(known) == len(PEER_NAMES)
    assert "ExposureF" in known
    assert "exposureF" not in known


def test_definitions_fit_together() -> None:
    known = StorageClasses.default()
    for name in known:
        found = known[name]
        assert found.name == name
        assert set(found.all_components.values()) <= set(known), name
        assert found.all_components.keys() == {*found.components, *found.derived_components}


@pytest.mark.parametrize("name", sorted(set(PEER_NAMES) - NOT_INSTALLED))
def test_python_types_exist(name: str) -> None:
    known = StorageClasses.default()
    assert isinstance(known[name].python_type(), type)


def test_exposures_have_their_components() -> None:
    exposure = StorageClasses.default()["ExposureI"]
    assert exposure.pytype == "skybutler.images.Exposure"
    assert exposure.components["image"] == "ImageI"
    assert exposure.components["variance"] == "ImageF"
    assert exposure.components["wcs"] == "Wcs"
    assert exposure.derived_components == {"bbox": "Box2I", "dimensions": "Extent2I", "xy0": "Point2I"}
    assert {"bbox", "origin", "amp", "detector"} <= exposure.parameters
    assert list(exposure.components)[:4] == ["image", "mask", "variance", "wcs"]


def test_tables_can_be_asked_for_columns() -> None:
    for name in ("ArrowTable", "ArrowAstropy", "ArrowNumpy", "ArrowNumpyDict", "DataFrame"):
        found = StorageClasses.default()[name]
        assert list(found.derived_components) == ["columns", "rowcount", "schema"]
        assert {"columns", "filters"} <= found.parameters


def test_metadata_turn_into_each_other() -> None:
    known, values = StorageClasses.default(), {"a": {"b": [1, 2]}}
    for name, made in (("PropertySet", PropertySet), ("TaskMetadata", TaskMetadata), ("StructuredDataDict", dict)):
        for source, function in known[name].converters.items():
            module, _, attribute = function.partition(".property_set.")
            found: Any = sys.modules[f"{module}.property_set"]
            for part in attribute.split("."):
                found = getattr(found, part)
            given = {"dict": dict, **{f"{c.__module__}.{c.__name__}": c for c in (PropertySet, TaskMetadata)}}[source]
            assert type(found(given(values))) is made
            assert found(given(values)) == values


def test_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(StorageClassError, match=r"There is no storage class 'ExposureG'\. Did you mean 'Exposure'"):
        StorageClasses.default()["ExposureG"]


def test_missing_package_is_named() -> None:
    wrong = StorageClasses({"X": {"pytype": "healsparse.nothing.Here"}})
    with pytest.raises(StorageClassError, match=r"'X' holds healsparse\.nothing\.Here, which cannot be imported"):
        wrong["X"].python_type()


# -------------------------------------------------------------------------------------------------------- additions
def test_additions_inherit() -> None:
    known = StorageClasses(
        {
            "Special": {"inheritsFrom": "ExposureF", "parameters": ["zoom"], "derivedComponents": {"n": "int"}},
            "ExposureF": {"inheritsFrom": "ExposureF", "parameters": ["extra"]},
            "Frame": {"pytype": "builtins.dict", "delegate": "lsst.x.Y", "converters": {"str": "os.system"}},
        }
    )
    special = known["Special"]
    assert special.pytype == "skybutler.images.Exposure"
    assert special.components["image"] == "ImageF"
    assert {"zoom", "extra", "bbox"} <= special.parameters
    assert special.derived_components["n"] == "int"
    assert known["Frame"].pytype == "dict"
    assert known["Frame"].converters == {}
    assert len(known) == len(PEER_NAMES) + 2
    assert {"Special", "Frame"} <= set(known)
    assert "zoom" not in StorageClasses.default()["ExposureF"].parameters


@pytest.mark.parametrize(
    "definition",
    [
        {"pytype": "os.path"},
        {"pytype": "lsst.afw.image.ExposureF"},
        {"pytype": "builtins.eval"},
        {"pytype": "eval"},
        {"pytype": 3},
        {"pytype": "dict", "parameters": "bbox"},
        {"pytype": "dict", "parameters": [1]},
        {"pytype": "dict", "components": ["a"]},
        {"pytype": "dict", "components": {"a": 1}},
        {"pytpe": "dict"},
        {},
        "dict",
        None,
    ],
)
def test_wrong_additions_are_refused_when_used(definition: Any) -> None:
    known = StorageClasses({"Wrong": definition})
    assert known["ExposureF"].name == "ExposureF"
    with pytest.raises(StorageClassError, match="'Wrong'"):
        known["Wrong"]


def test_circles_are_refused() -> None:
    known = StorageClasses({"A": {"inheritsFrom": "B"}, "B": {"inheritsFrom": "A"}, "C": {"inheritsFrom": "C"}})
    for name in "ABC":
        with pytest.raises(StorageClassError, match="inherits from itself"):
            known[name]
    with pytest.raises(StorageClassError, match="no storage class 'Nothing'"):
        StorageClasses({"D": {"inheritsFrom": "Nothing"}})["D"]


def test_looking_up_imports_none_of_the_types() -> None:
    code = (
        "import sys; from skybutler.datasets.storage_class import StorageClasses\n"
        "known = StorageClasses.default(); [known[n] for n in known]\n"
        "heavy = {'numpy', 'astropy', 'pyarrow', 'pandas', 'skybutler.images', 'lsst.sphgeom'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
