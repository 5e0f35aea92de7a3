"""Any model file into the network it holds: the one table of formats that s2studio reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from s2studio.documents import document_schema
from s2studio.errors import NetworkError
from s2studio.network.graph import Network
from s2studio.network.readers.model_child import CODE_SUFFIXES, WEIGHT_SUFFIXES
from s2studio.network.tensors import LayerGraph
from s2studio.snn.network import ChipNetwork

SUFFIXES = (".nir", ".yaml", ".yml")
LAYER_SUFFIXES = (".onnx",)


def load_network(path: str | Path, meanwhile: Callable[[], object] = lambda: None) -> Network | ChipNetwork:
    """Return the network in a model file: a float `Network` from NIR, a `ChipNetwork` from a network YAML.

    `meanwhile` is called while another process reads the file, where one does. Raises NetworkError where the file is
    missing, of an unknown kind or malformed.
    """
    path = Path(path)
    if not path.is_file():
        raise NetworkError(str(path), "is a folder" if path.is_dir() else "no such file", hint="name a model file")
    if path.suffix == ".nir":
        from s2studio.network.readers.nir import read_nir

        return read_nir(path, meanwhile)
    if path.suffix in (".yaml", ".yml"):
        return _load_yaml(path)
    if path.suffix in LAYER_SUFFIXES:
        hint = "info, lower, map, run, evaluate and advise take it; in Python `s2studio.load_layers`"
        raise NetworkError(path.name, "a deep network", "a spiking network is expected here", hint)
    models = ", ".join((*SUFFIXES, *LAYER_SUFFIXES))
    raise NetworkError(path.name, f"a file of kind '{path.suffix}'", f"models are {models}", how_to_import(path))


def how_to_import(path: Path) -> str:
    """Return how a file of torch becomes one that is read."""
    if path.suffix in CODE_SUFFIXES:
        return f"it is code: `s2studio import {path.name} --run-code -o {path.stem}.onnx` turns it into data"
    if path.suffix in WEIGHT_SUFFIXES:
        return f"weights alone: `s2studio import MODEL.onnx --weights {path.name} -o {path.stem}.onnx` puts them in"
    return ""


def load_layers(path: str | Path) -> LayerGraph:
    """Return the deep network in an ONNX file: its layers with float weights, as the file has them.

    Raises NetworkError where the file is missing, damaged, too large, or its shapes depend on the input.
    """
    path = Path(path)
    if not path.is_file():
        raise NetworkError(str(path), "is a folder" if path.is_dir() else "no such file", hint="name a model file")
    if path.suffix not in LAYER_SUFFIXES:
        limit = f"read are {', '.join(LAYER_SUFFIXES)}"
        raise NetworkError(path.name, f"a file of kind '{path.suffix}'", limit, how_to_import(path))
    from s2studio.network.readers.onnx import read_onnx

    return read_onnx(path)


def _load_yaml(path: Path) -> ChipNetwork:
    schema = document_schema(path) or "nothing"
    if not schema.startswith("network/"):
        raise NetworkError(
            path.name,
            f"its first line says {schema}",
            "a network begins with 's2studio: network/1'",
            "give a project to `s2studio run`" if schema.startswith("project/") else "see docs/network-yaml.md",
        )
    from s2studio.snn.yaml import read_network_yaml

    return read_network_yaml(path)
