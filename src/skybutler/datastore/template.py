"""File templates: from the values of a data ID to a path.  Knows neither files nor formatters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from string import Formatter as _FormatString
from typing import TYPE_CHECKING, Any

from skybutler.errors import TemplateError, nearest

if TYPE_CHECKING:
    from skybutler.datasets.dataset_type import DatasetType
    from skybutler.datasets.ref import DatasetRef

__all__ = ["FileTemplate", "ref_values"]

SPECIAL = frozenset({"run", "id", "datasetType", "component"})
"""Fields that are no dimensions."""

_AWKWARD = str.maketrans(dict.fromkeys(' <>:"\\|?*', "_"))
_AWKWARD_FLAT = _AWKWARD | str.maketrans({"/": "_"})
_NAME = str.maketrans({".": "_", "#": "HASH"})
_SLASHES = re.compile(r"/(?:\.?/)+")


@dataclass(frozen=True, slots=True)
class _Field:
    """One replacement field and the literal text before it."""

    literal: str
    alternatives: tuple[str, ...]
    optional: bool
    keep_slash: bool
    spec: str
    conversion: str | None

    def choose(self, known: Mapping[str, Any]) -> str:
        """The first alternative whose dimension is known; the first of all when none is."""
        for name in self.alternatives:
            if name in known or name.partition(".")[0] in known:
                return name
        return self.alternatives[0]

    def text(self, value: Any) -> str:
        """A value as it stands in the path."""
        if isinstance(value, str):
            value = value.translate(_AWKWARD if self.keep_slash else _AWKWARD_FLAT)
        if self.conversion:
            value = _FormatString().convert_field(value, self.conversion)
        return format(value, self.spec) if self.spec or type(value) is not str else value


class FileTemplate:
    """A path with replacement fields, in the language of the Gen3 butler.

    ``{visit}`` is a dimension, ``{detector.full_name}`` a field of its record, ``{a|b}`` the first one that the
    data ID has, ``{visit:08d}`` a format, ``{band:?}`` an optional one that disappears with the literal text before
    it (unless that has a ``/``), ``{run:/}`` keeps slashes that otherwise become ``_``.  ``datasetType``,
    ``component``, ``run``, ``id`` and ``skypix`` (whatever sky pixelization there is) are fields, too.

    Parameters
    ----------
    text : `str`
        The template, without a file extension.

    Raises
    ------
    skybutler.errors.TemplateError
        If it is malformed, could leave the root, or can never give unique paths.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            parsed = list(_FormatString().parse(text))
        except ValueError as error:
            raise TemplateError(f"The file template {text!r} is malformed: {error}.") from error
        self._end = "".join(literal for literal, name, _, _ in parsed if name is None)
        self._fields = tuple(_field(text, *part) for part in parsed if part[1] is not None)
        self.names = tuple(dict.fromkeys(name for field in self._fields for name in field.alternatives))
        """All fields that the template can use, such as ``("run", "visit", "detector.full_name")``."""
        self._steps: dict[tuple[str, ...], list[str | tuple[str, _Field]]] = {}
        self._check()

    def __repr__(self) -> str:
        return f"FileTemplate({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileTemplate) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    # -------------------------------------------------------------- rendering
    def render(self, values: Mapping[str, Any]) -> str:
        """Path for one dataset, without extension.

        Parameters
        ----------
        values : mapping
            Values by field name; fields of records under their dotted names, `None` where there is none.

        Raises
        ------
        skybutler.errors.TemplateError
            If a field that is not optional has no value, or the path would leave the root.
        """
        key = tuple(values)
        steps = self._steps.get(key)
        if steps is None:
            steps = self._steps[key] = self._steps_for(values)
        output = []
        for step in steps:
            if isinstance(step, str):
                output.append(step)
                continue
            name, field = step
            value = values[name]
            output.append(self._without(field, name, values) if value is None else field.literal + field.text(value))
        return self._tidy("".join(output))

    def _steps_for(self, known: Mapping[str, Any]) -> list[str | tuple[str, _Field]]:
        """What to put together where these fields are known: texts, and fields with the name whose value they take."""
        steps: list[str | tuple[str, _Field]] = []
        for field in self._fields:
            name = field.choose(known)
            steps.append((name, field) if name in known else self._without(field, name, known))
        return [step for step in (*steps, self._end) if step]

    def render_ref(self, ref: DatasetRef, component: str | None = None) -> str:
        """Path for one dataset reference; its data ID needs the records whose fields the template uses."""
        return self.render(ref_values(ref, self.names, component))

    def render_many(self, columns: Mapping[str, Any], n: int) -> list[str]:
        """Paths for many datasets, equal to what `render` gives for each.

        Parameters
        ----------
        columns : mapping
            By field name: a sequence or array with one value per dataset, or one value (`str`, `int`, ...) for all.
        n : `int`
            How many.

        Raises
        ------
        skybutler.errors.TemplateError
            As for `render`.
        """
        pieces: list[str | list[str]] = []
        for field in self._fields:
            name = field.choose(columns)
            column = _as_list(columns.get(name))
            if column is None:
                pieces.append(self._without(field, name, columns))
                continue
            pieces.append(field.literal)
            texts = _text_column(field, column)
            if texts is None:  # a missing value, or one that could make or break a directory
                return self._render_rows(columns, n)
            pieces.append(texts)
        return _joined([*pieces, self._end], n) or self._render_rows(columns, n)

    def _render_rows(self, columns: Mapping[str, Any], n: int) -> list[str]:
        lists = {name: _as_list(column) for name, column in columns.items()}
        rows = [{k: c if not isinstance(c, list) else c[i] for k, c in lists.items()} for i in range(n)]
        return [self.render(row) for row in rows]

    def _without(self, field: _Field, name: str, known: Mapping[str, Any]) -> str:
        """What stands in the path instead of a field without value."""
        if "." in name and name not in known and name.partition(".")[0] in known:
            # Even if optional: without it, paths would not be unique.
            hint = "Expand the data ID, so that it has its dimension records, or change the template."
        elif field.optional:
            return field.literal if "/" in field.literal else ""
        else:
            hint = nearest(name, known)
        raise TemplateError(
            f"The file template {self.text!r} needs {name!r}, which this dataset does not have.", hint=hint
        )

    def _tidy(self, path: str) -> str:
        head, slash, tail = path.rpartition("/")
        parts = [part for part in (head + slash + tail.translate(_NAME)).split("/") if part not in ("", ".")]
        if ".." in parts or not parts:
            raise TemplateError(
                f"The path {path!r} from the file template {self.text!r} would leave the datastore root."
            )
        return "/".join(parts)

    # ------------------------------------------------------------- validation
    def _check(self) -> None:
        names = set(self.names)
        if not names & {"run", "id"}:
            raise TemplateError(f"The file template {self.text!r} must have the field run or id, to be unique.")
        if not names - SPECIAL and "id" not in names:
            raise TemplateError(f"The file template {self.text!r} has no field for a dimension.")
        if "../" in self.text:
            raise TemplateError(f"The file template {self.text!r} must not go up a directory.")
        if "id" in names and "{id}" not in self.text.rpartition("/")[2]:
            raise TemplateError(f"The file template {self.text!r} must have its field id in the file name.")

    def validate(self, dataset_type: DatasetType) -> None:
        """Check that the template gives a path of its own to each dataset of a type.

        Raises
        ------
        skybutler.errors.TemplateError
            If a required dimension is not in it, or it needs a field that such datasets do not have.
        """
        group = dataset_type.dimensions
        available = dict.fromkeys((*group.names, *SPECIAL - {"component"}), True)
        aliases = {"skypix": group.skypix[0]} if len(group.skypix) == 1 else {}
        available |= dict.fromkeys(aliases, True)
        used = set()
        for field in self._fields:
            chosen = field.choose(available).partition(".")[0]
            if chosen in available:
                used |= {chosen, aliases.get(chosen, chosen)}
            elif not field.optional:
                raise TemplateError(
                    f"The file template {self.text!r} needs {chosen!r}, which dataset type {dataset_type.name!r} "
                    f"with dimensions {group} does not have.",
                    hint=nearest(chosen, available),
                )
        if missing := [name for name in group.required if name not in used]:
            raise TemplateError(
                f"The file template {self.text!r} lacks {', '.join(missing)}: datasets of type {dataset_type.name!r} "
                "would overwrite each other."
            )


