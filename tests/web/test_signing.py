from __future__ import annotations

import uuid

import pytest

from skybutler.errors import DeniedError
from skybutler.web import ServerSettings
from skybutler.web.signing import Signer

DATASET = uuid.uuid4()


def test_what_was_signed_is_read_by_whoever_has_the_secret():
    settings = ServerSettings(repositories={}, secret=b"s" * 32)
    word = Signer(settings, "file").sign("dp02", DATASET)
    assert Signer(ServerSettings(repositories={}, secret=b"s" * 32), "file").read(word) == ("dp02", DATASET)
    for other in (Signer(settings, "preview"), Signer(ServerSettings(repositories={}), "file")):
        with pytest.raises(DeniedError, match="not made by this server"):
            other.read(word)


def test_links_end():
    settings = ServerSettings(repositories={}, link_seconds=-1)
    signer = Signer(settings, "file")
    with pytest.raises(DeniedError, match="are over"):
        signer.read(signer.sign("a", DATASET))


@pytest.mark.parametrize("word", ["", "x", "a.b.c", "W10.x.y", "\x00", "é" * 100])
def test_nonsense_is_refused(word):
    with pytest.raises(DeniedError):
        Signer(ServerSettings(repositories={}), "file").read(word)
