from __future__ import annotations

import io

from astropy.io.votable import parse
from pyvo.dal.adhoc import DatalinkResults

from skybutler.vo.datalink import Link, cutout_descriptor, links_document
from support.world import square

LINKS = [
    Link(
        id="a<b", access_url="http://x/?a=1&b=2", semantics="#this", content_type="application/fits", content_length=7
    ),
    Link(id="a<b", service_def="cutout-sync", semantics="#cutout"),
    Link(id="c", error_message="NotFoundFault: c", semantics="#this"),
]


def test_a_document_is_read_by_astropy_and_pyvo():
    descriptor = cutout_descriptor("cutout-sync", "http://x/cut?q&r", "a<b", region=square(10, 20, 1))
    document = b"".join(links_document(LINKS, [descriptor]))
    table = parse(io.BytesIO(document), verify="exception").get_first_table()
    assert [f.ID for f in table.fields] == [f.name for f in table.fields]
    found = DatalinkResults(parse(io.BytesIO(document)))
    assert found.status[0] == "OK"
    assert [row["semantics"] for row in found] == ["#this", "#cutout", "#this"]
    service = found.get_adhocservice_by_id("cutout-sync")
    given = {p.name: p.value for p in service.groups[0].entries}
    assert given["ID"] == "a<b"
    circle = next(p for p in service.groups[0].entries if p.name == "CIRCLE")
    assert [round(float(v), 3) for v in circle.values.max] == [10.0, 20.0, 0.687]


def test_without_one_dataset_clients_take_the_id_of_the_row():
    assert 'ref="ID"' in cutout_descriptor("cutout-sync", "http://x", None)


def test_a_document_may_be_empty():
    assert len(parse(io.BytesIO(b"".join(links_document([])))).get_first_table().array) == 0
