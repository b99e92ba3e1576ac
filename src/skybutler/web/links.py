"""Links of datasets: the file, cut-outs, what it was made from.  Knows no documents.

DataLink 1.1 (IVOA Recommendation 2023-12-15), section 3.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from skybutler.errors import ButlerError, NotFoundError, ParameterError
from skybutler.vo.datalink import MEDIA_TYPE, STANDARD, Link, cutout_descriptor, links_document
from skybutler.vo.formats import find_format, is_page
from skybutler.vo.links_page import links_page
from skybutler.vo.pages import MEDIA_TYPE as PAGE

from . import vosi
from .auth import security_methods
from .files import PURPOSE, FileOf, find_file, media_type_of
from .parameters import read_parameters
from .previews import PURPOSE as PREVIEW
from .problems import status_of
from .requests import Here, of
from .signing import Signer

if TYPE_CHECKING:
    from lsst.sphgeom import Region
    from starlette.requests import Request

    from skybutler.datasets import DatasetRef

    from .served import ServedRepository

__all__ = ["links_url", "routes"]

CUTOUT = "cutout-sync"
"""ID of the descriptor of the cut-out service."""
_MOST = 1_000
_IMAGES = ("Exposure", "MaskedImage", "Image", "DecoratedImage")


def routes() -> list[Route]:
    """All routes, for the first repository and for each by its label."""
    answers = {"links": _links, "capabilities": _capabilities, "availability": vosi.availability}
    return [
        Route(f"{prefix}/api/datalink/{end}", answer, methods=["GET", "POST"] if end == "links" else ["GET"])
        for prefix in ("", "/repo/{label}")
        for end, answer in answers.items()
    ]


def links_url(here: Here, repository: ServedRepository, dataset: uuid.UUID) -> str:
    """Where the links of a dataset are."""
    return f"{here.root_url}/api/datalink/links?ID=butler%3A//{quote(repository.label)}/{dataset}"


async def _capabilities(request: Request) -> Response:
    from skybutler.vo.service_capabilities import Way, service_capabilities

    here = of(request)
    folder = f"{here.root_url}/api/datalink"
    made = service_capabilities(folder, [Way(STANDARD, "1.1", f"{folder}/links")], security_methods(here.settings))
    return Response(made, media_type="text/xml")


async def _links(request: Request) -> Response:
    here = of(request)
    try:
        async with read_parameters(request, here.settings.body_bytes) as given:
            identifiers = given.all("id")
            if len(identifiers) > _MOST:
                raise ParameterError(f"{len(identifiers)} identifiers are too many; {_MOST} are the most.")
            if (name := given.get("responseformat")) not in (None, "", MEDIA_TYPE):
                find_format(name)
    except ButlerError as error:
        return PlainTextResponse(f"UsageError: {error}", status_of(error))
    headers = {"Cache-Control": f"max-age={here.settings.link_seconds // 2}"}  # what is in it is good for longer
    make, media_type = (_page, PAGE) if is_page(name) else (_document, MEDIA_TYPE)  # others mean a VOTable document
    return await here.threads.respond(lambda: make(here, identifiers), media_type, headers)


def _document(here: Here, identifiers: list[str]) -> Iterator[bytes]:
    links, alone, region = _found(here, identifiers)
    descriptors = []
    if any(link.service_def == CUTOUT for link in links):
        descriptors.append(cutout_descriptor(CUTOUT, _cutout_url(here), alone, region=region))
    return links_document(links, descriptors)


def _page(here: Here, identifiers: list[str]) -> Iterator[bytes]:
    links, alone, region = _found(here, identifiers)
    can_cut = any(link.service_def == CUTOUT for link in links)
    return links_page(links, _cutout_url(here), alone if can_cut else None, region)


def _cutout_url(here: Here) -> str:
    return f"{here.root_url}/api/cutout/sync"


def _found(here: Here, identifiers: list[str]) -> tuple[list[Link], str | None, Region | None]:
    """Links, and if they are of one dataset, its identifier and region."""
    links: list[Link] = []
    region: Region | None = None
    for identifier in identifiers:
        try:
            repository, dataset = here.served.identify(identifier)
            file = find_file(repository, dataset)
        except NotFoundError as error:
            links.append(Link(id=identifier, error_message=f"NotFoundFault: {error}", semantics="#this"))
        except ParameterError as error:
            links.append(Link(id=identifier, error_message=f"UsageFault: {error}", semantics="#this"))
        else:
            region = _region_of(repository, file)
            links += _links_of(here, repository, file, identifier, region)
    return (links, identifiers[0], region) if len(set(identifiers)) == 1 else (links, None, None)


def _region_of(repository: ServedRepository, file: FileOf) -> Region | None:
    return repository.butler.registry.data_ids.expand(file.ref.data_id).region


def _links_of(
    here: Here, repository: ServedRepository, file: FileOf, identifier: str, region: Region | None
) -> Iterator[Link]:
    ref, record = file.ref, file.record
    signed = Signer(here.settings, PURPOSE).sign(repository.label, ref.id)
    root = here.settings.root_url or here.root_url.partition("/repo/")[0]
    yield Link(
        id=identifier,
        access_url=f"{root}/api/files/{signed}/{quote(file.name)}",
        description=f"The {ref.dataset_type.name} itself",
        semantics="#this",
        content_type=media_type_of(file.name),
        content_length=record.size if record.size >= 0 else None,
    )
    if ref.dataset_type.storage_class.startswith(_IMAGES):
        yield from _of_image(here, root, repository, ref, identifier, has_region=region is not None)
    yield from _inputs(here, repository, ref.id, identifier)


def _of_image(
    here: Here, root: str, repository: ServedRepository, ref: DatasetRef, identifier: str, *, has_region: bool
) -> Iterator[Link]:
    if has_region:
        yield Link(
            id=identifier,
            service_def=CUTOUT,
            description="A part of the image",
            semantics="#cutout",
            content_type="application/fits",
        )
    drawn = Signer(here.settings, PREVIEW).sign(repository.label, ref.id)
    yield Link(
        id=identifier,
        access_url=f"{root}/api/preview/{drawn}.png",
        description="A small picture of the image",
        semantics="#preview",
        content_type="image/png",
    )


def _inputs(here: Here, repository: ServedRepository, dataset: uuid.UUID, identifier: str) -> Iterator[Link]:
    """What the dataset was made from, as far as the repository has it: calibrations, then others."""
    provenance = repository.butler.get_provenance(dataset)
    given = [i if isinstance(i, uuid.UUID) else i.id for i in provenance.inputs] if provenance is not None else []
    known = repository.butler.registry.datasets.get_many([i.bytes for i in given])
    inputs = [known[i.bytes][0] for i in given if i.bytes in known]
    for found in sorted(inputs, key=lambda ref: not ref.dataset_type.is_calibration):
        yield Link(
            id=identifier,
            access_url=links_url(here, repository, found.id),
            description=f"{found.dataset_type.name} of {found.data_id}",
            semantics="#calibration" if found.dataset_type.is_calibration else "#progenitor",
            content_type=MEDIA_TYPE,
        )
