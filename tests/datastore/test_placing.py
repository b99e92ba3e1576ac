"""Files in the way are replaced only if nobody owns them."""

from __future__ import annotations

import pytest

from skybutler.datastore.placing import in_use_always, place
from skybutler.errors import FileExistsInStoreError


def test_in_the_way() -> None:
    tried: list[bool] = []

    def write(overwrite: bool) -> str:
        tried.append(overwrite)
        if not overwrite:
            raise FileExistsInStoreError("There is one.")
        return "written"

    assert place("x", lambda path: path != "x", write) == "written"
    assert tried == [False, True]
    with pytest.raises(FileExistsInStoreError, match="Another dataset"):
        place("x", in_use_always, write)
    assert tried == [False, True, False]
