"""The process in which a model that is code runs: it leaves an ONNX file, which is data, and ends.

`python -m s2studio.network.readers.model_process MODEL TARGET.onnx ANSWER.json [WEIGHTS]`. What the code prints goes to
the standard error. ANSWER.json says why it was refused.
"""

from __future__ import annotations

import contextlib
import json
import runpy
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from s2studio.errors import NetworkError, S2StudioError
from s2studio.network.readers.safetensors import read_safetensors
from s2studio.network.readers.torch_module import export_module

# Of the whole process: torch alone takes about 4 GB of addresses.
MAX_MEMORY_BYTES = 16 * 2**30


def main(model: Path, target: Path, answer: Path, weights: Path | None) -> None:
    """Write `target`, or into `answer` why there is none."""
    _limit_memory()
    refusal: list[str] | None = None
    try:
        if model.suffix == ".onnx":
            _replace_weights(model, target, weights)
        else:
            module, inputs = (_exported if model.suffix == ".pt2" else _from_script)(model)
            if weights is not None:
                _load_weights(module, model, weights)
            export_module(module, inputs, target)
    except S2StudioError as problem:
        refusal = [problem.subject, problem.found, problem.limit, problem.hint]
    except MemoryError:
        refusal = [model.name, "it takes too much memory", f"at most {MAX_MEMORY_BYTES:,} B", ""]
    except SystemExit as problem:
        refusal = [model.name, f"it ended by itself with {problem.code!r}", "", "let it only define model and inputs"]
    except Exception as problem:  # noqa: BLE001 - what a user's code raises is not known
        said = " ".join(str(problem).split())[:200]
        refusal = [model.name, f"its code failed: {type(problem).__name__}: {said}", "", "run it by itself first"]
    answer.write_text(json.dumps({"refusal": refusal}), "utf-8")


def _exported(path: Path) -> tuple[Any, tuple[Any, ...]]:
    """Return the program in a .pt2 file with its own example inputs."""
    import torch

    program = torch.export.load(path)
    arguments, names = program.example_inputs or ((), {})
    return program, (*arguments, *names.values())


def _from_script(path: Path) -> tuple[Any, tuple[Any, ...]]:
    """Return `model` and `inputs` of a script."""
    sys.path.insert(0, str(path.resolve().parent))
    sys.argv = [str(path)]
    names = runpy.run_path(str(path), run_name="s2studio_model")
    for name in ("model", "inputs"):
        if name not in names:
            hint = "model = Net().eval() and inputs = (torch.randn(1, 3, 32, 32),), for example"
            raise NetworkError(path.name, f"it defines no '{name}'", "a module and its example inputs", hint)
    inputs = names["inputs"]
    return names["model"], tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)


def _load_weights(module: Any, model: Path, weights: Path) -> None:
    """Put the tensors of a file into a module, by their names."""
    import torch

    if not isinstance(module, torch.nn.Module):
        raise NetworkError(
            model.name, "an exported program with weights beside", hint="it holds its own: leave them out"
        )
    tensors = {name: torch.from_numpy(array.copy()) for name, array in read_weights(weights).items()}
    try:
        module.load_state_dict(tensors)
    except RuntimeError as problem:
        said = " ".join(str(problem).split())[:300]
        raise NetworkError(weights.name, said, hint="the names and shapes must be those of the module") from problem


def read_weights(path: Path) -> Mapping[str, Any]:
    """Return the tensors in a .safetensors file or in a state dict of torch, which is read as data alone."""
    if path.suffix == ".safetensors":
        return read_safetensors(path)
    import pickle

    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, AttributeError, OSError) as problem:
        hint = "save model.state_dict(), with torch.save or as .safetensors"
        found = "it holds code or is damaged, and is not loaded"
        raise NetworkError(path.name, found, "a state dict, tensors by name, is expected", hint) from problem
    if not isinstance(content, dict) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise NetworkError(path.name, f"a {type(content).__name__}", "a state dict, tensors by name, is expected")
    return {str(name): value.detach().numpy() for name, value in content.items()}


def _replace_weights(model: Path, target: Path, weights: Path | None) -> None:
    """Write `model` with the tensors of `weights` in place of its own of the same names."""
    import onnx

    if weights is None:
        raise NetworkError(model.name, "it is ONNX already", hint="give it to the command, or add --weights FILE")
    tensors = read_weights(weights)
    network = onnx.load(model, load_external_data=False)
    own = {tensor.name: tensor for tensor in network.graph.initializer}
    for name, values in tensors.items():
        if name not in own or list(own[name].dims) != list(values.shape):
            found = f"tensor '{name}' of {' x '.join(map(str, values.shape)) or 'one value'}"
            there = (
                f"its {' x '.join(map(str, own[name].dims))}" if name in own else f"none of its {len(own)} of that name"
            )
            raise NetworkError(
                weights.name, found, f"{model.name} has {there}", "the names and shapes must be those of the model"
            )
        own[name].CopyFrom(onnx.numpy_helper.from_array(values, name))
    target.write_bytes(network.SerializeToString())


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):  # macOS may refuse
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]) if len(sys.argv) > 4 else None)
