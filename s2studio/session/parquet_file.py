"""A Parquet file put together from columns that are encoded already."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import pyarrow as pa

from s2studio.session.thrift import Long, Struct, encoded

# https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift names these numbers and fields.
_MAGIC = b"PAR1"
_PHYSICAL = {pa.int32(): 1, pa.int64(): 2, pa.string(): 6}
_REQUIRED, _UTF8 = 0, 0
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_RLE = 3
_UNCOMPRESSED, _SNAPPY = 0, 1


class Encoding(IntEnum):
    """How the values of a column are written."""

    PLAIN = 0
    DELTA_BINARY_PACKED = 5
    RLE_DICTIONARY = 8


@dataclass(frozen=True)
class EncodedColumn:
    """The values of a column; RLE_DICTIONARY are places in the `dictionary`, which holds so many `entries`, PLAIN.

    `ends` are the least and the largest value, PLAIN, where the file is to say them. Dictionaries, and what refers to
    them, are compressed.
    """

    data: bytes
    encoding: Encoding
    dictionary: bytes = b""
    entries: int = 0
    ends: tuple[bytes, bytes] | None = None

    @property
    def is_compressed(self) -> bool:
        """Whether its pages are."""
        return self.encoding is Encoding.RLE_DICTIONARY


def parquet_file(schema: Any, rows: int, columns: Sequence[EncodedColumn]) -> list[bytes]:
    """Return the pieces of a file with one row group of `rows` rows (at least 1), `columns` in the order of `schema`.

    `schema` is pyarrow's: whole numbers of 32 or 64 bits, and dictionaries of text; no value is missing.
    """
    parts, chunks, end = [_MAGIC], list[Struct](), len(_MAGIC)
    for field, column in zip(schema, columns, strict=True):
        pages = _pages(column, rows)
        chunks.append(_column_chunk(field, column, rows, end, pages))
        parts += [part for page in pages for part in page]
        end += _length(pages)
    footer = encoded(
        {
            1: 2,
            2: [{4: b"schema", 5: len(columns)}, *map(_schema_element, schema)],
            3: Long(rows),
            4: [{1: [*chunks], 2: Long(end - len(_MAGIC)), 3: Long(rows)}],
            # As pyarrow has it, for what Parquet does not say: units, marks, dictionaries.
            5: [{1: b"ARROW:schema", 2: base64.b64encode(schema.serialize())}],
            6: b"s2studio",
            7: [{1: {}}] * len(columns),
        }
    )
    return [*parts, footer, len(footer).to_bytes(4, "little"), _MAGIC]


_Page = tuple[bytes, bytes]


def _pages(column: EncodedColumn, rows: int) -> list[_Page]:
    """Return header and content of each page, the dictionary first."""
    about: Struct = {1: rows, 2: int(column.encoding), 3: _RLE, 4: _RLE}
    data = _page(_DATA_PAGE, 5, about, column.data, column.is_compressed)
    if not column.dictionary:
        return [data]
    about = {1: column.entries, 2: int(Encoding.PLAIN)}
    return [_page(_DICTIONARY_PAGE, 7, about, column.dictionary, column.is_compressed), data]


def _page(kind: int, field: int, about: Struct, content: bytes, is_compressed: bool) -> _Page:
    size = len(content)
    if is_compressed:
        content = pa.Codec("snappy").compress(content, asbytes=True)
    checksum = int.from_bytes(zlib.crc32(content).to_bytes(4, "little"), "little", signed=True)
    return encoded({1: kind, 2: size, 3: len(content), 4: checksum, field: about}), content


def _column_chunk(field: Any, column: EncodedColumn, rows: int, start: int, pages: Sequence[_Page]) -> Struct:
    size, data = _length(pages), start + _length(pages[:-1])
    about: dict[int, Any] = {
        1: _physical(field),
        2: sorted({int(column.encoding), int(Encoding.PLAIN), _RLE}),
        3: [field.name.encode()],
        4: _SNAPPY if column.is_compressed else _UNCOMPRESSED,
        5: Long(rows),
        6: Long(size - sum(len(content) for _, content in pages) + len(column.dictionary) + len(column.data)),
        7: Long(size),
        9: Long(data),
    }
    if column.dictionary:
        about[11] = Long(start)
    if column.ends:
        about[12] = {3: Long(0), 5: column.ends[1], 6: column.ends[0]}
    return {2: Long(0), 3: about}


def _schema_element(field: Any) -> Struct:
    physical = _physical(field)
    about: dict[int, Any] = {1: physical, 3: _REQUIRED, 4: field.name.encode()}
    return about | {6: _UTF8, 10: {1: {}}} if physical == _PHYSICAL[pa.string()] else about


def _physical(field: Any) -> int:
    return _PHYSICAL[field.type.value_type if pa.types.is_dictionary(field.type) else field.type]


def _length(pages: Sequence[_Page]) -> int:
    return sum(len(part) for page in pages for part in page)
