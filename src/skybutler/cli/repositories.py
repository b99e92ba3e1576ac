"""Subcommands about whole repositories: making them, and their configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from skybutler.errors import ButlerError, ConfigError, nearest

from .command import command
from .options import as_json, dataset_type_option, many, repository
from .output import counted, show, table_of_rows

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.datasets import DatasetType

_SECRET = re.compile(r"(?i)secret|token|password|access_key")

__all__ = ["config_dump", "config_validate", "create"]


@command("create")
@repository
@click.option(
    "--seed-config", type=click.Path(exists=True, dir_okay=False), help="Configuration to start from (database, ...)."
)
@click.option(
    "--dimension-config", metavar="FILE|VERSION", help="Dimension universe: a definition, or a standard version."
)
@click.option("--override", is_flag=True, help="Keep places named in the seed, instead of using those below REPO.")
@click.option("--standalone", is_flag=True, help="Write the place of REPO into the configuration.")
@click.option("-f", "--outfile", type=click.Path(dir_okay=False), help="Write the configuration here, not into REPO.")
@click.option(
    "--journal",
    type=click.Choice(["wal", "delete"]),
    default="wal",
    show_default=True,
    help="SQLite journal; 'delete' for network file systems.",
)
def create(
    repo: str,
    seed_config: str | None,
    dimension_config: str | None,
    override: bool,
    standalone: bool,
    outfile: str | None,
    journal: str,
) -> None:
    """Make a repository in the directory REPO."""
    from skybutler.butler.create import create_repository

    version = int(dimension_config) if dimension_config and dimension_config.isdigit() else dimension_config
    create_repository(
        repo,
        seed=seed_config,
        dimensions=version,
        override=override,
        standalone=standalone,
        outfile=outfile,
        journal=journal,
    )
    click.echo(f"Created repository {repo}.")


# -------------------------------------------------------------- configuration
@command("config-dump")
@repository
@click.option(
    "-s", "--subset", metavar="KEY", help="Only this part, e.g. '.datastore.root'; begins with the delimiter."
)
@click.option("--file", type=click.Path(dir_okay=False), help="Write to this file.")
def config_dump(repo: str, subset: str | None, file: str | None) -> None:
    """Print the configuration of REPO as YAML, defaults included.  Passwords and secret keys are left out."""
    import yaml

    content: Any = _expanded(repo)
    if subset:
        content = _part(content, subset)
    text = yaml.safe_dump(content, sort_keys=False, width=120, allow_unicode=True)
    if file is None:
        click.echo(text, nl=False)
    else:
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(text)


def _expanded(repo: str) -> dict[str, Any]:
    from skybutler.butler.config import RepositoryConfig
    from skybutler.butler.labels import resolve_label
    from skybutler.datastore.templates import DEFAULT_TEMPLATES
    from skybutler.formatters.catalog import DEFAULTS
    from skybutler.registry.credentials import without_password

    config = RepositoryConfig.read(resolve_label(repo))
    content = config.to_mapping(standalone=True)
    content["registry"]["db"] = without_password(config.resolved(config.registry))
    store = content["datastore"] = _without_secrets(content["datastore"])
    store["root"] = config.resolved(config.datastore_root)
    store["templates"] = {**DEFAULT_TEMPLATES, **(store.get("templates") or {})}
    store["formatters"] = {**DEFAULTS, **(store.get("formatters") or {})}
    return content


def _without_secrets(value: Any) -> Any:
    """Settings with the keys of object stores made unreadable."""
    if isinstance(value, Mapping):
        return {k: "***" if _SECRET.search(str(k)) else _without_secrets(v) for k, v in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def _part(content: Mapping[str, Any], subset: str) -> Any:
    """The part below a key such as ``.datastore.root``, whose first character is the delimiter."""
    keys = subset[1:].split(subset[0]) if not subset[0].isalnum() else [subset]
    found: Any = content
    for key in keys:
        if not isinstance(found, Mapping) or key not in found:
            known = list(found) if isinstance(found, Mapping) else []
            hint = nearest(key, known) or (f"There are: {', '.join(known)}." if known else "Nothing is below it.")
            raise ConfigError(f"The configuration has no key '{subset}'.", hint=hint)
        found = found[key]
    return found if isinstance(found, Mapping) else {keys[-1]: found}


@command("config-validate")
@repository
@dataset_type_option("Check only these dataset types; globs.")
@many("-i", "--ignore", metavar="NAMES", help="Do not check these dataset types; globs.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing when all is well.")
@as_json
@click.pass_context
def config_validate(
    context: click.Context,
    repo: str,
    dataset_types: tuple[str, ...],
    ignore: tuple[str, ...],
    quiet: bool,
    as_json: bool,
) -> None:
    """Check that every dataset type has a storage class, a formatter and a file template that fits.

    Overrides for one instrument are checked for every registered instrument.  Exit status 1 when something is wrong.
    """
    from skybutler.butler import Butler
    from skybutler.datasets.collection import match_names

    with Butler(repo) as butler:
        chosen = butler.query_dataset_types(dataset_types or "*")
        left_out = set(match_names(ignore, [t.name for t in chosen]))
        chosen = [t for t in chosen if t.name not in left_out]
        instruments = [None, *(r.name for r in butler.query_dimension_records("instrument"))]
        problems = [row for kind in chosen for row in _problems(butler, kind, instruments)]
    if problems or as_json:
        show(table_of_rows(("dataset_type", "problem"), problems), as_json=as_json)
    if problems:
        context.exit(1)
    if not quiet and not as_json:
        click.echo(f"No problems found in {counted(len(chosen), 'dataset type')}.")


def _problems(butler: Butler, kind: DatasetType, instruments: list[str | None]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for instrument in instruments:
        for check in (_check_class, _check_formatter, _check_template):
            try:
                check(butler, kind, instrument)
            except ButlerError as error:
                if str(error) not in seen:
                    yield kind.name, str(error)
                seen.add(str(error))


def _check_class(butler: Butler, kind: DatasetType, _: str | None) -> None:
    butler.datastore.storage_classes[kind.storage_class]


def _check_formatter(butler: Butler, kind: DatasetType, instrument: str | None) -> None:
    butler.datastore.formatters.choose(kind, instrument=instrument)


def _check_template(butler: Butler, kind: DatasetType, instrument: str | None) -> None:
    butler.datastore.templates.find(kind, instrument=instrument).validate(kind)
