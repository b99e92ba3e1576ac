from __future__ import annotations

import pytest
import pyvo
import requests

from support.server import serve


def test_pyvo_asks_and_is_answered(observed):
    with serve({"test": observed}) as address, requests.Session() as session:
        service = pyvo.dal.TAPService(f"{address}/api/tap", session=session)
        found = service.search("SELECT * FROM ivoa.ObsCore WHERE CONTAINS(POINT('ICRS', 0.35, 0.2), s_region) = 1")
        assert len(found) >= 3
        assert found[0].getdataurl().startswith(f"{address}/api/datalink/links?ID=butler%3A//test/")
        with pytest.raises(pyvo.DALQueryError, match="Did you mean 'ivoa.ObsCore'"):
            service.search("SELECT * FROM ivoa.ObsCor")
