"""How a dataset was made: its inputs, its quantum and notes, and the flat names under which files keep them.

Knows neither files nor databases.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, TypeAlias

from skybutler.errors import InvalidError

from .ref import DatasetRef

__all__ = ["DatasetProvenance", "NoteValue", "provenance_keys"]

NoteValue: TypeAlias = str | int | float | bool | uuid.UUID
"""What a note may be; other things are kept as their text."""

_RESERVED = frozenset({"id", "run", "datasettype"})

_ANCHOR = re.compile(
    r"(?P<lead>(?:.*\W)?)(?:n_inputs|input(\W)0\2(?:id|run|datasettype)|dataid\W[a-z_]\w*|(?P<type>datasettype))",
    re.IGNORECASE,
)
"""Keys that nothing but provenance has; of ``datasettype`` that is true beside ``id`` and ``run``."""

_KEY = re.compile(
    r"(?:id|run|datasettype|quantum|n_inputs|dataid\W\w+|input\W(?P<number>\d+)\W(?P<name>.+))", re.IGNORECASE
)


class DatasetProvenance:
    """How one dataset was made.

    Parameters
    ----------
    inputs : iterable of `DatasetRef` or `uuid.UUID`
        What it was made from, in order; repeated ones count once.
    quantum_id : `uuid.UUID`, optional
        The unit of work that made it.
    extras : mapping, optional
        Notes on inputs: UUID -> name -> value.
    notes : mapping, optional
        Notes on the dataset itself.

    Raises
    ------
    InvalidError
        An input is neither a ref nor a UUID, or a note is about something that is no input.
    """

    __slots__ = ("_known", "extras", "inputs", "notes", "quantum_id")

    def __init__(
        self,
        inputs: Iterable[DatasetRef | uuid.UUID | str] = (),
        quantum_id: uuid.UUID | str | None = None,
        extras: Mapping[uuid.UUID, Mapping[str, NoteValue]] | None = None,
        notes: Mapping[str, NoteValue] | None = None,
    ) -> None:
        self.inputs: list[DatasetRef | uuid.UUID] = []
        self.quantum_id = None if quantum_id is None else _uuid(quantum_id, "quantum")
        self.extras: dict[uuid.UUID, dict[str, NoteValue]] = {}
        self.notes: dict[str, NoteValue] = {str(name): _plain(value) for name, value in (notes or {}).items()}
        self._known: set[uuid.UUID] = set()
        for given in inputs:
            self.add_input(given)
        for dataset_id, extra in (extras or {}).items():
            self.add_extra_provenance(dataset_id, extra)

    @classmethod
    def of(cls, given: DatasetProvenance | Mapping[str, Any]) -> DatasetProvenance:
        """The provenance that a caller gave; of a mapping, flat names are understood and the rest are notes."""
        if isinstance(given, DatasetProvenance):
            return given
        if not isinstance(given, Mapping):
            raise InvalidError(
                f"Provenance cannot be a {type(given).__name__}.", hint="Give a DatasetProvenance, or names and values."
            )
        found, _ = cls.from_flat(given)
        keys = provenance_keys(given)
        found.notes = {str(name): _plain(value) for name, value in given.items() if name not in keys}
        return found

    @property
    def input_ids(self) -> list[uuid.UUID]:
        """UUIDs of the inputs, in order."""
        return [given.id if isinstance(given, DatasetRef) else given for given in self.inputs]

    def add_input(self, ref: DatasetRef | uuid.UUID | str) -> None:
        """Add an input, unless it is one already."""
        given = ref if isinstance(ref, DatasetRef) else _uuid(ref, "input")
        identifier = given.id if isinstance(given, DatasetRef) else given
        if identifier not in self._known:
            self._known.add(identifier)
            self.inputs.append(given)

    def add_extra_provenance(self, dataset_id: uuid.UUID, extra: Mapping[str, NoteValue]) -> None:
        """Add notes on an input.

        Raises
        ------
        InvalidError
            It is no input, or a note has a name that means something else (``id``, ``run``, ``datasettype``).
        """
        if dataset_id not in self._known:
            raise InvalidError(f"{dataset_id} is no input of this dataset.", hint="Add it with add_input first.")
        if taken := _RESERVED & {str(name).lower() for name in extra}:
            raise InvalidError(f"A note on an input cannot be named {' or '.join(map(repr, sorted(taken)))}.")
        self.extras.setdefault(dataset_id, {}).update({str(k): _plain(v) for k, v in extra.items()})

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DatasetProvenance):
            return NotImplemented
        mine = (self.input_ids, self.quantum_id, self.extras, self.notes)
        return mine == (other.input_ids, other.quantum_id, other.extras, other.notes)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"DatasetProvenance({len(self.inputs)} inputs, quantum_id={self.quantum_id}, notes={self.notes})"

    # ------------------------------------------------------------------------------------------------- flat names
    def to_flat_dict(
        self,
        ref: DatasetRef | None,
        /,
        *,
        prefix: str = "",
        sep: str = ".",
        simple_types: bool = False,
        use_upper: bool | None = None,
        max_inputs: int | None = None,
        store_minimalist_inputs: bool = False,
    ) -> dict[str, Any]:
        """Everything as flat names and values, as files keep it.

        Parameters
        ----------
        ref : `DatasetRef` or `None`
            The dataset that was made; its id, run, type and data ID come first.
        prefix : `str`
            Begins every name, ``LSST BUTLER`` for instance.
        sep : `str`
            One character between the parts of a name; no letter, digit or underscore.
        simple_types : `bool`
            Give UUIDs and uncommon values as text.
        use_upper : `bool`, optional
            Names in upper case; by default as the prefix begins.
        max_inputs : `int`, optional
            More inputs than these are left out, all of them; ``n_inputs`` tells how many there were.
        store_minimalist_inputs : `bool`
            Of inputs only ids and notes.

        Raises
        ------
        InvalidError
            The separator is not one character, or could be part of a name.
        """
        if len(sep) != 1 or re.match(r"\w", sep):
            raise InvalidError(f"Parts of names are separated by one character that is no word character, not {sep!r}.")
        upper = prefix[:1].isupper() if use_upper is None else use_upper
        flat: dict[str, Any] = {}
        for parts, value in self._entries(ref, max_inputs, store_minimalist_inputs):
            name = sep.join(parts)
            name = name.upper() if upper else name
            simple = not simple_types or isinstance(value, str | int | float)
            flat[f"{prefix}{sep}{name}" if prefix else name] = value if simple else str(value)
        return flat | {name: value if not simple_types else _simple(value) for name, value in self.notes.items()}

    def _entries(
        self, ref: DatasetRef | None, max_inputs: int | None, minimal: bool
    ) -> Iterator[tuple[tuple[str, ...], Any]]:
        if ref is not None:
            yield ("id",), ref.id
            yield from _named(ref)
            yield from ((("dataid", name), ref.data_id[name]) for name in sorted(ref.dataset_type.dimensions.required))
        if self.quantum_id is not None:
            yield ("quantum",), self.quantum_id
        n = len(self.inputs)
        if ref is not None or n:
            yield ("n_inputs",), n
        for i, given in enumerate(self.inputs if max_inputs is None or n <= max_inputs else ()):
            identifier = given.id if isinstance(given, DatasetRef) else given
            yield ("input", str(i), "id"), identifier
            if isinstance(given, DatasetRef) and not minimal:
                yield from ((("input", str(i), *name), value) for name, value in _named(given))
            for name, value in self.extras.get(identifier, {}).items():
                yield ("input", str(i), name), value

    @classmethod
    def from_flat(cls, flat: Mapping[str, Any]) -> tuple[DatasetProvenance, uuid.UUID | None]:
        """What flat names say, whatever their prefix and separator: the provenance, and the dataset's own id.

        Raises
        ------
        InvalidError
            What should be a UUID is none.
        """
        ids: dict[int, uuid.UUID] = {}
        extras: dict[int, dict[str, Any]] = {}
        own = quantum = None
        for key, name in provenance_keys(flat).items():
            number, note = _input_of(name)
            if name.lower() == "id":
                own = _uuid(flat[key], key)
            elif name.lower() == "quantum":
                quantum = _uuid(flat[key], key)
            elif number is not None and note.lower() == "id":
                ids[number] = _uuid(flat[key], key)
            elif number is not None and note.lower() not in _RESERVED:
                extras.setdefault(number, {})[note] = flat[key]
        found = cls([ids[i] for i in sorted(ids)], quantum)
        for i, extra in extras.items():
            if i in ids:
                found.add_extra_provenance(ids[i], extra)
        return found, own

    @staticmethod
    def strip_provenance_from_flat_dict(prov_dict: MutableMapping[str, Any]) -> None:
        """Take all flat names of provenance out of a mapping."""
        for key in provenance_keys(prov_dict):
            del prov_dict[key]


def _named(ref: DatasetRef) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("run",), ref.run
    yield ("datasettype",), ref.dataset_type.name


def _input_of(name: str) -> tuple[int | None, str]:
    """Number of the input that a name is about, and what it says of it; `None` where it is about the dataset."""
    match = _KEY.fullmatch(name)
    return (int(match["number"]), match["name"]) if match and match["number"] else (None, "")


def provenance_keys(flat: Mapping[Any, Any]) -> dict[str, str]:
    """Keys of a mapping that are flat names of provenance, and each without its prefix."""
    keys = [key for key in flat if isinstance(key, str)]
    found: dict[str, str] = {}
    for lead in sorted(_leads(keys), key=len):  # that of an input begins with that of the dataset
        for key in keys:
            if key not in found and key.startswith(lead) and _KEY.fullmatch(key, len(lead)):
                found[key] = key[len(lead) :]
    return found


def _leads(keys: list[str]) -> list[str]:
    """The prefixes, each with its separator, under which provenance stands."""
    leads: dict[str, None] = {}
    lowered: set[str] = set()
    for key in keys:
        if (match := _ANCHOR.fullmatch(key)) is None:
            continue
        if match["type"]:
            lowered = lowered or {k.lower() for k in keys}
            if not {match["lead"].lower() + name for name in ("id", "run")} <= lowered:
                continue
        leads[match["lead"]] = None
    return list(leads)


def _uuid(value: Any, what: str) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(value.strip())
    except (AttributeError, ValueError) as error:
        raise InvalidError(
            f"{value!r} ({what}) is neither a dataset nor a UUID.",
            hint="A UUID has 32 hexadecimal digits, as in 0198f3a0-5b7e-7c3d-8f21-4b6e5a9d0c12.",
        ) from error


def _plain(value: Any) -> Any:
    """A note as a Python value (numpy scalars are converted)."""
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value


def _simple(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float) else str(value)
