"""One version, wherever it is asked for."""

from importlib.metadata import version

import skybutler
from skybutler.version import __version__


def test_package_distribution_and_import_agree() -> None:
    assert version("skybutler") == __version__ == skybutler.__version__