def ref_values(ref: DatasetRef, names: Iterable[str], component: str | None = None) -> dict[str, Any]:
    """Values of a dataset reference for a template, with the record fields among ``names``."""
    values: dict[str, Any] = dict(ref.data_id.mapping)
    skypix = ref.dataset_type.dimensions.skypix
    if len(skypix) == 1:
        values["skypix"] = values[skypix[0]]
    records = ref.data_id.records if ref.data_id.has_records else None
    for name in names:
        if "." not in name or records is None:
            continue
        primary, _, secondary = name.partition(".")
        if primary in values:
            record = records.get(skypix[0] if primary == "skypix" else primary)
            values[name] = None
            if record is not None and secondary in record.element.positions:
                values[name] = record.get(secondary)
    values |= {"datasetType": ref.dataset_type.name, "run": ref.run, "id": ref.id}
    if component is not None:
        values["component"] = component
    return values


def _field(text: str, literal: str, name: str | None, spec: str | None, conversion: str | None) -> _Field:
    alternatives = tuple((name or "").split("|"))
    if not all(re.fullmatch(r"\w+(\.\w+)?", alternative) for alternative in alternatives):
        raise TemplateError(f"The file template {text!r} has a field {name!r} that is no name.")
    spec = spec or ""
    plain = spec.replace("?", "").replace("/", "")
    return _Field(literal, alternatives, "?" in spec, "/" in spec, plain, conversion)


