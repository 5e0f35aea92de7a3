"""A module of torch as layers: exported to ONNX by torch itself, then read as any ONNX file is."""

from __future__ import annotations

import logging
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from s2studio.errors import NetworkError
from s2studio.network.readers.onnx import read_onnx
from s2studio.network.tensors import LayerGraph


def load_module(module: Any, *inputs: Any, name: str = "module") -> LayerGraph:
    """Return the layers of a `torch.nn.Module` in evaluation, for example `inputs`, whose shapes are the network's.

    Raises NetworkError where torch cannot export it, or what comes out is not read.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.onnx"
        export_module(module, inputs, path)
        return read_onnx(path)


def export_module(module: Any, inputs: tuple[Any, ...], path: Path) -> None:
    """Write a module or an exported program of torch to the ONNX file `path`.

    Raises NetworkError where torch is missing or refuses.
    """
    try:
        import torch
    except ImportError as problem:
        raise NetworkError(
            path.stem, "the package 'torch' is missing", hint="pip install 's2studio[torch]'"
        ) from problem
    is_module = isinstance(module, torch.nn.Module)
    if is_module:
        was_training = module.training
        module.eval()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            _export(torch, module, inputs, path)
    except Exception as problem:
        raise NetworkError(
            path.stem, f"torch cannot export it: {_first_line(problem)}", hint="see torch.onnx.export"
        ) from problem
    finally:
        if is_module:
            module.train(was_training)


def _export(torch: Any, module: Any, inputs: tuple[Any, ...], path: Path) -> None:
    """Export by torch's present exporter, or where its parts are missing by the older one."""
    if find_spec("onnxscript") is None:
        torch.onnx.export(module, inputs, str(path), dynamo=False)
        return
    from s2studio.network.readers.torch_pools import adaptive_pools

    before = logging.root.manager.disable
    logging.disable(logging.WARNING)  # of operators that this module does not use
    try:
        # Never the older one after a refusal: it follows one path through the code, and takes lengths for constants.
        program = torch.onnx.export(
            module, inputs, dynamo=True, verbose=False, custom_translation_table=adaptive_pools()
        )
    finally:
        logging.disable(before)
    program.save(str(path))


def _first_line(problem: BaseException) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return f"{type(problem).__name__}: {lines[0][:200]}" if lines else type(problem).__name__
