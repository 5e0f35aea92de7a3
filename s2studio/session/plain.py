"""Frozen dataclasses to plain JSON values and back, by their annotations: no class of s2studio is ever unpickled."""

from __future__ import annotations

import dataclasses
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from s2studio.errors import SessionError

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Return `value` (dataclasses, named tuples, mappings, sets, tuples, scalars) as what JSON can hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(entry) for key, entry in value.items()}
    if isinstance(value, frozenset | set):
        return [to_plain(entry) for entry in sorted(value)]
    if isinstance(value, tuple | list):
        return [to_plain(entry) for entry in value]
    return value


def from_plain(kind: type[T], value: Any, subject: str) -> T:
    """Return the `kind` that `to_plain` made `value` of. Raises SessionError naming `subject` where it does not fit."""
    return cast(T, _built(kind, value, subject))


def _built(kind: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return value
    if origin is typing.Literal:
        return _checked(value, value in arguments, where)
    if origin in (typing.Union, types.UnionType):
        return _one_of(arguments, value, where)
    if origin in (tuple, frozenset):
        return _collection(origin, arguments, value, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        _checked(value, isinstance(value, dict), where)
        return {key: _built(arguments[1], entry, f"{where}.{key}") for key, entry in value.items()}
    if dataclasses.is_dataclass(kind):
        return _dataclass(cast(type, kind), value, where)
    if isinstance(kind, type) and issubclass(kind, tuple):
        return _named_tuple(kind, value, where)
    return _scalar(kind, value, where)


def _dataclass(kind: type, value: Any, where: str) -> Any:
    _checked(value, isinstance(value, dict), where)
    hints = _hints(kind)
    known = {field.name: field for field in dataclasses.fields(kind) if field.init}
    given = {name: _built(hints[name], value[name], f"{where}.{name}") for name in known if name in value}
    missing = [
        name
        for name, field in known.items()
        if name not in given and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise SessionError(where, f"'{missing[0]}' is missing", hint="the file was changed or is incomplete")
    return kind(**given)


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _collection(origin: Any, arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    _checked(value, isinstance(value, list), where)
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        _checked(value, len(value) == len(arguments), where)
        return tuple(_built(kind, entry, where) for kind, entry in zip(arguments, value, strict=True))
    return origin(_built(arguments[0], entry, where) for entry in value)


def _named_tuple(kind: Any, value: Any, where: str) -> Any:
    hints = list(_hints(kind).values())
    _checked(value, isinstance(value, list) and len(value) == len(hints), where)
    return kind(*(_built(hint, entry, where) for hint, entry in zip(hints, value, strict=True)))


def _one_of(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    if type(value) in kinds:
        return value
    for kind in kinds:
        try:
            return _built(kind, value, where)
        except SessionError:
            continue
    raise SessionError(where, f"{value!r} is not what is expected", hint="the file was changed or is incomplete")


def _scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is type(None):
        return _checked(value, value is None, where)
    return _checked(value, isinstance(value, kind) and (kind is bool or not isinstance(value, bool)), where)


def _checked(value: Any, fits: bool, where: str) -> Any:
    if not fits:
        raise SessionError(where, f"{value!r} is not what is expected", hint="the file was changed or is incomplete")
    return value
