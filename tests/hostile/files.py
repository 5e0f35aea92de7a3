"""Files that were made to crash a program, fill its memory or read what is not theirs: {name: (kind, writer, text)}."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np

HEAD = "s2studio: network/1\npopulations:\n"


def saved(path: Path, nodes: Mapping[str, Any], edges: list[tuple[str, str]]) -> None:
    nir.write(path, nir.NIRGraph(dict(nodes), edges, type_check=False))


def ends(shape: int = 2) -> dict[str, Any]:
    return {"in": nir.Input({"input": np.array([shape])}), "out": nir.Output({"output": np.array([shape])})}


def plain(path: Path) -> h5py.File:
    """Write a small sound network and return its file, to be spoilt."""
    neurons = nir.IF(r=np.ones(2), v_threshold=np.ones(2), v_reset=np.zeros(2))
    nodes = {**ends(), "linear": nir.Linear(np.ones((2, 2))), "if": neurons}
    saved(path, nodes, [("in", "linear"), ("linear", "if"), ("if", "out")])
    return h5py.File(path, "a")


def spoilt(change: Callable[[h5py.File], object]) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with plain(path) as file:
            change(file)

    return write


def weights(values: Any) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        file["node/nodes/linear/weight"][...] = values

    return spoilt(change)


def replaced(place: str, **how: Any) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        del file[place]
        file.create_dataset(place, **how)

    return spoilt(change)


def linked(link: Any) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        del file["node/nodes/linear/weight"]
        file["node/nodes/linear/weight"] = link

    return spoilt(change)


def external_storage(file: h5py.File) -> None:
    del file["node/nodes/linear/weight"]
    file.create_dataset("node/nodes/linear/weight", (2, 2), "u1", external=[("/etc/passwd", 0, 4)])


def virtual(file: h5py.File) -> None:
    del file["node/nodes/linear/weight"]
    layout = h5py.VirtualLayout((2, 2), "f8")
    layout[...] = h5py.VirtualSource("/etc/passwd", "x", (2, 2))
    file.create_virtual_dataset("node/nodes/linear/weight", layout)


def many_neurons(path: Path) -> None:
    one = np.ones(1)
    nodes = {**ends(10**9), "if": nir.IF(r=one, v_threshold=one, v_reset=0 * one)}
    saved(path, nodes, [("in", "if"), ("if", "out")])


def many_pixels(path: Path) -> None:
    one = np.ones(1)
    nodes = {
        "in": nir.Input({"input": np.array([1, 30_000, 30_000])}),
        "conv": nir.Conv2d((30_000, 30_000), np.ones((1, 1, 3, 3)), 1, 1, 1, 1, np.ones(1)),
        "lif": nir.LIF(tau=one, r=one, v_leak=0 * one, v_threshold=one, v_reset=0 * one),
        "out": nir.Output({"output": np.array([1, 30_000, 30_000])}),
    }
    saved(path, nodes, [("in", "conv"), ("conv", "lif"), ("lif", "out")])


def many_pooled(path: Path) -> None:
    """Write a pool of 1000 x 1000 pixels in steps of 90: 484 million synapses."""
    fire = nir.IF(r=np.ones((1, 22, 22)), v_threshold=np.ones((1, 22, 22)), v_reset=np.zeros((1, 22, 22)))
    nodes = {
        "in": nir.Input({"input": np.array([1, 2900, 2900])}),
        "pool": nir.AvgPool2d(np.array([1000, 1000]), np.array([90, 90]), np.array([0, 0])),
        "if": fire,
        "out": nir.Output({"output": np.array([1, 22, 22])}),
    }
    saved(path, nodes, [("in", "pool"), ("pool", "if"), ("if", "out")])


def cleared_screen(path: Path) -> None:
    with plain(path) as file:
        file.move("node/nodes/if", "node/nodes/\x1b[2J")
        del file["node/edges"]
        pairs = [("in", "linear"), ("linear", "\x1b[2J"), ("\x1b[2J", "out")]
        file["node/edges"] = np.array(pairs, dtype=h5py.string_dtype())


def deep_graphs(path: Path) -> None:
    with plain(path) as file:
        for _ in range(200):
            group = file.create_group("outer")
            group["type"] = "NIRGraph"
            group.create_group("nodes")
            group["edges"] = np.array([["a", "b"]], dtype="S1")
            file.move("node", "outer/nodes/inner")
            file.move("outer", "node")


def npy_header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


def array_in_npz(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("neuron.npy", content)

    return write


def as_bytes(content: bytes | str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def patched(path: Path, names: list[str], size: int) -> None:
    """Write entries of 10 MB of zeros, which Deflate packs a thousandfold, and say that each holds `size` bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, bytes(10**7))
    content = bytearray(packed.getvalue())
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = -1
        for _ in names:
            start = content.index(mark, start + 1)
            content[start + place : start + place + 4] = struct.pack("<I", size)
    path.write_bytes(content)


def bomb(path: Path) -> None:
    patched(path, [f"{number}.npy" for number in range(25)], 4 * 10**9)


