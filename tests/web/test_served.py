from __future__ import annotations

import uuid

import pytest

from skybutler.errors import NotFoundError, ParameterError
from skybutler.web import ServerSettings
from skybutler.web.served import Served

UUID = uuid.UUID("20d28216-534a-4102-b8a7-1c7f32a9b78c")


@pytest.fixture
def served():
    return Served(ServerSettings(repositories={"dp02": "/nowhere", "other": "/elsewhere"}))


@pytest.mark.parametrize(
    "identifier, label",
    [
        (f"butler://dp02/{UUID}", "dp02"),
        (f"butler%3A//other/{UUID}", "other"),
        (f"butler%3A%2F%2Fother%2F{UUID}", "other"),
        (f"ivo://org.rubinobs/usdac/dp1?repo=other&id={UUID}", "other"),
        (f" {UUID.hex} ", "dp02"),
    ],
)
def test_identifiers_name_repository_and_dataset(served, identifier, label):
    repository, dataset = served.identify(identifier)
    assert (repository.label, dataset) == (label, UUID)


@pytest.mark.parametrize(
    "identifier",
    [
        *("", "x", "butler://dp02/", "butler://dp02/../../etc/passwd", "butler://dp02/'; DROP", "butler%3A" * 500),
        *(f"butler://a/b/{UUID}", f"file:///{UUID}", f"ivo://x?repo=../x&id={UUID}", f"ivo://x?id={UUID}"),
    ],
)
def test_what_names_no_dataset_is_refused(served, identifier):
    with pytest.raises((ParameterError, NotFoundError)):
        served.identify(identifier)


def test_repositories_by_label(served):
    assert [r.label for r in served] == ["dp02", "other"]
    assert served.first is served["dp02"]
    with pytest.raises(NotFoundError, match="Did you mean 'dp02'"):
        served["dp01"]
