"""What collections hold or once held."""

from __future__ import annotations

from support.world import World


def test_holders_follow_the_search_order_and_skip_the_rest(world: World) -> None:
    summaries = world.registry.datasets.summaries

    def holders(name: str, *collections: str) -> list[str]:
        return [c.name for c in summaries.holders(world.registry.dataset_types.get(name), collections)]

    assert holders("calexp", "chain/main") == ["tag/x", "run/b", "run/c", "run/a"]
    assert holders("calexp", "run/a", "chain/main") == ["run/a", "tag/x", "run/b", "run/c"]
    assert holders("raw", "chain/main") == ["run/c", "run/a"]
    assert holders("bias", "calib/one", "run/a") == ["calib/one"]
    assert holders("never", "chain/main") == []


def test_governor_values(world: World) -> None:
    collections = world.registry.collections
    summaries = world.registry.datasets.summaries

    def governors(*names: str) -> dict[str, set[str]]:
        return summaries.governors([collections.get(n) for n in names])

    assert governors("run/a") == {"instrument": {"Cam"}}
    assert governors("run/c", "sky/run") == {"instrument": {"Cam", "Other"}, "skymap": {"Map"}}
    assert governors("tag/x")["instrument"] >= {"Cam"}
    assert governors("calib/one") == {"instrument": {"Cam"}}
    assert governors() == {}


def test_summaries_are_supersets_after_removals(world: World) -> None:
    ids = list(world.datasets["coadd", "sky/run"].values())
    world.registry.datasets.remove(ids)
    kind = world.registry.dataset_types.get("coadd")
    assert world.registry.datasets.summaries.holds(world.registry.collections.get("sky/run"), kind)
    assert not world.registry.datasets.summaries.holds(world.registry.collections.get("run/a"), kind)
