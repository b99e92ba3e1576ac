"""Pickles read through a list of what they may name; everything else is refused.  Knows no class of any format.

A pickle is a program.  The interpreter's own unpickler runs it, but here each step that could reach outside the file
is taken only with what the caller has granted: naming classes and functions, calling them, giving state to objects,
and setting aside memory.  `find_class` alone would not do: a program can also give new attributes to the classes it was
granted, so the variant written in Python is the base, whose single steps can be checked.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Final, NoReturn

from skybutler.errors import UnreadableFileError, nearest

__all__ = ["Allowed", "Uncalled", "load_pickle"]


@dataclass(frozen=True, slots=True)
class Uncalled:
    """A class of other software, of which a pickle may make blank instances to give them a state, but call nothing.

    Parameters
    ----------
    name : `str`
        Its ``module:name``.
    """

    name: str


Allowed = Mapping[tuple[str, str], Callable[..., Any] | str | Uncalled]
"""What stands for a module and name that a pickle mentions: a class or function of ours, or its ``module:name`` to be
imported when it is first wanted."""

_DAMAGE: Final = (
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
)
_CODES: Final = {code.name: ord(code.code) for code in pickletools.opcodes}
_Step = Callable[[Any], None]
_BUILD: Final[_Step] = pickle._Unpickler.dispatch[_CODES["BUILD"]]
_SIMPLE: Final = (str, bytes, int, float, complex, type(None))


def load_pickle(data: bytes, allowed: Allowed, uri: str) -> object:
    """The object that a pickle describes, made only of plain values and what is allowed.

    Plain values are numbers, texts, bytes, lists, tuples, dictionaries and sets; the caller's table adds classes, and
    `skybutler.formatters.plain_arrays.PLAIN_ARRAYS` numpy arrays of numbers and texts.

    Parameters
    ----------
    data : `bytes`
        A pickle of protocol 0 to 5, from Python 2 or 3.
    allowed : `Allowed`
        What the pickle may name.
    uri : `str`
        Where it comes from, for messages.

    Returns
    -------
    obj : `object`
        Result; classes of the pickle are replaced by those of ``allowed``.

    Raises
    ------
    skybutler.errors.UnreadableFileError
        If the pickle names anything else, does what no plain pickle does, asks for more memory than its size explains,
        or is damaged.
    """
    reader = _AllowListUnpickler(data, allowed, uri)
    try:
        return reader.load()
    except UnreadableFileError:
        raise
    except _DAMAGE as error:
        raise UnreadableFileError(
            f"{uri} is damaged: not a whole pickle ({str(error) or type(error).__name__})."
        ) from error


def _reconstructor(cls: object, base: object, state: object) -> object:
    """What protocols 0 and 1 make instances with; ``base`` is always `object` for the classes we grant."""
    if not isinstance(cls, type) or base is not _plain_object or state is not None:
        raise pickle.UnpicklingError("an object is made in an unusual way")
    return object.__new__(cls)


def _plain_object() -> NoReturn:
    raise pickle.UnpicklingError("an object without a class")


def _no_bytes() -> bytes:
    return b""


def _encode(text: str, encoding: str) -> bytes:
    """Bytes as protocols 0 to 2 write them."""
    return text.encode("latin1" if encoding == "latin1" else "ascii")


def _set(items: Iterable[Any] = ()) -> set[Any]:
    return set(_checked_keys(list(items)))


def _frozenset(items: Iterable[Any] = ()) -> frozenset[Any]:
    return frozenset(_checked_keys(list(items)))


def _ordered(items: Iterable[Any] = ()) -> OrderedDict[Any, Any]:
    pairs = [(key, value) for key, value in items]
    _checked_keys([key for key, _ in pairs])
    return OrderedDict(pairs)


_BUILTINS: Final[Mapping[str, Callable[..., Any]]] = {
    "bytes": _no_bytes,
    "object": _plain_object,
    "set": _set,
    "frozenset": _frozenset,
    "complex": complex,
}
_ALWAYS: Final[Allowed] = {
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): _ordered,
    **{(module, "_reconstructor"): _reconstructor for module in ("copyreg", "copy_reg")},
    **{(module, name): value for module in ("builtins", "__builtin__") for name, value in _BUILTINS.items()},
}


def _checked_keys(keys: list[Any]) -> list[Any]:
    """Keys whose hash takes no time worth mentioning: tuples of tuples of tuples can be made to take years."""
    for key in keys:
        parts = key if isinstance(key, tuple) else (key,)
        if any(isinstance(part, tuple) or not (isinstance(part, _SIMPLE) or _is_number(part)) for part in parts):
            raise pickle.UnpicklingError(f"a key of type {type(key).__name__} that is not plain")
    return keys


def _is_number(value: object) -> bool:
    return type(value).__module__ == "numpy" and hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0


class _AllowListUnpickler(pickle._Unpickler):
    """The interpreter's unpickler, each step checked before it is taken.

    Parameters
    ----------
    data : `bytes`
        The pickle.
    allowed : `Allowed`
        What it may name.
    uri : `str`
        Where it comes from.
    """

    dispatch: ClassVar[dict[int, _Step]] = {**pickle._Unpickler.dispatch}
    stack: list[Any]
    metastack: list[Any]
    read: Callable[[int], bytes]
    append: Callable[[Any], None]
    _unframer: Any

    def __init__(self, data: bytes, allowed: Allowed, uri: str) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")  # texts of Python 2, and the bytes of its arrays
        self._allowed = {**_ALWAYS, **allowed}
        self._granted: dict[int, object] = {}  # by identity: what find_class has answered
        self._uncalled: set[int] = set()
        self._uri, self._length, self._budget = uri, len(data), 8 * len(data) + 1_000_000

    def _refuse(self, what: str, hint: str = "") -> NoReturn:
        raise UnreadableFileError(f"{self._uri} is refused: the pickle {what}.", hint=hint)

    def _spend(self, values: Iterable[Any]) -> None:
        """Count the bytes that a step copies, so that a few of them in the file cannot become gigabytes."""
        self._budget -= sum(len(value) for value in values if isinstance(value, str | bytes | bytearray))
        if self._budget < 0:
            self._refuse("asks for far more memory than its size explains")

    # ------------------------------------------------------------------------------------------------------- naming
    def find_class(self, module: str, name: str) -> Any:
        """What the table has for a module and name.

        Raises
        ------
        skybutler.errors.UnreadableFileError
            If it has nothing; the message names both.
        """
        found = self._allowed.get((module, name))
        if found is None:
            known = [f"{known_module}.{known_name}" for known_module, known_name in self._allowed]
            self._refuse(
                f"asks for {module}.{name}, which is not on the list of what may be read",
                "Reading it could run any code, so nothing of it was read. " + nearest(f"{module}.{name}", known),
            )
        uncalled = isinstance(found, Uncalled)
        if isinstance(found, str | Uncalled):
            home, _, attribute = (found.name if isinstance(found, Uncalled) else found).partition(":")
            found = self._allowed[module, name] = getattr(import_module(home), attribute)
        if uncalled:
            self._uncalled.add(id(found))
        self._granted[id(found)] = found
        return found

    def get_extension(self, code: int) -> NoReturn:
        """Refuse what is named by a number that only the writing process could explain."""
        self._refuse(f"names extension {code} of the program that wrote it")

    def persistent_load(self, pid: Any) -> NoReturn:
        """Refuse a reference to something outside the file."""
        self._refuse(f"refers to {pid!r}, which is not in the file")

    # ------------------------------------------------------------------------------------------------------- calling
    def _check_call(self, called: object, args: object, *, blank: bool = False) -> None:
        if id(called) not in self._granted:
            self._refuse(f"calls a {type(called).__name__} that was never granted")
        if id(called) in self._uncalled and (args or not blank):
            self._refuse(f"calls {getattr(called, '__name__', called)}, which may only be given a state")
        if not isinstance(args, tuple | list):
            self._refuse(f"calls with {type(args).__name__} for arguments")
        self._spend(args)

    def _instantiate(self, klass: Any, args: Any) -> None:
        self._check_call(klass, args)
        super()._instantiate(klass, args)  # type: ignore[misc]  # typeshed does not know it

    def _check_reduce(self) -> None:
        self._check_call(self.stack[-2], self.stack[-1])

    def _check_newobj(self) -> None:
        self._check_new(self.stack[-2], self.stack[-1])

    def _check_newobj_ex(self) -> None:
        self._check_new(self.stack[-3], self.stack[-2])

    def _check_new(self, cls: object, args: object) -> None:
        self._check_call(cls, args, blank=True)
        if not isinstance(cls, type):
            self._refuse(f"makes an instance of {getattr(cls, '__name__', cls)!r}, which is no class")

    # ------------------------------------------------------------------------------------------------- giving content
    def _is_ours(self, target: object) -> bool:
        """Whether this is an instance of a class that the caller granted."""
        return any(type(target) is granted for granted in self._allowed.values())

    def _load_build(self) -> None:
        target, state = self.stack[-2], self.stack[-1]
        if type(target).__module__ in ("numpy", "numpy.dtypes"):
            from .plain_arrays import checked_state

            state = checked_state(target, self.stack.pop())
            self._spend(state)
            target.__setstate__(state)
            return
        if id(target) in self._granted or not self._is_ours(target):
            self._refuse(f"gives a state to a {type(target).__name__}")
        if not hasattr(target, "__setstate__"):
            for part in state if isinstance(state, tuple) else (state,):
                if part and not (isinstance(part, dict) and all(_is_attribute(name) for name in part)):
                    self._refuse(f"gives a {type(target).__name__} attributes that are no plain names")
        _BUILD(self)

    def _check_receiver(self, target: object, kind: type) -> None:
        if not isinstance(target, kind) and not self._is_ours(target):
            self._refuse(f"puts values into a {type(target).__name__}")

    def _check_append(self) -> None:
        self._check_receiver(self.stack[-2], list)

    def _check_appends(self) -> None:
        self._check_receiver(self.metastack[-1][-1], list)

    def _check_setitem(self) -> None:
        self._check_receiver(self.stack[-3], dict)
        _checked_keys(self.stack[-2:-1])

    def _check_setitems(self) -> None:
        self._check_receiver(self.metastack[-1][-1], dict)
        _checked_keys(self.stack[::2])

    def _check_additems(self) -> None:
        self._check_receiver(self.metastack[-1][-1], set)
        _checked_keys(self.stack)

    def _check_frozenset(self) -> None:
        _checked_keys(self.stack)

    def _check_dict(self) -> None:
        _checked_keys(self.stack[::2])

    # -------------------------------------------------------------------------------------------------------- memory
    def _load_frame(self) -> None:
        (size,) = struct.unpack("<Q", self.read(8))
        if size > self._length:
            self._refuse(f"announces a part of {size} bytes and has {self._length} in all", "It may be cut off.")
        self._unframer.load_frame(size)

    def _load_bytearray8(self) -> None:
        (size,) = struct.unpack("<Q", self.read(8))
        if size > self._length:
            self._refuse(f"announces a part of {size} bytes and has {self._length} in all", "It may be cut off.")
        self.append(bytearray(self.read(size)))


def _is_attribute(name: object) -> bool:
    return isinstance(name, str) and name.isidentifier() and not (name.startswith("__") and name.endswith("__"))


def _checked(check: _Step, step: _Step) -> _Step:
    """A step of the interpreter's unpickler with a check before it."""

    def both(reader: Any) -> None:
        check(reader)
        step(reader)

    return both


_AllowListUnpickler.dispatch |= {
    _CODES[name]: _checked(check, pickle._Unpickler.dispatch[_CODES[name]])
    for name, check in {
        "REDUCE": _AllowListUnpickler._check_reduce,
        "NEWOBJ": _AllowListUnpickler._check_newobj,
        "NEWOBJ_EX": _AllowListUnpickler._check_newobj_ex,
        "APPEND": _AllowListUnpickler._check_append,
        "APPENDS": _AllowListUnpickler._check_appends,
        "SETITEM": _AllowListUnpickler._check_setitem,
        "SETITEMS": _AllowListUnpickler._check_setitems,
        "ADDITEMS": _AllowListUnpickler._check_additems,
        "FROZENSET": _AllowListUnpickler._check_frozenset,
        "DICT": _AllowListUnpickler._check_dict,
    }.items()
}
_AllowListUnpickler.dispatch |= {
    _CODES["BUILD"]: _AllowListUnpickler._load_build,
    _CODES["FRAME"]: _AllowListUnpickler._load_frame,
    _CODES["BYTEARRAY8"]: _AllowListUnpickler._load_bytearray8,
}
