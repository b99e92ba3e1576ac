"""Errors show their text and hint, survive pickling, and are of the kinds that callers expect."""

from __future__ import annotations

import pickle

import pytest

from skybutler.errors import ExpressionError, ReadOnlyError, UnknownComponentError


def test_expression_error_shows_text_caret_and_hint() -> None:
    error = ExpressionError("No such name: 'vist'.", "vist = 1", 0, 4, hint="Did you mean 'visit'?")
    assert str(error) == "No such name: 'vist'.\n  vist = 1\n  ^^^^\nDid you mean 'visit'?"


def test_key_errors_print_their_message_plainly() -> None:
    assert str(UnknownComponentError("No component 'wsc'.")) == "No component 'wsc'."


def test_errors_survive_pickling() -> None:
    error = pickle.loads(pickle.dumps(ReadOnlyError("Read-only.", hint="Open it for writing.")))
    assert (error.message, error.hint) == ("Read-only.", "Open it for writing.")


def test_errors_are_the_builtin_kind_callers_expect() -> None:
    with pytest.raises(PermissionError):
        raise ReadOnlyError("no")
