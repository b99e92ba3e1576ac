"""Export and import of a bundle change nothing, whatever the repository holds."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import HealthCheck, given, settings

from skybutler import Butler, CollectionType
from skybutler.datasets.file_columns import FileColumns
from skybutler.registry.attachments import attach
from skybutler.sky.timespan import Timespan
from support.exchange import content

Make = Callable[..., Butler]

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
floats = st.none() | st.floats(allow_nan=False, allow_infinity=False)
records = st.fixed_dictionaries({"target_name": st.none() | texts, "exposure_time": floats, "zenith_angle": floats})
worlds = st.fixed_dictionaries({
    "visits": st.lists(records, max_size=4),
    "datasets": st.sets(st.tuples(st.sampled_from(["run/a", "run/b"]), st.integers(0, 3)), max_size=8),
    "biases": st.sets(st.integers(0, 3), max_size=4),
    "tagged": st.sets(st.integers(0, 3), max_size=3),
    "ranges": st.sets(st.integers(-5, 5), max_size=4),
    "chain": st.permutations(["run/a", "run/b", "tag", "calib"]).flatmap(
        lambda names: st.integers(0, 4).map(lambda n: names[:n])
    ),
    "doc": texts,
    "stored": st.booleans(),
    "inputs": st.integers(0, 3),
})  # fmt: skip


def build(butler: Butler, world: dict[str, Any]) -> None:
    """Fill an empty repository as drawn."""
    insert = butler.insert_dimension_data
    insert("instrument", {"name": "Cam"})
    insert("detector", *({"instrument": "Cam", "id": i, "full_name": f"D{i}"} for i in range(4)))
    insert("physical_filter", {"instrument": "Cam", "name": "r_1", "band": None})
    insert("day_obs", {"instrument": "Cam", "id": 20240101, "timespan": Timespan(None, None)})
    fixed = {"instrument": "Cam", "physical_filter": "r_1", "day_obs": 20240101}
    for i, values in enumerate(world["visits"]):
        insert("visit", {**fixed, "id": i, "name": f"v{i}", "timespan": Timespan.from_ns(i, i + 1), **values})
    butler.register_dataset_type("plain", ["detector"])
    butler.register_dataset_type("bias", ["detector"], is_calibration=True)
    for name, kind in (("run/a", 1), ("run/b", 1), ("run/c", 1), ("tag", 2), ("chain", 3), ("calib", 4)):
        butler.collections.register(name, CollectionType(kind), world["doc"] if name != "run/c" else None)
    ids: dict[str, list[bytes]] = {"plain": [], "bias": []}
    placed = [("plain", run, d) for run, d in sorted(world["datasets"])] + [
        ("bias", "run/c", d) for d in world["biases"]
    ]
    with butler.transaction():
        for kind, run, detector in placed:
            identifier = uuid.uuid4().bytes
            files = FileColumns([f"{kind}/{run}/{detector}"], [detector - 1], "yaml", "StructuredDataDict", [
                bytes([detector]) * 16 if detector else None
            ]) if world["stored"] else None  # fmt: skip
            butler.registry.datasets.insert(
                kind,
                run,
                {"instrument": ["Cam"], "detector": [detector]},
                ids=np.frombuffer(identifier, np.uint8).reshape(1, 16),
                files=files,
            )
            ids[kind].append(identifier)
        for place in sorted(world["tagged"]):
            for identifier in ids["bias"][place : place + 1]:
                butler.registry.datasets.associate("tag", [identifier])
        for begin in sorted(world["ranges"]):
            butler.registry.calibrations.certify("calib", ids["bias"], Timespan.from_ns(begin, begin + 1))
        for identifier in ids["plain"][:1]:
            n = world["inputs"]
            columns: dict[str, list[Any]] = {
                "dataset": [identifier] * n,
                "position": list(range(n)),
                "input": [uuid.uuid4().bytes] * n,
            }
            attach(butler.registry, "lineage", columns)
            attach(butler.registry, "provenance", {"dataset": [identifier], "quantum": [None], "extras": ["{}"]})
    butler.registry.collections.set_chain("chain", world["chain"])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(world=worlds)
def test_identity(make: Make, tmp_path: Path, world: dict[str, Any]) -> None:
    first, second = make(), make()
    build(first, world)
    place = tmp_path / f"{uuid.uuid4().hex}.zip"
    first.export_bundle(place)
    expected = content(first)
    if world["stored"]:  # files are none of the law's business: those recorded do not exist
        expected["datasets"] = {i: row[:3] for i, row in expected["datasets"].items()}
    second.import_bundle(place, without_datastore=True)
    assert content(second) == expected
    assert not second.import_bundle(place, without_datastore=True).is_change
    assert content(second) == expected
    first.close()
    second.close()
