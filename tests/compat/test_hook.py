"""The import hook, each time in a process of its own: it changes what every later import sees."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from skybutler.compat.hook import MODULES, LsstFinder, install


def _python(code: str, *paths: Path) -> str:
    """Output of a program in a new process, with folders in front of the installed packages."""
    program = "\n".join([f"import sys; sys.path[:0] = {[str(p) for p in paths]!r}", textwrap.dedent(code)])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _real(root: Path, name: str, text: str, *, regular: bool) -> Path:
    """A folder with an installed package as others ship it: ``lsst`` and all between with or without ``__init__``."""
    folder = root.joinpath(*name.split("."))
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(text)
    if regular:
        for parent in [p for p in folder.parents if p.is_relative_to(root) and p != root]:
            (parent / "__init__.py").write_text("import pkgutil\n__path__ = pkgutil.extend_path(__path__, __name__)\n")
    return root


def test_nothing_is_importable_before() -> None:
    assert _python("import importlib.util; print(importlib.util.find_spec('lsst.daf'))") == "None"


def test_names_are_importable_and_sphgeom_stays_the_real_one() -> None:
    out = _python("""
        import lsst, lsst.sphgeom
        before = lsst, lsst.sphgeom, lsst.__file__
        import skybutler.compat
        from lsst.daf.butler import Butler, CollectionType
        import lsst.daf.butler.registry, lsst.geom
        assert (lsst, lsst.sphgeom, lsst.__file__) == before
        print(Butler.__name__, lsst.geom.degrees, lsst.sphgeom.__spec__.origin.rpartition("site-packages")[2])
    """)
    assert out == "Butler degrees /lsst/sphgeom/__init__.py"


@pytest.mark.parametrize("name", [name for name, source in MODULES.items() if source])
def test_every_module_has_its_names_and_its_parent_knows_it(name: str) -> None:
    parent, _, own = name.rpartition(".")
    code = f"""
        import skybutler.compat, importlib
        module = importlib.import_module({name!r})
        assert getattr(sys.modules[{parent!r}], {own!r}) is module
        print(all(hasattr(module, n) for n in module.__all__), module.__name__)
    """
    assert _python(code) == f"True {name}"


@pytest.mark.parametrize("regular", [True, False], ids=["regular", "namespace"])
def test_an_installed_module_is_not_hidden(tmp_path: Path, regular: bool) -> None:
    real = _real(tmp_path, "lsst.daf.butler", "class Butler: real = True", regular=regular)
    out = _python(
        """
        import skybutler.compat
        from lsst.daf.butler import Butler
        import lsst.geom, lsst.sphgeom
        print(Butler.real, skybutler.compat.provided())
        """,
        real,
    )
    assert out == "True ['lsst.geom']"


def test_a_real_package_gets_no_submodule_of_ours(tmp_path: Path) -> None:
    real = _real(tmp_path, "lsst.afw", "", regular=False)
    code = "import skybutler.compat, importlib.util as u; print(u.find_spec('lsst.afw.display'))"
    assert _python(code, real) == "None"


def test_packages_of_several_distributions_are_shared(tmp_path: Path) -> None:
    real = _real(tmp_path, "lsst.daf.relation", "real = True", regular=True)
    out = _python(
        """
        import skybutler.compat
        import lsst.daf.relation, lsst.daf.butler
        print(lsst.daf.relation.real, skybutler.compat.provided())
        """,
        real,
    )
    assert out == "True ['lsst.daf.butler']"


def test_a_package_without_any_lsst_is_served_too() -> None:
    finder = LsstFinder()
    spec = finder.find_spec("lsst", None)
    assert spec is not None
    assert spec.submodule_search_locations == []
    assert finder.find_spec("lsst.nothing", None) is None
    assert finder.find_spec("numpy", None) is None


def test_the_finder_is_the_last_and_there_is_one() -> None:
    out = _python("""
        before = len(sys.meta_path)
        import skybutler.compat as compat
        compat.install(); compat.install()
        print(len(sys.meta_path) - before, type(sys.meta_path[-1]).__name__)
    """)
    assert out == "1 LsstFinder"


def test_uninstalling_takes_everything_back() -> None:
    out = _python("""
        import lsst.sphgeom
        before = set(sys.modules), list(sys.meta_path)
        import skybutler.compat as compat
        from lsst.daf.butler import Timespan
        import lsst.geom
        compat.uninstall(); compat.uninstall()
        left = {m for m in sys.modules if m.startswith("lsst")} - before[0]
        assert sys.meta_path == before[1] and not hasattr(lsst, "geom") and not hasattr(lsst, "daf")
        try:
            import lsst.daf.butler
        except ModuleNotFoundError as error:
            print(sorted(left), error.name, Timespan(None, None))
        compat.install()
        import lsst.daf.butler
        print(lsst.daf.butler.Timespan is Timespan)
    """)
    assert out.splitlines() == ["[] lsst.daf (-∞, ∞)", "True"]


def test_installing_here_makes_names_importable() -> None:
    install()
    from lsst.geom import degrees

    assert (5 * degrees).asDegrees() == pytest.approx(5.0)


def test_notebooks_load_and_unload_it() -> None:
    out = _python("""
        import importlib
        extension = importlib.import_module("skybutler.compat")  # what %load_ext does
        extension.load_ipython_extension(None)
        from lsst.geom import degrees
        extension.unload_ipython_extension(None)
        print(degrees, "lsst.geom" in sys.modules)
    """)
    assert out == "degrees False"


def test_importing_the_hook_loads_no_butler() -> None:
    assert (
        _python("import skybutler.compat; print('skybutler.butler' in sys.modules, 'numpy' in sys.modules)")
        == "False False"
    )
