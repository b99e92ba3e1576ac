from __future__ import annotations

from skybutler.vo.service_capabilities import service_capabilities


def test_the_document_names_the_standard_and_where_requests_go():
    text = service_capabilities("ivo://x/std", "2.0", "https://x.example/api/sia/query", security=("ivo://y",)).decode()
    assert 'standardID="ivo://x/std"' in text
    assert ">https://x.example/api/sia/query<" in text
    assert ">https://x.example/api/sia/availability<" in text
    assert text.count('standardID="ivo://y"') == 1
