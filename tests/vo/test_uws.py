from __future__ import annotations

import pytest

from skybutler.vo.uws import Phase


@pytest.mark.parametrize("phase", Phase)
def test_a_phase_changes_by_itself_or_never_or_when_somebody_asks(phase: Phase) -> None:
    assert phase.is_active == (phase in ("QUEUED", "EXECUTING"))
    assert phase.is_final == (phase in ("COMPLETED", "ERROR", "ABORTED"))