# ------------------------------------------------------------------- columns
def _as_list(column: Any) -> Any:
    """A list for a column, and a single value unchanged."""
    if hasattr(column, "tolist"):
        return column.tolist()
    return list(column) if isinstance(column, Sequence) and not isinstance(column, str) else column


def _text_column(field: _Field, column: Any) -> str | list[str] | None:
    """Texts of a column; `None` when a value needs the care that only single rows get."""
    if not isinstance(column, list):
        return field.text(column)
    distinct = set(column)
    if None in distinct:
        return None
    texts = {value: field.text(value) for value in distinct}
    if any(text in ("", ".", "..") or "/" in text for text in texts.values()):
        return None
    return [texts[value] for value in column]


def _joined(pieces: list[str | list[str]], n: int) -> list[str] | None:
    """Rows of the pieces put together and tidied; `None` when the directories differ in their form."""
    merged: list[str | list[str]] = [""]
    for piece in pieces:
        last = merged[-1]
        if isinstance(piece, str) and isinstance(last, str):
            merged[-1] = last + piece
        else:
            merged.append(piece)
    split = max((i for i, piece in enumerate(merged) if isinstance(piece, str) and "/" in piece), default=-1)
    for i, piece in enumerate(merged):
        if i < split:
            merged[i] = _SLASHES.sub("/", piece) if isinstance(piece, str) else piece
        elif i == split and isinstance(piece, str):
            head, _, tail = piece.rpartition("/")
            merged[i] = _SLASHES.sub("/", head + "/") + tail.translate(_NAME)
        elif isinstance(piece, str):
            merged[i] = piece.translate(_NAME)
        else:
            names = {text: text.translate(_NAME) for text in set(piece)}
            merged[i] = [names[text] for text in piece]
    if isinstance(merged[0], str):
        merged[0] = merged[0].removeprefix("./").lstrip("/")
    paths = list(map("".join, zip(*(repeat(p, n) if isinstance(p, str) else p for p in merged), strict=True)))
    tidy = not any(p.endswith("/") or ".." in p or "/./" in p or p[:1] in ("", "/", ".") for p in paths)
    return paths if tidy else None
