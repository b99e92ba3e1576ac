"""What a new process loads before it answers: exactly these modules, so that nobody pays for what is not used.

A module that appears here must be needed by what is asked.  Where it is not, import it in the function that needs it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from skybutler import Butler

LIST_MODULES = "import sys, json; print(json.dumps({n: getattr(m, '__file__', None) for n, m in sys.modules.items()}))"
COMMAND = (
    "import sys\nfrom skybutler.cli.main import main\nshown, sys.stdout = sys.stdout, open('/dev/null', 'w')\n"
    "try:\n    main({!r})\nexcept SystemExit as end:\n    assert not end.code\nsys.stdout = shown"
)

BARE = {"version"}
HELP = BARE | {"cli", "cli.command", "cli.main", "errors", "hints"}
OPEN = BARE | {
    "butler", "butler.butler", "butler.collections", "butler.config", "butler.deferred", "butler.definitions",
    "butler.labels", "butler.lookup", "butler.queries", "butler.simple_yaml", "butler.transaction", "butler.transfers",
    "datasets", "datasets.collection", "datasets.dataset_type", "datasets.file_columns", "datasets.file_record",
    "datasets.identity", "datasets.ref",
    "dimensions", "dimensions.data_id", "dimensions.definition", "dimensions.element", "dimensions.group",
    "dimensions.metadata_keys", "dimensions.record", "dimensions.universe",
    "errors",
    "hints",
    "registry", "registry.bound_rows", "registry.bulk", "registry.calibrations", "registry.clock",
    "registry.collections", "registry.columns", "registry.data_ids", "registry.database", "registry.dataset_types",
    "registry.datasets", "registry.elements", "registry.footprints", "registry.journal", "registry.keys",
    "registry.moments", "registry.names", "registry.plan", "registry.registry", "registry.removal", "registry.revision",
    "registry.schema", "registry.sqlite", "registry.summaries", "registry.tags", "registry.tally",
}  # fmt: skip
LIST_COLLECTIONS = HELP | OPEN | {"cli.answers", "cli.collections", "cli.logs", "cli.options", "cli.output"}
QUERY = OPEN | {
    "expressions", "expressions.analysis", "expressions.arithmetic", "expressions.bind", "expressions.bound",
    "expressions.comparison", "expressions.functions", "expressions.lexer", "expressions.membership",
    "expressions.names", "expressions.nodes", "expressions.order_by", "expressions.parser", "expressions.values",
    "registry.ask", "registry.batches", "registry.blocks", "registry.compile", "registry.fragments",
    "registry.implied", "registry.listing", "registry.members", "registry.predicates", "registry.query",
    "registry.results", "registry.spatial", "registry.tables",
    "sky", "sky.times", "sky.timespan",
}  # fmt: skip
LIST_DATASETS = LIST_COLLECTIONS - {"cli.collections"} | QUERY | {"cli.datasets"}

HEAVY = {
    "asyncio", "bz2", "concurrent", "csv", "difflib", "email", "hashlib", "http", "importlib.metadata",
    "importlib.resources", "ipaddress", "lzma", "multiprocessing", "pathlib", "pickle", "random", "shutil", "socket",
    "ssl", "subprocess", "tempfile", "tomllib", "unittest", "urllib.parse", "xml", "zipfile",
}  # fmt: skip
"""Modules of the standard library that take their time, and that no look-up has any use for."""
SHUTIL_OF_CLICK = {"bz2", "lzma", "shutil"}
"""What click loads to know how wide the terminal is."""


def _loaded(statement: str) -> dict[str, str | None]:
    """Modules in a new process after a statement, and their files."""
    command = [sys.executable, "-c", f"{statement}\n{LIST_MODULES}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    found: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("startup") / "repo"
    Butler.create(folder)
    with Butler(folder, run="r") as butler:
        butler.register_dataset_type("note", ["instrument"], "StructuredDataDict")
        butler.sync_dimension_data("instrument", {"name": "Cam"})
        butler.put({}, "note", instrument="Cam")
    return folder


def _check(statement: str, ours: set[str], others: set[str], *, heavy: frozenset[str] = frozenset()) -> None:
    before, after = _loaded("pass"), _loaded(statement)
    new = {name: file for name, file in after.items() if name not in before}
    mine = {name.removeprefix("skybutler.") for name in new if name.startswith("skybutler.")}
    foreign = {name.partition(".")[0] for name, file in new.items() if file and "site-packages" in file} - {"skybutler"}
    report = {
        "of skybutler, not in the list": sorted(mine - ours),
        "of skybutler, in the list only": sorted(ours - mine),
        "of other packages, not in the list": sorted(foreign - others),
        "of other packages, in the list only": sorted(others - foreign),
        "of the standard library, not worth it": sorted(HEAVY & set(new) - heavy),
    }
    wrong = {what: names for what, names in report.items() if names}
    assert wrong == {}, f"Modules loaded by a new process that runs\n{statement}"


def _opened(repo: Path, then: str) -> str:
    return f"from skybutler import Butler\nbutler = Butler({str(repo)!r}, collections='r')\n{then}"


# -------------------------------------------------------------------------------------------------------- in Python
def test_importing_the_package() -> None:
    _check("import skybutler", BARE, set())


def test_opening_a_repository(repo: Path) -> None:
    _check(_opened(repo, ""), OPEN, set())


def test_finding_a_dataset(repo: Path) -> None:
    _check(_opened(repo, "assert butler.find_dataset('note', instrument='Cam') is not None"), OPEN, set())


def test_a_first_query(repo: Path) -> None:
    asked = "assert len(list(butler.query_datasets('note', where=\"instrument = 'Cam'\"))) == 1"
    _check(_opened(repo, asked), QUERY, set())


# ------------------------------------------------------------------------------------------------- on the command line
def test_help() -> None:
    _check(COMMAND.format(["--help"]), HELP, {"click"}, heavy=frozenset(SHUTIL_OF_CLICK))


def test_listing_collections(repo: Path) -> None:
    _check(COMMAND.format(["query-collections", str(repo)]), LIST_COLLECTIONS, {"click"})


def test_listing_datasets(repo: Path) -> None:
    _check(COMMAND.format(["query-datasets", str(repo), "note"]), LIST_DATASETS, {"click"})


def test_help_of_a_subcommand_opens_nothing() -> None:
    modules = HELP | {"cli.answers", "cli.datasets", "cli.logs", "cli.options", "cli.output"}
    _check(COMMAND.format(["query-datasets", "--help"]), modules, {"click"}, heavy=frozenset(SHUTIL_OF_CLICK))


# ----------------------------------------------------------------------------------------------------------- this test
def test_loading_is_noticed() -> None:
    with pytest.raises(AssertionError, match="numpy"):
        _check("import skybutler, numpy", BARE, set())
    with pytest.raises(AssertionError, match=r"sky\.times"):
        _check("import skybutler.sky.times", {*BARE, "errors", "hints", "sky"}, set())
    with pytest.raises(AssertionError, match="tempfile"):
        _check("import skybutler, tempfile", BARE, set())
