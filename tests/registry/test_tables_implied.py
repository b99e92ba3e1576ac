"""Values that follow from others are joined through the record they follow from."""

from __future__ import annotations

from skybutler.registry.ask import ask_data_ids, ask_datasets, ask_records
from skybutler.registry.query import DatasetSearch
from support.world import World


def test_implied_values_go_with_the_record_that_implies_them(shared_world: World) -> None:
    """Keys can come from tables that know nothing of filters and days: a cross product would say that all match."""
    registry, cam = shared_world.registry, {"instrument": "Cam"}
    visits = [
        r
        for r in shared_world.rows["visit"]
        if any(v == r["id"] for _, _, v in shared_world.datasets["calexp", "run/b"])
    ]
    search = DatasetSearch("calexp", ("run/b",))
    records = ask_records(registry, "physical_filter", constraints=[search], data_id=cam)
    assert sorted(r.name for r in records) == sorted({r["physical_filter"] for r in visits})
    days = ask_records(registry, "day_obs", constraints=[search], data_id=cam)
    assert sorted(r.id for r in days) == sorted({r["day_obs"] for r in visits})
    second = next(r for r in shared_world.rows["day_obs"] if r["id"] == 20240102)["timespan"]
    refs = ask_datasets(
        registry,
        [registry.dataset_types.get("calexp")],
        ["run/a"],
        where="day_obs.timespan OVERLAPS :night AND band = 'r'",
        bind_values={"night": second},
        data_id=cam,
    )
    assert sorted({r.data_id["visit"] for r in refs}) == [13]


def test_conditions_on_days_do_not_mix_filters(shared_world: World) -> None:
    where = "exposure = NULL OR T'2024-01-01' IN (day_obs.timespan)"
    group = shared_world.universe.conform(["visit"])
    found = list(ask_data_ids(shared_world.registry, group, where=where, data_id={"instrument": "Cam"}))
    rows = {r["id"]: r for r in shared_world.rows["visit"]}
    assert sorted(d["visit"] for d in found) == [v for v, r in sorted(rows.items()) if r["day_obs"] == 20240101]
    assert all(d["physical_filter"] == rows[d["visit"]]["physical_filter"] for d in found)
