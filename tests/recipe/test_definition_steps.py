"""Steps that define things: what they foresee, what they do, and that they do it once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from skybutler import Butler
from skybutler.errors import ButlerError
from skybutler.recipe import Recipe, StepReport, foresee, run

Read = Callable[[str], Recipe]

DEFINITIONS = """
- register-instrument: lsst.obs.lsst.LsstCamImSim
- register-skymap:
    config: {kind: discrete, raList: [55.0], decList: [-30.0], radiusList: [0.3], pixelScale: 2.0}
    name: Small
- register-dataset-type: {name: bias, storage_class: ExposureF, dimensions: [detector], is-calibration: true}
"""


def counts(reports: list[StepReport]) -> list[tuple[int, int]]:
    return [(r.outcome.new, r.outcome.existing) for r in reports]


def twice(recipe: Recipe) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    return counts(list(run(recipe))), counts(list(run(recipe)))


def test_instruments_sky_maps_and_dataset_types(recipe: Read) -> None:
    read = recipe(DEFINITIONS)
    expected = [(f.forecast.new, f.forecast.existing) for f in foresee(read)]
    first, second = twice(read)
    assert first == expected
    assert first[0] == (1, 0)
    assert second == [(0, new) for new, _ in first]
    assert [(f.forecast.new, f.forecast.existing) for f in foresee(read)] == second


def test_chains(recipe: Read) -> None:
    read = recipe("- collection-chain: {name: all, children: [skymaps, '2.2i/calib'], doc: Everything.}")
    with pytest.raises(ButlerError, match="skymaps") as caught:
        list(run(read))
    assert caught.value.__notes__ == [f"In {read.steps[0].place}, step collection-chain."]
    with Butler(read.repository.root, writeable=True) as butler:
        for name in ("skymaps", "2.2i/calib", "other"):
            butler.collections.register(name)
    assert [f.forecast.new for f in foresee(read)] == [0, 1]
    assert twice(read) == ([(0, 1), (1, 0)], [(0, 1), (0, 1)])
    with Butler(read.repository.root, writeable=True) as butler:
        info = butler.collections.get_info("all")
        assert (info.children, info.doc) == (("skymaps", "2.2i/calib"), "Everything.")
        butler.collections.prepend_chain("all", "other")
    assert counts(list(run(read)))[1] == (1, 0)


def test_flattened_chains(recipe: Read) -> None:
    list(run(recipe("[]")))
    with Butler(recipe("[]").repository.root, writeable=True) as butler:
        butler.collections.register("a")
        butler.collections.register("b")
    inner = "- collection-chain: {name: inner, children: [a, b]}\n"
    read = recipe(inner + "- collection-chain: {name: outer, children: [inner], flatten: true}\n")
    assert twice(read) == ([(0, 1), (1, 0), (1, 0)], [(0, 1)] * 3)
    with Butler(read.repository.root) as butler:
        assert butler.collections.get_info("outer").children == ("a", "b")


CERTIFIED = (
    DEFINITIONS
    + """
- ingest-files: {dataset-type: bias, run: made, table: $TOP/calibrations/bias.ecsv, transfer: direct}
- certify-calibrations: {dataset-type: bias, source: made, collection: calib, begin-date: 2022-01-01}
- associate: {collection: best, dataset-type: bias, where: detector = 94, doc: The best one.}
"""
)


def test_calibrations_and_tags(recipe: Read) -> None:
    read = recipe(CERTIFIED)
    assert [f.forecast.new for f in foresee(read)][-2:] == [-1, -1]
    first, second = twice(read)
    assert first[-2:] == [(2, 0), (1, 0)]
    assert second[-2:] == [(0, 2), (0, 1)]
    assert [(f.forecast.new, f.forecast.existing) for f in foresee(read)][-2:] == [(0, 2), (0, 1)]
    with Butler(read.repository.root) as butler:
        assert {str(r.timespan) for r in butler.calibrations.validity("calib")} == {"[2022-01-01T00:00:00, ∞)"}
        assert butler.collections.get_info("best").doc == "The best one."
        assert [ref.data_id["detector"] for ref in butler.query_datasets("bias", "best")] == [94]


@pytest.mark.parametrize(
    "step, said",
    [
        ("register-instrument: LSSTCam-imSom", "Did you mean 'LSSTCam-imSim'"),
        ("register-instrument: camera.yaml", "camera.yaml"),
        ("register-skymap: none.py", "There is no"),
        ("register-skymap: {config: {kind: discrete, raLost: [1.0]}, name: x}", "raLost"),
        ("register-skymap: {config: {kind: dodeca}}", "A sky map needs a name"),
        ("certify-calibrations: {dataset-type: a, source: b, collection: c, begin-date: soon}", "soon"),
    ],
)
def test_inputs_are_looked_at_before_the_first_step(recipe: Read, step: str, said: str) -> None:
    read = recipe(f"- register-dataset-type: {{name: a, storage_class: Camera}}\n- {step}")
    with pytest.raises(ButlerError, match=said) as caught:
        list(run(read))
    assert f"In {read.steps[1].place}" in caught.value.__notes__[0]
    with pytest.raises(ButlerError, match="is not a repository"):
        Butler(read.repository.root)


def test_nothing_to_certify(recipe: Read) -> None:
    read = recipe(DEFINITIONS + "- certify-calibrations: {dataset-type: bias, source: skymaps, collection: calib}\n")
    with pytest.raises(ButlerError, match="There is no 'bias' in 'skymaps' to certify"):
        list(run(read))
