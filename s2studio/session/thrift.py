"""Writes values in Thrift's compact protocol, as far as the headers of Parquet files need it."""

from __future__ import annotations

from typing import TypeAlias


class Long(int):
    """A whole number of 64 bits; a plain `int` has 32."""


Value: TypeAlias = "int | Long | bytes | list[Value] | dict[int, Value]"
Struct: TypeAlias = dict[int, Value]

# https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
_TYPES = {int: 5, Long: 6, bytes: 8, list: 9, dict: 12}
# Longer lists than this say their length in bytes of their own.
_SHORT = 14


def encoded(struct: Struct) -> bytes:
    """Return a struct, its fields by number, ascending. Lists hold values of one type and at least one."""
    out = bytearray()
    _write_struct(out, struct)
    return bytes(out)


def varint(number: int) -> bytes:
    """Return a whole number of at least 0 in 7 bits a byte, the lowest first."""
    out = bytearray()
    while number >= 128:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def _write_struct(out: bytearray, struct: Struct) -> None:
    before = 0
    for number, value in struct.items():
        out.append(number - before << 4 | _TYPES[type(value)])
        _write(out, value)
        before = number
    out.append(0)


def _write(out: bytearray, value: Value) -> None:
    if isinstance(value, int):
        out += varint(value << 1 if value >= 0 else (-value << 1) - 1)
    elif isinstance(value, bytes):
        out += varint(len(value)) + value
    elif isinstance(value, dict):
        _write_struct(out, value)
    else:
        kind, size = _TYPES[type(value[0])], len(value)
        out += bytes([size << 4 | kind]) if size <= _SHORT else bytes([0xF0 | kind]) + varint(size)
        for each in value:
            _write(out, each)
