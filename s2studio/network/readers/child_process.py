"""The process that opens a file from a stranger with a native library: what it does to the library ends with it.

A script, not a module of the others: `python child_process.py FORMAT FILE` writes one line of JSON and then each array
as .npy.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

MAX_BYTES = 2**30
MAX_ENTRIES = 100_000
MAX_DEPTH = 32
# Of the whole process: the data, a second copy of it, the libraries.
MAX_MEMORY_BYTES = 4 * 2**30
# A Python object for each text, its letters not counted.
TEXT_BYTES = 64
# Whatever a number takes in the file, it becomes one of 64 bits.
NUMBER_BYTES = 8
# Of a tensor of one number, with all that says what it is.
MAX_NUMBER_BYTES = 256
NUMBERS = "biuf"

Place = tuple[str, ...]


class Refusal(Exception):
    """What is wrong with the file: (found, limit, hint)."""

    def __init__(self, found: str, limit: str = "", hint: str = "save a plain copy") -> None:
        super().__init__(found, limit, hint)


class Content:
    """What was read, and how much memory it takes.

    `entries` holds [names of the groups and its own, text, or None for a group, or True for an array], `arrays` those.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[Place, str | bool | None]] = []
        self.arrays: list[Any] = []
        self.bytes = 0

    def count(self, values: int, size: int, place: Place) -> None:
        """Refuse `values` more of `size` bytes each where they are too many; called before they are read."""
        self.bytes += values * max(size, NUMBER_BYTES)
        if self.bytes > MAX_BYTES:
            raise Refusal(f"{self.bytes:,} B up to {_path(place)}", f"at most {MAX_BYTES:,} B are read", "")

    def begin(self, place: Place, value: str | bool | None) -> None:
        """Add an entry."""
        if len(self.entries) >= MAX_ENTRIES:
            raise Refusal(f"more than {MAX_ENTRIES:,} groups and datasets")
        self.entries.append((place, value))

    def array(self, place: Place, array: Any) -> None:
        """Add an array, or a dictionary of the columns of a table."""
        if array.dtype.names:
            self.begin(place, None)
            for name in array.dtype.names:
                self.array((*place, name), array[name])
            return
        if array.dtype.kind not in f"{NUMBERS}S":
            raise Refusal(f"{_path(place)} holds {array.dtype}", "numbers and texts are expected", "")
        self.begin(place, True)
        self.arrays.append(array)

    def text(self, place: Place, value: str | bytes) -> None:
        """Add a text."""
        text = value if isinstance(value, str) else value.decode(errors="replace")
        self.count(len(text), 1, place)
        self.begin(place, text)


def read_hdf5(path: Path, content: Content) -> None:
    """Read everything in an HDF5 file."""
    import h5py

    with h5py.File(path, "r") as file:
        _group(file, (), content)


def _group(group: Any, where: Place, content: Content) -> None:
    import h5py

    if len(where) > MAX_DEPTH:
        raise Refusal(f"groups nested more than {MAX_DEPTH} deep")
    for name in group:
        place = (*where, name)
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise Refusal(f"{_path(place)} is a link", "links are not followed")
        item = group[name]
        if isinstance(item, h5py.Group):
            content.begin(place, None)
            _group(item, place, content)
        elif isinstance(item, h5py.Dataset):
            _dataset(item, place, content)


def _dataset(dataset: Any, place: Place, content: Content) -> None:
    """Read the value of `dataset`, its size checked first."""
    if dataset.external or dataset.is_virtual:
        raise Refusal(f"{_path(place)} keeps its data in another file")
    import h5py

    if h5py.check_vlen_dtype(dataset.dtype) not in (None, str, bytes):
        _ragged(dataset, place, content)
        return
    size = TEXT_BYTES if dataset.dtype.hasobject else dataset.dtype.itemsize
    size *= NUMBER_BYTES if dataset.dtype.names else 1  # each column becomes numbers of 64 bits
    content.count(int(np.prod(dataset.shape or (1,), dtype=object)), size, place)
    value = dataset[()]
    if isinstance(value, bytes | str):
        content.text(place, value)
        return
    array = np.asarray(value)
    content.array(place, array.astype(np.bytes_) if array.dtype.kind == "O" else array)


