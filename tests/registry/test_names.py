"""Interned text, both ways, and what a rollback takes back."""

from __future__ import annotations

from skybutler.registry.names import Names
from skybutler.registry.registry import Registry
from support.world import rolled_back

AWKWARD = ["", "a", "A", "ä", "a\tb", "it's", '"', "%", "日本", "a" * 5000, "null"]


def test_texts_come_back(registry: Registry) -> None:
    with registry.transaction():
        codes = registry.names.intern_many(AWKWARD)
        assert len(set(codes.values())) == len(AWKWARD)
        assert registry.names.intern("a") == codes["a"]
        assert registry.names.intern("later") not in codes.values()
    fresh = Names(registry.database)
    assert fresh.texts(list(codes.values())) == {k: t for t, k in codes.items()}
    assert {t: fresh.find(t) for t in AWKWARD} == codes
    assert fresh.find("unknown") is None


def test_rolled_back_names_are_forgotten(registry: Registry) -> None:
    with registry.transaction():
        registry.names.intern("kept")
        with rolled_back(registry):
            registry.names.intern("gone")
        assert registry.names.find("gone") is None
    assert registry.names.find("kept") is not None
    assert registry.names.find("gone") is None


def test_many_texts_load_in_chunks(registry: Registry) -> None:
    texts = [f"t{i}" for i in range(1300)]
    with registry.transaction():
        codes = registry.names.intern_many(texts)
    registry.names.forget()
    assert registry.names.text(codes["t1299"]) == "t1299"
    registry.names.load(codes.values())
    assert [registry.names.text(codes[t]) for t in texts] == texts
