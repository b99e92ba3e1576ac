"""Writes the reference pages that are made from the code: errors, storage classes, dimensions, commands.

``python docs/generate.py`` writes them, ``--check`` only says which are not current (CI does).
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

    from skybutler.dimensions import Column, DimensionElement
    from skybutler.errors import ButlerError

REFERENCE = Path(__file__).resolve().parent / "reference"
NOTICE = "<!-- made by docs/generate.py: change the code and run `make docs` -->\n"


ERRORS_HEAD = """# Errors

Everything skybutler raises on purpose is a `ButlerError` (in `skybutler.errors`). `str(error)` says what happened to
which value; `error.hint` says what to do next; `error.code` is the stable name in `--json` output and services.
An indented class is a kind of the class above it.

"""


DIMENSIONS_HEAD = """# Dimensions

Version {version} of the namespace `{namespace}`, the default for new repositories; a repository keeps the universe it
was made with. A data ID gives values of dimensions; *identified by* lists those needed to name one row, *implies* those
whose value follows from it. Sky pixels (such as `htm7` or `healpix9`) are dimensions too and have no rows. In a `where`
expression a field is written `element.field`.
"""


STORAGE_CLASSES_HEAD = """# Storage classes

What a dataset is in memory. A component is read alone with `butler.get("calexp.wcs", ...)`; a read parameter asks for
part of a dataset. `storage_classes` in a repository's `butler.yaml` adds more.

"""


def _first_paragraph(text: str | None) -> str:
    return " ".join((text or "").strip().partition("\n\n")[0].split())


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    header = list(header)
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


# --------------------------------------------------------------------------------------------------------------- errors
def errors_page() -> str:
    """Every error: what it means, its code, and the built-in exceptions it also is."""
    from skybutler.errors import ButlerError

    table = _table(["error", "code", "also a", "means"], _error_rows(ButlerError, 0))
    return ERRORS_HEAD + "\n".join(table) + "\n"


def _error_rows(error: type[ButlerError], depth: int) -> Iterator[list[str]]:
    builtin = [f"`{b.__name__}`" for b in error.__bases__ if b.__module__ == "builtins" and b is not Exception]
    indent = "&emsp;" * depth
    yield [f"{indent}`{error.__name__}`", f"`{error.code}`", ", ".join(builtin), _first_paragraph(error.__doc__)]
    for child in error.__subclasses__():
        if child.__bases__[0] is error:  # a class of two families stands under the first
            yield from _error_rows(child, depth + 1)


# ----------------------------------------------------------------------------------------------------------- dimensions
def dimensions_page() -> str:
    """Every element of the default universe: what identifies it, what follows from it, what is known about it."""
    from skybutler.dimensions import DimensionUniverse

    universe = DimensionUniverse.load()
    lines = [DIMENSIONS_HEAD.format(version=universe.version, namespace=universe.namespace)]
    for element in universe.elements:
        kind = "dimension" if element.is_dimension else "join element"
        lines += [f"## {element.name}", "", f"*{kind}* - {_first_paragraph(element.doc)}", ""]
        lines += [f"- {what}: {', '.join(f'`{n}`' for n in names)}" for what, names in _element_facts(element) if names]
        columns = [*([element.key] if element.key else []), *element.alternate_keys, *element.metadata]
        rows = [[f"`{c.name}`", _column_type(c), _column_meaning(element, c)] for c in columns]
        lines += ["", *_table(["field", "type", "means"], rows), ""] if rows else [""]
    return "\n".join(lines).rstrip() + "\n"


def _element_facts(element: DimensionElement) -> list[tuple[str, tuple[str, ...]]]:
    places = (("region",) if element.has_region else ()) + (("timespan",) if element.has_timespan else ())
    return [
        ("identified by", element.required),
        ("implies", element.implied),
        ("also found by", tuple(c.name for c in element.alternate_keys)),
        ("has a", places),
        ("values come from", (element.view_of,) if element.view_of else ()),
        ("rows come with", (element.populated_by,) if element.populated_by else ()),
    ]


def _column_meaning(element: DimensionElement, column: Column) -> str:
    if column is element.key:
        return "The value in data IDs."
    return _first_paragraph(column.doc) or ("Another way to say which." if column in element.alternate_keys else "")


def _column_type(column: Column) -> str:
    return f"{column.type}({column.length})" if column.length else column.type


# ------------------------------------------------------------------------------------------------------ storage classes
def storage_classes_page() -> str:
    """Every storage class: its Python type, what it is made of, and how it can be read in part."""
    from skybutler.datasets.storage_class import StorageClasses

    known = StorageClasses.default()
    rows = [
        [f"`{name}`", f"`{known[name].pytype}`", _names(known[name].all_components), _names(known[name].parameters)]
        for name in known
    ]
    table = _table(["storage class", "Python type", "components", "read parameters"], rows)
    return STORAGE_CLASSES_HEAD + "\n".join(table) + "\n"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{n}`" for n in sorted(names))


# ------------------------------------------------------------------------------------------------------------- commands
def commands_page(group: click.Group) -> str:
    """Every command of a click group with its arguments and options; options that all of them have stand once."""
    import click

    context = click.Context(group, info_name="butler")
    found = list(_commands(group, context))
    shared = set.intersection(*({tuple(o.opts) for o in _options(c)} for _, c, _ in found)) if len(found) > 1 else set()
    lines = ["# The `butler` command", "", "`skybutler` is the same command under a name of its own.", ""]
    lines += _parameters(_options(group))
    if shared:
        common = [o for o in _options(found[0][1]) if tuple(o.opts) in shared]
        lines += ["Every subcommand has:", "", *_parameters(common)]
    for name, command, usage in found:
        lines += [f"## {name}", "", f"`butler {name} {usage}`", "", *_paragraphs(command.help)]
        lines += _parameters([o for o in _options(command) if tuple(o.opts) not in shared])
    return "\n".join(lines).rstrip() + "\n"


def _commands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command, str]]:
    """Name, command and usage of every command that is shown, those of groups in it with the group's name."""
    import click

    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from ((f"{name} {below}", found, usage) for below, found, usage in _commands(command, inner))
        else:
            yield name, command, " ".join(command.collect_usage_pieces(inner))