def _ragged(dataset: Any, place: Place, content: Content) -> None:
    """Read a list of arrays of different lengths, one after the other: their size stands nowhere."""
    if len(dataset.shape) != 1:
        raise Refusal(f"{_path(place)} holds lists in {len(dataset.shape)} axes", "1 axis is expected", "")
    content.count(dataset.shape[0], TEXT_BYTES, place)
    rows = []
    for row in range(dataset.shape[0]):
        rows.append(np.asarray(dataset[row]))
        content.count(rows[-1].size, rows[-1].dtype.itemsize, place)
    content.begin(place, None)
    content.array((*place, "values"), np.concatenate(rows) if rows else np.zeros(0))
    content.array((*place, "lengths"), np.array([len(row) for row in rows], np.int64))


def read_aedat4(path: Path, content: Content) -> None:
    """Read the events of an AEDAT 4 recording as the columns t (µs), x, y and on."""
    try:
        import aedat
    except ImportError as problem:
        raise Refusal("is AEDAT 4", "the package 'aedat' is missing", "pip install aedat") from problem
    parts = []
    for packet in aedat.Decoder(path):
        if "events" in packet:
            parts.append(packet["events"])
            content.count(len(parts[-1]), 4 * NUMBER_BYTES, ("events",))
    if not parts:
        raise Refusal("no events", "a camera's stream of events is expected", "")
    content.array(("events",), np.concatenate(parts))


def read_onnx(path: Path, content: Content) -> None:
    """Read an ONNX model: `graph`, a text of JSON, and the trained tensors by their names in `tensors`.

    Floats become float32. A tensor outside the file must be in the file's folder.
    """
    try:
        from google.protobuf.message import DecodeError
        from onnx import ModelProto, helper
    except ImportError as problem:
        raise Refusal("is ONNX", "the package 'onnx' is missing", "pip install 's2studio[models]'") from problem
    content.count(path.stat().st_size // NUMBER_BYTES, NUMBER_BYTES, ())
    try:
        model = ModelProto.FromString(path.read_bytes())
    except DecodeError as problem:
        raise Refusal("is no ONNX model, or a truncated one", "", "export it again") from problem
    content.bytes = 0  # the file's bytes are gone when its tensors have been read
    graph = model.graph
    if not graph.node:
        raise Refusal("holds no layers", "", "export the model again")
    if graph.sparse_initializer:
        raise Refusal("holds sparse tensors", "dense ones are expected", "export the model with dense weights")
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
            tensors[node.output[0]] = node.attribute[0].t
    text = {
        "inputs": [_onnx_value(value) for value in graph.input if value.name not in tensors],
        "outputs": [value.name for value in graph.output],
        "declared": [_onnx_value(value) for value in (*graph.value_info, *graph.output)],
        "opset": max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0),
        "nodes": [_onnx_node(node, helper) for node in graph.node],
    }
    try:
        content.text(("graph",), json.dumps(text))
    except TypeError as problem:  # protobuf gives bytes where they are no UTF-8
        raise Refusal("holds names that are no text", "", "export the model again") from problem
    content.begin(("tensors",), None)
    for name, tensor in tensors.items():
        content.array(("tensors", name), _onnx_tensor(path, name, tensor, content))


def _onnx_value(value: Any) -> dict[str, Any]:
    """Return {name, shape} of a tensor: a length is a number, the name of what it depends on, or None.

    `shape` is None where nothing is said of it.
    """
    kind = value.type.tensor_type
    lengths = [axis.dim_value if axis.HasField("dim_value") else axis.dim_param or None for axis in kind.shape.dim]
    return {"name": value.name, "shape": lengths if kind.HasField("shape") else None}


def _onnx_node(node: Any, helper: Any) -> dict[str, Any]:
    """Return a node with its attributes of numbers and texts; others (graphs in the node) are None."""
    attributes = {}
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        if node.op_type == "ConstantOfShape" and attribute.HasField("t"):
            value = _onnx_number(value)
        plain = isinstance(value, str | int | float) or (
            isinstance(value, list) and all(isinstance(entry, int | float) for entry in value)
        )
        attributes[attribute.name] = value if plain else None
    names = {"inputs": list(node.input), "outputs": list(node.output), "name": node.name}
    return {"type": node.op_type, "domain": node.domain, "attributes": attributes, **names}


