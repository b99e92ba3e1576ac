from __future__ import annotations

from skybutler.web import ServerSettings


def test_a_secret_is_made_and_not_shown():
    one, two = ServerSettings(repositories={}), ServerSettings(repositories={})
    assert len(one.secret) == 32
    assert one.secret != two.secret
    assert "secret" not in repr(one)
