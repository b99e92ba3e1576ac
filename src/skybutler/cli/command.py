"""What all subcommands share: options files, ``--traceback``, and how errors reach the user.  Knows no repository."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, NoReturn

import click

from skybutler.errors import ButlerError, ConfigError, nearest

__all__ = ["ButlerCommand", "Failure", "Settings", "command", "errors_shown", "refuse", "settings"]

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells count it (128 + SIGINT)."""


class Settings:
    """What global options say."""

    def __init__(
        self,
        *,
        progress: bool = True,
        traceback: bool = False,
        as_json: bool = False,
        logs: Mapping[str, Any] | None = None,
    ) -> None:
        self.progress, self.traceback, self.as_json = progress, traceback, as_json
        self.logs: Mapping[str, Any] = logs or {"usual": "WARNING"}


def settings() -> Settings:
    """Settings of the command that runs."""
    return click.get_current_context().ensure_object(Settings)


class Failure(click.ClickException):
    """The end of a command that failed: prints one message, or the traceback when that was asked for.

    Parameters
    ----------
    error : `BaseException`
        What happened.
    told : `Settings`
        How to print it.
    """

    def __init__(self, error: BaseException, told: Settings) -> None:
        super().__init__(_message(error))
        self.error, self.told = error, told

    def show(self, file: IO[Any] | None = None) -> None:
        """Print to stderr."""
        if self.told.traceback:
            import traceback

            click.echo("".join(traceback.format_exception(self.error)), err=True, nl=False)
        if self.told.as_json:
            import json

            code = getattr(self.error, "code", "internal")
            content = {"error": code, "message": getattr(self.error, "message", self.message)}
            click.echo(json.dumps({**content, "hint": getattr(self.error, "hint", "")}), err=True)
        else:
            click.echo(click.style("Error: ", fg="red", bold=True) + self.message, err=True)


def _message(error: BaseException) -> str:
    if isinstance(error, ButlerError):
        text, hint = str(error), error.hint
        said = [text[: -len(hint)].rstrip(), hint] if hint and text.endswith(hint) else [text]
        return "\n".join([*said, *getattr(error, "__notes__", ())])
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: '{error.filename}'." if error.filename is not None else f"{error.strerror}."
    if isinstance(error, OSError) and str(error):
        return str(error)  # of libraries that say in their own words that a disk is full
    return f"{type(error).__name__}: {error}\nThis is a bug of skybutler; --traceback shows where. Please report it."


@contextmanager
def errors_shown(context: click.Context) -> Iterator[None]:
    """Turn every error of a block into `Failure`, Ctrl-C into exit status 130; click's own errors pass."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except KeyboardInterrupt:
        click.echo("\nInterrupted. What was committed before stays; nothing is half done.", err=True)
        context.exit(INTERRUPTED)
    except OSError as error:
        if error.errno == errno.EPIPE and not isinstance(error, ButlerError):
            raise  # the reader of our output went away: click ends without a word
        raise Failure(error, context.ensure_object(Settings)) from error
    except Exception as error:
        raise Failure(error, context.ensure_object(Settings)) from error


# ------------------------------------------------------------------- commands
class ButlerCommand(click.Command):
    """A subcommand; besides its own options it takes an options file and ``--traceback``."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.params += [
            click.Option(
                ["-@", "--options-file"],
                type=click.Path(exists=True, dir_okay=False),
                is_eager=True,
                expose_value=False,
                callback=_preset,
                help="YAML file of options: subcommand, below it option and value. The command line has precedence.",
            ),
            click.Option(
                ["--traceback"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_want_traceback,
                help="When something fails, show where in the code.",
            ),
        ]


def command(name: str) -> Callable[[Callable[..., Any]], ButlerCommand]:
    """Decorator that makes a subcommand of a function; its docstring is the help text."""
    return click.command(name, cls=ButlerCommand)


def _want_traceback(context: click.Context, _: click.Parameter, value: bool) -> None:
    told = context.ensure_object(Settings)
    told.traceback = told.traceback or value


def _preset(context: click.Context, _: click.Parameter, path: str | None) -> None:
    """Take the values of an options file as this command's defaults."""
    if path is None:
        return
    from skybutler.butler.config import load_yaml

    content = {str(key).replace("_", "-"): value for key, value in load_yaml(path).items()}
    root = context.find_root()
    known = root.command.list_commands(root) if isinstance(root.command, click.Group) else [str(context.info_name)]
    for key in content:
        if key not in known:
            raise ConfigError(f"{path}: there is no subcommand '{key}'.", hint=nearest(key, known))
    values = content.get(str(context.info_name)) or {}
    if not isinstance(values, Mapping):
        raise ConfigError(f"{path}: below '{context.info_name}' there must be options and values, not {values!r}.")
    context.default_map = {_parameter(context, path, str(k)).name: v for k, v in _prepared(context, path, values)}


def _prepared(context: click.Context, path: str, values: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values, those of options that may be repeated as lists of text."""
    for key, value in values.items():
        parameter = _parameter(context, path, str(key))
        several = parameter.multiple or parameter.nargs != 1
        if isinstance(value, Mapping):
            value = [f"{k}={v}" for k, v in value.items()]
        if isinstance(value, list) and not several:
            raise ConfigError(f"{path}: '{context.info_name}: {key}' takes one value, not {value}.")
        if several:
            value = [str(v) for v in (value if isinstance(value, list) else [value])]
        yield str(key), value


def _parameter(context: click.Context, path: str, key: str) -> Any:
    """The parameter that a key of an options file names, as on the command line or as in the help text."""
    names = {
        option.lstrip("-").replace("-", "_"): parameter
        for parameter in context.command.params
        if parameter.expose_value
        for option in [*parameter.opts, str(parameter.name)]
    }
    found = names.get(key.replace("-", "_"))
    if found is None:
        shown = sorted(name.replace("_", "-") for name in names)
        hint = nearest(key.replace("_", "-"), shown) or f"It has: {', '.join(shown)}."
        raise ConfigError(f"{path}: '{context.info_name}' has no option '{key}'.", hint=hint)
    return found


def refuse(message: str) -> NoReturn:
    """End with a usage error (exit status 2): the options contradict each other."""
    raise click.UsageError(message, click.get_current_context())
