"""HDF5 export: a group for each table with a data set for each column, for MATLAB, Julia, h5py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.session.export.part import SUMMARY, Exported
from s2studio.session.run import Progress

_CHUNK_ROWS = 1 << 14


def write_hdf5(part: Exported, path: Path, progress: Progress) -> None:
    """Write the channels of `part` to `path`, the summary as JSON text in the data set `summary`.

    A column of text is a data set of indices into the data set `COLUMN_names` beside it.
    """
    import h5py

    with h5py.File(path, "w") as file:
        for name in part.tables:
            group, names = file.create_group(name), _Names()
            for column in part.columns(name):
                dtype = "int32" if column.dtype == "text" else column.dtype
                data = group.create_dataset(
                    column.name, (0,), dtype, maxshape=(None,), chunks=(_CHUNK_ROWS,), compression="gzip", shuffle=True
                )
                data.attrs.update({"unit": column.unit, "doc": column.doc, "mark": column.mark})
            for rows in part.blocks(name, progress):
                for column in part.columns(name):
                    found = rows[column.name]
                    values = names.index(column.name, *found) if isinstance(found, tuple) else found
                    _append(group[column.name], values)
            for column in part.columns(name):
                if column.dtype == "text":
                    texts = names.texts(column.name)
                    group.create_dataset(f"{column.name}_names", (len(texts),), h5py.string_dtype(), data=texts or None)
        if SUMMARY in part.channels:
            file[SUMMARY] = json.dumps(part.summary(progress), ensure_ascii=False)


def _append(data: Any, values: NDArray[Any]) -> None:
    before = len(data)
    data.resize(before + len(values), axis=0)
    data[before:] = values


class _Names:
    """One vocabulary for each column of text, whatever the blocks bring."""

    def __init__(self) -> None:
        self._number: dict[str, dict[str, int]] = {}

    def index(self, column: str, texts: Sequence[str], values: NDArray[Any]) -> NDArray[np.int32]:
        """Return `values`, indices into `texts`, as indices into the column's vocabulary."""
        known = self._number.setdefault(column, {})
        number = np.array([known.setdefault(text, len(known)) for text in texts], np.int32)
        found: NDArray[np.int32] = number[values]
        return found

    def texts(self, column: str) -> list[str]:
        """Return the vocabulary of a column."""
        return list(self._number.get(column, {}))
