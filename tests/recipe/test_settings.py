from __future__ import annotations

import pytest
from pydantic import ValidationError

from skybutler.cli.main import SUBCOMMANDS
from skybutler.recipe.running import KINDS
from skybutler.recipe.settings import STEPS, IngestFiles, IngestRaws, RegisterInstrument
from skybutler.storage.transfer import MODES


def test_steps_are_named_as_the_commands_that_do_the_same() -> None:
    commands = {name for section in SUBCOMMANDS.values() for name in section}
    assert STEPS.keys() <= commands
    assert STEPS.keys() == KINDS.keys()


def test_keys_may_be_written_as_on_the_command_line() -> None:
    assert IngestRaws.model_validate({"locations": "a", "search-indexes": False}).search_indexes is False
    assert RegisterInstrument.model_validate({"instrument": "a"}).instrument == ["a"]


def test_all_transfer_modes_are_known() -> None:
    for mode in MODES:
        assert IngestRaws.model_validate({"locations": "a", "transfer": mode}).transfer == mode


@pytest.mark.parametrize("more", [{}, {"table": "t", "files": {"directory": "d", "pattern": "{a}"}}])
def test_files_come_from_one_source(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="either 'table' or 'files'"):
        IngestFiles.model_validate({"dataset_type": "a", "run": "b", **more})
