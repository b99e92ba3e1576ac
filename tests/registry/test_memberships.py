"""Members of tags and calibrations as columns."""

from __future__ import annotations

from skybutler.registry.memberships import all_certified, all_tagged
from support.world import World


def test_members_are_those_of_the_collections(shared_world: World) -> None:
    tagged = [pair for b in all_tagged(shared_world.registry, size=1) for pair in zip(*b.values(), strict=True)]
    assert sorted(tagged) == sorted((name, i) for name, ids in shared_world.tags.items() for i in ids)
    certified = [row for b in all_certified(shared_world.registry, size=2) for row in zip(*b.values(), strict=True)]
    assert sorted(certified) == sorted(
        (name, i, span.begin_ns, span.end_ns) for name, held in shared_world.calibrations.items() for i, span in held
    )
