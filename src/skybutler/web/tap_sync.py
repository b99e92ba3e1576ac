"""TAP queries that are answered at once.  Knows neither jobs nor what a query means.

TAP 1.1 (IVOA Recommendation 2019-09-27), sections 2.3 and 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import IO, TYPE_CHECKING

from starlette.responses import Response

from skybutler.errors import ButlerError, ParameterError
from skybutler.vo.adql import TapTables
from skybutler.vo.answer import answer
from skybutler.vo.formats import TableFormat, find_format, is_page
from skybutler.vo.pages import MEDIA_TYPE as PAGE
from skybutler.vo.pages import error_page
from skybutler.vo.tap_schema import complete_tables
from skybutler.vo.votable import MEDIA_TYPE, votable_error

from .problems import status_of
from .uploads import read_uploads

if TYPE_CHECKING:
    from skybutler.registry.interrupt import Interrupt
    from skybutler.vo.adql import TapTable

    from .parameters import Parameters
    from .served import ServedRepository
    from .settings import ServerSettings

__all__ = ["TapQuery", "error_response"]

_LANGUAGES = ("ADQL", "ADQL-2.0", "ADQL-2.1", "ADQL-2.2")


@dataclass(frozen=True, slots=True)
class TapQuery:
    """A query with what belongs to it.

    Parameters
    ----------
    adql : `str`
        The query.
    format : `TableFormat`
        Of the answer.
    limit : `int`
        Most rows.
    uploads : `tuple` [`TapTable`]
        Tables that came with it.
    """

    adql: str
    format: TableFormat
    limit: int
    uploads: tuple[TapTable, ...] = ()

    @classmethod
    def of(
        cls, parameters: Parameters, settings: ServerSettings, files: Mapping[str, Callable[[], IO[bytes]]]
    ) -> TapQuery:
        """The query of a request; it may take long if there are tables with it.

        Raises
        ------
        ParameterError
            A parameter is missing or wrong.
        """
        request = parameters.get("request", default="doQuery")
        if str(request).lower() != "doquery":
            raise ParameterError(f"REQUEST is '{str(request)[:40]}'; doQuery is expected.")
        language = parameters.get("lang", default="ADQL") or "ADQL"
        if language.upper() not in _LANGUAGES:
            raise ParameterError(f"There is no language '{language[:40]}'.", hint="Queries are in ADQL.")
        adql = parameters.get("query")
        if not adql or not adql.strip():
            raise ParameterError("There is no QUERY.", hint="Such as SELECT TOP 5 * FROM ivoa.ObsCore")
        limit = parameters.number("maxrec")
        return cls(
            adql,
            find_format(parameters.get("responseformat", "format")),
            min(settings.rows if limit is None else limit, settings.most_rows),
            tuple(read_uploads(parameters, settings, files)),
        )

    def pieces(self, repository: ServedRepository, root_url: str, interrupt: Interrupt) -> Iterator[bytes]:
        """The answer, piece by piece.

        Raises
        ------
        ExpressionError
            The query is wrong.
        UnavailableError
            It was interrupted before there were rows.
        """
        registry = repository.butler.registry
        with registry.one_look():
            tables = complete_tables(repository.tables)
            if self.uploads:
                tables = TapTables([*tables, *self.uploads])
            found = answer(
                registry, repository.obscore(root_url), tables, self.adql, self.limit + 1, interrupt,
                repository.snapshots, dictionaries=self.format.dictionaries,
            )  # fmt: skip
            # begun before anything is said of it, so that what goes wrong until then has a status
            first = next(found.batches, None)
        batches = () if first is None else chain((first,), found.batches)
        yield from self.format.write(found.fields, iter(batches), self.limit)


def error_response(error: ButlerError, format_: str | None = None) -> Response:
    """An error as a VOTable document (DALI 1.1, section 4.4.1), with the HTTP status that it has elsewhere too.

    Parameters
    ----------
    error : `ButlerError`
        What is wrong.
    format_ : `str`, optional
        Of the answer that was asked for; whoever asks for a page is told with one.
    """
    if is_page(format_):
        return Response(error_page(str(error)), status_of(error), media_type=PAGE)
    return Response(votable_error(str(error)), status_of(error), media_type=MEDIA_TYPE)
