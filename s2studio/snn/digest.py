"""A digest of a chip network's values: the same network, the same digest, however it came about."""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from s2studio.snn.network import ChipNetwork


def network_digest(network: ChipNetwork) -> str:
    """Return the SHA-256 (hex) of everything that decides how `network` runs and maps; its name is not part of it."""
    return value_digest((network.spiking, network.dt_s))


def value_digest(value: Any) -> str:
    """Return the SHA-256 (hex) of dataclasses, arrays, mappings, sets, sequences and scalars, by what they hold."""
    digest = hashlib.sha256()
    _add(digest, value)
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    """Feed a value with its type and length, so that no two values feed the same bytes."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, np.ndarray):
        values = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        digest.update(f"array {value.dtype.kind}{value.dtype.itemsize} {value.shape};".encode())
        digest.update(values.data)
    elif isinstance(value, (frozenset, set)):
        _add(digest, tuple(sorted(value)))
    elif isinstance(value, dict):
        digest.update(f"mapping {len(value)};".encode())
        for key in sorted(value):
            _add(digest, key)
            _add(digest, value[key])
    elif isinstance(value, (tuple, list)):
        digest.update(f"sequence {len(value)};".encode())
        for item in value:
            _add(digest, item)
    else:
        text = repr(value).encode()
        digest.update(f"{type(value).__name__} {len(text)};".encode() + text)