def _onnx_number(tensor: Any) -> int | float | None:
    """Return the one number of a tensor; None where it has more of them."""
    from onnx import numpy_helper

    if list(tensor.dims) not in ([], [1]) or tensor.ByteSize() > MAX_NUMBER_BYTES:
        return None
    return numpy_helper.to_array(tensor).item()  # type: ignore[no-any-return]


def _onnx_tensor(path: Path, name: str, tensor: Any, content: Content) -> Any:
    """Return a trained tensor, its size checked before it is made."""
    from onnx import TensorProto, helper, numpy_helper

    kinds = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "BOOL", "INT8", "UINT8", "INT16", "UINT16", "INT32", "INT64")
    kind = TensorProto.DataType.Name(tensor.data_type)
    if kind not in kinds:
        raise Refusal(f"tensor '{name}' is of {kind}", f"read are {', '.join(kinds)}", "export it as FLOAT")
    dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    values = int(np.prod([int(length) for length in tensor.dims] or [1], dtype=object))
    size = values * dtype.itemsize
    if values < 0 or size > MAX_BYTES:
        shape = " x ".join(map(str, tensor.dims))
        raise Refusal(f"tensor '{name}' of {shape} needs {size:,} B", f"at most {MAX_BYTES:,} B are read", "")
    content.count(-(-max(values * 4, size) // NUMBER_BYTES), NUMBER_BYTES, ("tensors", name))
    if tensor.data_location == TensorProto.EXTERNAL:
        array = _onnx_external(path, name, tensor, dtype, values)
    else:
        if tensor.HasField("raw_data") and len(tensor.raw_data) != size:
            found = f"tensor '{name}' has {len(tensor.raw_data):,} B"
            raise Refusal(found, f"its shape needs {size:,} B", "export the model again")
        array = numpy_helper.to_array(tensor)
    return array.astype(np.float32) if kind in kinds[:4] else array


def _onnx_external(path: Path, name: str, tensor: Any, dtype: Any, values: int) -> Any:
    """Return a tensor that is kept in another file, which must be in the folder of `path`."""
    said = {entry.key: entry.value for entry in tensor.external_data}
    folder = path.resolve().parent
    place = (folder / said.get("location", "")).resolve()
    if not place.is_relative_to(folder):
        raise Refusal(f"tensor '{name}' is in '{said.get('location')}'", "it must be in the model's folder", "copy it")
    if not place.is_file():
        raise Refusal(f"tensor '{name}' is in '{place.name}'", "there is no such file", "copy it beside the model")
    offset, size = int(said.get("offset", 0)), values * dtype.itemsize
    if not 0 <= offset <= place.stat().st_size - size or int(said.get("length", size)) != size:
        found = f"tensor '{name}' is {size:,} B from {offset:,} on"
        raise Refusal(found, f"'{place.name}' has {place.stat().st_size:,} B", "export the model again")
    return np.fromfile(place, dtype.newbyteorder("<"), values, offset=offset).reshape(list(tensor.dims))


FORMATS: Mapping[str, tuple[str, Callable[[Path, Content], None]]] = {
    "hdf5": ("HDF5", read_hdf5),
    "aedat4": ("AEDAT 4", read_aedat4),
    "onnx": ("ONNX", read_onnx),
}


def _path(place: Place) -> str:
    return "/" + "/".join(place)


def main(kind: str, path: Path) -> None:
    """Write what is in the file at `path` to standard output, or why it is refused."""
    title, read = FORMATS[kind]
    _limit_memory()
    content, refusal = Content(), None
    try:
        read(path, content)
    except Refusal as problem:
        refusal = problem.args
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as problem:
        reason = " ".join(str(problem).split())[:200] or type(problem).__name__
        refusal = (f"cannot be read as {title}: {reason}", "", "save it again")
    line = {"refusal": refusal} if refusal else {"entries": content.entries}
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:  # buffered whatever PYTHONUNBUFFERED says
        out.write(json.dumps(line).encode() + b"\n")
        for array in [] if refusal else content.arrays:
            saved = io.BytesIO()  # NumPy asks a file for its position, which a pipe has not
            np.lib.format.write_array(saved, array, allow_pickle=False)
            out.write(saved.getbuffer())


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):  # macOS may refuse
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
