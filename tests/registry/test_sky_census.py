"""Footprints come whole, with the band of their visit or the number of their tract, and thinned when asked for."""

from __future__ import annotations

from skybutler.registry.sky_census import count_footprints, read_footprints
from skybutler.sky.region import encode
from support.world import World


def _read(world: World, element: str, *governors: str, every: int = 1) -> list[tuple[bytes, str | None]]:
    batches = read_footprints(world.registry, element, list(governors) or None, every=every)
    return [pair for blobs, labels in batches for pair in zip(blobs, labels, strict=True)]


def test_visits_with_their_bands(shared_world: World) -> None:
    bands = {(row["instrument"], row["name"]): row["band"] for row in shared_world.rows["physical_filter"]}
    wanted = [
        (encode(row["region"]), bands[row["instrument"], row["physical_filter"]])
        for row in shared_world.rows["visit"]
        if row.get("region") is not None
    ]
    assert sorted(_read(shared_world, "visit"), key=repr) == sorted(wanted, key=repr)
    assert count_footprints(shared_world.registry, "visit") == len(wanted) > 2
    assert count_footprints(shared_world.registry, "visit", ["Nobody"]) == 0


def test_tracts_of_a_sky_map(shared_world: World) -> None:
    wanted = [(encode(r["region"]), str(r["id"])) for r in shared_world.rows["tract"] if r["skymap"] == "Map"]
    assert sorted(_read(shared_world, "tract", "Map"), key=repr) == sorted(wanted, key=repr)


def test_a_sample(shared_world: World) -> None:
    every = _read(shared_world, "tract", "Map")
    some = _read(shared_world, "tract", "Map", every=2)
    assert 0 < len(some) < len(every)
    assert set(some) < set(every)