def lying_bomb(path: Path) -> None:
    patched(path, ["neuron.npy"], 100)


def boasting_bomb(path: Path) -> None:
    """Write an archive of a few bytes whose directory says that they become 1 GB."""
    np.savez(path, neuron=np.zeros(1))
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02") + 24
    content[at : at + 4] = (10**9).to_bytes(4, "little")
    path.write_bytes(content)


def other_compression(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("neuron.npy", bytes(10**7))


SIZE_100_GB = "{'descr': '<f8', 'fortran_order': False, 'shape': (12500000000,), }"
NESTED = "{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 4000 + ")" * 4000 + ", }"

NETWORKS: Mapping[str, tuple[str, Callable[[Path], None], str]] = {
    "NaN weights": (".nir", weights(np.nan), "node 'linear' in .*: 4 of the values of 'weight' are not finite"),
    "infinite weights": (".nir", weights(-np.inf), "node 'linear' in .* are not finite"),
    "soft link": (".nir", linked(h5py.SoftLink("/node/nodes/if/r")), "weight is a link"),
    "external link": (".nir", linked(h5py.ExternalLink("/etc/passwd", "/")), "weight is a link"),
    "external storage": (".nir", spoilt(external_storage), "weight keeps its data in another file"),
    "virtual dataset": (".nir", spoilt(virtual), "weight keeps its data in another file"),
    "dataset of 8 TB": (
        ".nir",
        replaced("node/nodes/linear/weight", shape=(10**6, 10**6), dtype="f8", chunks=(64, 64)),
        "are read",
    ),
    "chunk of 2 GB": (
        ".nir",
        replaced(
            "node/nodes/linear/weight", shape=(1, 1), maxshape=(None, None), dtype="u1", chunks=(2**16, 2**15 - 1)
        ),
        "its weights take 1 values",
    ),
    "10^9 neurons in NIR": (".nir", many_neurons, "1,000,000,000 neurons"),
    "10^9 pixels in NIR": (".nir", many_pixels, "900,000,000 neurons"),
    "name that clears the screen": (".nir", cleared_screen, r"\\x1b\[2J"),
    "10^8 synapses of a pool": (".nir", many_pooled, "484,000,000"),
    "200 nested graphs": (".nir", deep_graphs, "nested more than 32 deep"),
    "10^9 neurons in YAML": (".yaml", as_bytes(HEAD + "  a: {size: 1000000000, model: lif}\n"), "'size' is 1000000000"),
    "many populations": (
        ".yaml",
        as_bytes(
            HEAD
            + "".join(
                f"  p{n}: {{size: 900000, model: lif, params: {{threshold: {{uniform: [1, 2]}}, v_init: "
                "{uniform: [1, 2]}}}\n"
                for n in range(50)
            )
        ),
        "neurons",
    ),
    "many synapses": (
        ".yaml",
        as_bytes(
            HEAD
            + "  a: {size: 3000, model: lif}\nprojections:\n"
            + "  - {pre: a, post: a, weights: {rule: probability, p: 1.0, weight: 1}}\n" * 100
        ),
        "synapses",
    ),
    "nested YAML": (".yaml", as_bytes(HEAD + "  a: " + "[" * 10**6), "nested more than 100 deep|maximum nesting depth"),
}
STIMULI: Mapping[str, tuple[str, Callable[[Path], None], str]] = {
    "archive of 100 GB": (".npz", bomb, "it unpacks to 100,000,000,000 B"),
    "archive that lies about its size": (".npz", lying_bomb, "cannot be read as .npz"),
    "archive that claims more than it can hold": (".npz", boasting_bomb, "it claims to unpack to 1,000,000,000 B"),
    "archive in LZMA": (".npz", other_compression, "compressed in another way"),
    "array of 100 GB in an archive": (".npz", array_in_npz(npy_header(SIZE_100_GB)), "100,000,000,000 B"),
    "array of 100 GB": (".npy", as_bytes(npy_header(SIZE_100_GB)), "100,000,000,000 B"),
    "nested header": (".npy", as_bytes(npy_header(NESTED)), "its header is"),
    "nested header in an archive": (".npz", array_in_npz(npy_header(NESTED)), "its header is"),
    "pickle": (".npy", lambda path: np.save(path, np.array([{}]), allow_pickle=True), "its header is"),
    "pickle in an archive": (".npz", lambda path: np.savez(path, neuron=np.array([{}])), "its header is"),
    "endless CSV line": (".csv", as_bytes("neuron,step\n" + "1" * 10**6), "cannot be read as CSV"),
    "CSV number of 1000 digits": (".csv", as_bytes("neuron,step\n1," + "1" * 1000), "step is '1111"),
    "no aedat4": (".aedat4", as_bytes(b"#!AER-DAT4.0\r\n" + b"\xff" * 64), "cannot be read as AEDAT 4"),
    "external link to events": (
        ".h5",
        lambda path: h5py.File(path, "w").__setitem__("events", h5py.ExternalLink("/etc/passwd", "/")),
        "/events is a link",
    ),
}
