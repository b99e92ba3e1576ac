"""Subcommands that list data IDs and dimension records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from skybutler.errors import ParameterError

from .answers import show_results
from .command import command, refuse
from .options import (
    as_json,
    collections_option,
    dataset_type_option,
    limit,
    many_arguments,
    order_by,
    repository,
    where,
)

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.butler.query import ButlerQuery

__all__ = ["query_data_ids", "query_dimension_records"]


offset = click.option("--offset", type=click.IntRange(min=0), default=0, metavar="N", help="Leave out the first N.")


def _query(butler: Butler, dataset_types: tuple[str, ...], collections: tuple[str, ...], where: str) -> ButlerQuery:
    """A query for what datasets exist."""
    query = butler.query()
    for kind in butler.query_dataset_types(dataset_types) if dataset_types else ():
        query = query.join_dataset_search(kind.name, collections)
    return query.where(where)


@command("query-data-ids")
@repository
@many_arguments("dimensions", metavar="[DIMENSION]...")
@dataset_type_option("Only data IDs for which there are such datasets; names and globs.")
@collections_option("Where these datasets must be.")
@where
@order_by
@limit
@offset
@as_json
def query_data_ids(
    repo: str,
    dimensions: tuple[str, ...],
    dataset_types: tuple[str, ...],
    collections: tuple[str, ...],
    where: str,
    order_by: tuple[str, ...],
    limit: int,
    offset: int,
    as_json: bool,
) -> None:
    """List data IDs of DIMENSIONs, by default of those that all of --dataset-type have in common."""
    from skybutler.butler import Butler

    _check(dataset_types, collections)
    if not dimensions and not dataset_types:
        refuse("Name dimensions, or dataset types with --dataset-type and --collections.")
    with Butler(repo) as butler:
        query = _query(butler, dataset_types, collections, where)
        group = butler.dimensions.conform(dimensions or _common(butler, dataset_types))
        results = query.order_by(*(order_by or group.required)).data_ids(group.names)
        show_results(results.offset(offset) if offset else results, limit, as_json=as_json)


def _common(butler: Butler, dataset_types: tuple[str, ...]) -> list[str]:
    first, *others = [t.dimensions.names for t in butler.query_dataset_types(dataset_types)] or [()]
    shared = [d for d in first if all(d in names for names in others)]
    if not shared:
        raise ParameterError("These dataset types have no dimensions in common.", hint="Name the dimensions to list.")
    return shared


@command("query-dimension-records")
@repository
@click.argument("element")
@dataset_type_option("Only records for which there are such datasets; names and globs.")
@collections_option("Where these datasets must be.")
@where
@order_by
@limit
@offset
@click.option("--no-check", is_flag=True, hidden=True, help="Conditions are always checked, which takes no time.")
@as_json
def query_dimension_records(
    repo: str,
    element: str,
    dataset_types: tuple[str, ...],
    collections: tuple[str, ...],
    where: str,
    order_by: tuple[str, ...],
    limit: int,
    offset: int,
    no_check: bool,
    as_json: bool,
) -> None:
    """List what is known of ELEMENT: visit, exposure, detector, tract, ...  Regions are shown by --json only."""
    from skybutler.butler import Butler

    _check(dataset_types, collections)
    with Butler(repo) as butler:
        required = butler.dimensions[element].required
        query = _query(butler, dataset_types, collections, where)
        results = query.order_by(*(order_by or required)).dimension_records(element)
        show_results(results.offset(offset) if offset else results, limit, as_json=as_json)


def _check(dataset_types: tuple[str, ...], collections: tuple[str, ...]) -> None:
    if bool(dataset_types) != bool(collections):
        refuse("--dataset-type and --collections need each other.")