def _options(command: click.Command) -> list[click.Option]:
    import click

    return [p for p in command.params if isinstance(p, click.Option) and not p.hidden]


def _paragraphs(text: str | None) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text or "").split("\n\n"):
        yield from (" ".join(paragraph.split()), "")


def _parameters(options: Iterable[click.Option]) -> list[str]:
    import click

    rows = []
    for option in options:
        names = ", ".join(f"`{n}`" for n in [*option.opts, *option.secondary_opts])
        kind = "" if option.is_flag else f" `{option.make_metavar(click.Context(click.Command('butler')))}`"
        rows.append([names + kind, _first_paragraph(option.help)])
    return [*_table(["option", "means"], rows), ""] if rows else []


def _commands_page() -> str:
    return commands_page(importlib.import_module("skybutler.cli.main").main)


PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "errors.md": ("skybutler.errors", errors_page),
    "dimensions.md": ("skybutler.dimensions", dimensions_page),
    "storage-classes.md": ("skybutler.datasets.storage_class", storage_classes_page),
    "commands.md": ("skybutler.cli", _commands_page),
}
"""Page -> the package it describes and the function that writes it."""


def rendered() -> dict[Path, str]:
    """Path and text of every generated page whose package exists."""
    return {
        REFERENCE / name: NOTICE + "\n" + render()
        for name, (module, render) in PAGES.items()
        if importlib.util.find_spec(module) is not None
    }


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a page is not current")
    check = parser.parse_args().check
    stale = [p for p, text in rendered().items() if not p.exists() or p.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            print(f"docs/reference/{path.name} is not current; run: make docs", file=sys.stderr)
        else:
            path.write_text(rendered()[path], encoding="utf-8")
            print(f"wrote docs/reference/{path.name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
