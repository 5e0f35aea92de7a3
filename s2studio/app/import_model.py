"""Models that are code, or whose weights stand beside, become an ONNX file, which is data: once, and only if asked."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from s2studio.errors import NetworkError, UsageError
from s2studio.network.readers.model_child import CODE_SUFFIXES, WEIGHT_SUFFIXES, convert_model
from s2studio.network.readers.onnx import read_onnx
from s2studio.network.tensors import LayerGraph

MODEL_SUFFIXES = (*CODE_SUFFIXES, ".onnx")


@dataclass(frozen=True)
class ImportedModel:
    """What came of a model: the ONNX file `path`, and the layers in it."""

    path: Path
    graph: LayerGraph


def runs_code(model: Path) -> bool:
    """Return whether importing `model` runs what is in it, so that the user must agree first."""
    return model.suffix in CODE_SUFFIXES


def import_model(
    model: Path, target: Path, weights: Path | None = None, agreed: bool = False, overwrite: bool = False
) -> ImportedModel:
    """Write `model`, with the tensors of `weights` in place of its own, as the ONNX file `target`.

    `agreed` is the user's yes to running the code in `model`: in a process of its own, with bounded memory, but with
    the user's rights. Raises UsageError without it, NetworkError where the model is refused.
    """
    for path in (model, *([] if weights is None else [weights])):
        if not path.is_file():
            raise NetworkError(str(path), "no such file", hint="check the path")
    if runs_code(model) and not agreed:
        limit = "reading it runs it, with your rights"
        raise UsageError(model.name, f"{model.suffix} is code", limit, "--run-code if you trust who made it")
    if weights is not None and weights.suffix not in WEIGHT_SUFFIXES:
        raise NetworkError(
            weights.name, f"a file of kind '{weights.suffix}'", f"weights are {', '.join(WEIGHT_SUFFIXES)}"
        )
    if target.suffix != ".onnx":
        raise UsageError("-o", f"'{target.name}'", "a deep network becomes a .onnx", "-o MODEL.onnx")
    if target.exists() and not overwrite:
        raise UsageError("-o", f"'{target}' exists already", hint="choose another name or add --overwrite")
    with tempfile.TemporaryDirectory(dir=target.resolve().parent, prefix=".s2studio-") as folder:
        made = Path(folder) / target.name
        convert_model(model, made, weights)
        graph = read_onnx(made)
        made.replace(target)
    return ImportedModel(target, graph)
