"""Where log messages go and which: global logging options put to work.  Knows no subcommand."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from skybutler.errors import nearest

__all__ = ["LEVELS", "start_logging"]

LEVELS = {"CRITICAL": 50, "ERROR": 40, "WARNING": 30, "INFO": 20, "VERBOSE": 15, "DEBUG": 10, "TRACE": 5}

_ROOTS = ("skybutler", "py.warnings")


def start_logging(
    usual: str, levels: Sequence[str] = (), *, files: Sequence[str] = (), terminal: bool = True, long: bool = False
) -> None:
    """Send messages of our loggers to the terminal's stderr and to files.

    Parameters
    ----------
    usual : `str`
        Level of our loggers unless ``levels`` says otherwise.
    levels : sequence of `str`
        ``LEVEL`` for our loggers, ``NAME=LEVEL`` for one logger, ``.=LEVEL`` for all there are.
    files : sequence of path
        Files to append to; JSON records, one a line, where the name ends in ``.json``.
    terminal : `bool`
        Whether to log to stderr.
    long : `bool`
        Whether to log time and logger too.
    """
    for name, value in (("VERBOSE", 15), ("TRACE", 5)):
        logging.addLevelName(value, name)
    handlers: list[logging.Handler] = []
    if terminal:
        handlers.append(_Terminal())
        handlers[-1].setFormatter(_long() if long else logging.Formatter("%(levelname)s: %(message)s"))
    for path in files:
        handlers.append(_opened(path))
        handlers[-1].setFormatter(_JsonLines() if path.endswith(".json") else _long())
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h, _Terminal | _Appending)]:
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        root.addHandler(handler)
    logging.captureWarnings(True)
    for name in (*_ROOTS, *filter(None, os.environ.get("DAF_BUTLER_ROOT_LOGGER", "").split(":"))):
        logging.getLogger(name).setLevel(LEVELS[usual])
    _set_levels(levels)


def _set_levels(levels: Sequence[str]) -> None:
    for text in (part for item in levels for part in item.split(",")):
        name, sign, level = text.rpartition("=")
        if level.upper() not in LEVELS:
            hint = nearest(level.upper(), LEVELS) or f"Levels are {', '.join(LEVELS)}."
            raise click.BadParameter(f"'{level}' is no level. {hint}", param_hint="'--log-level'")
        for logger in [name if name != "." else ""] if sign else _ROOTS:
            logging.getLogger(logger).setLevel(LEVELS[level.upper()])


class _Terminal(logging.Handler):
    """Writes to whatever stderr is now, so that progress bars and tests can replace it."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)


class _Appending(logging.FileHandler):
    """A log file that we opened."""


class _JsonLines(logging.Formatter):
    """One JSON object per message."""

    def format(self, record: logging.LogRecord) -> str:
        content = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "name": record.name,
            "message": record.getMessage(),
            **getattr(record, "details", {}),  # of a request, say
        }
        if record.exc_info:
            content["traceback"] = self.formatException(record.exc_info)
        return json.dumps(content)


def _long() -> logging.Formatter:
    return logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


def _opened(path: str) -> logging.Handler:
    try:
        return _Appending(path, encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(f"cannot write to '{path}': {error.strerror}.", param_hint="'--log-file'") from error
