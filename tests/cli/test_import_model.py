"""Models of torch into ONNX: from Python, from code that the user agreed to, with weights from another file."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2studio
from s2studio.errors import NetworkError
from s2studio.network.readers.model_child import convert_model
from s2studio.network.tensors import evaluate

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

SCRIPT = """
import pathlib
import torch
pathlib.Path(__file__).with_name("ran").touch()
print("the model prints this")
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
inputs = torch.randn(1, 4)
"""


def module(seed: int) -> Any:
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(SCRIPT)
    return path


def output(path: Path, x: Any) -> Any:
    graph = s2studio.load_layers(path)
    return evaluate(graph, {graph.inputs[0]: x.numpy()})[graph.outputs[0]]


def exact(net: Any, x: Any) -> Any:
    with torch.no_grad():
        return net(x).numpy()


X = torch.linspace(-1, 1, 4)[None]


def test_that_a_module_is_read_from_python() -> None:
    net = module(3)
    net.train()
    graph = s2studio.load_module(net, X, name="three layers")

    assert graph.name == "three layers"
    assert net.training
    np.testing.assert_allclose(
        evaluate(graph, {graph.inputs[0]: X.numpy()})[graph.outputs[0]], exact(net, X), atol=1e-6
    )


def test_that_a_module_that_torch_cannot_export_is_refused_by_name() -> None:
    class Odd(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, x: Any) -> Any:
            return x + int(x.sum() * 7) if x.sum() > 0 else torch.zeros(int(abs(x.sum())))

    with pytest.raises(NetworkError, match="odd: torch cannot export it"):
        s2studio.load_module(Odd(), X, name="odd")


def test_that_code_runs_only_after_a_yes(script: Path, cli: Any) -> None:
    target = script.with_name("net.onnx")
    refused = cli("import", script, "-o", target)

    assert refused.exit_code == 2
    assert "reading it runs it, with your rights; --run-code" in refused.stderr
    assert not script.with_name("ran").exists()
    assert cli("import", script, "--run-code", "-o", target).exit_code == 0
    assert script.with_name("ran").exists()
    np.testing.assert_allclose(output(target, X), exact(module(0), X), atol=1e-6)
    assert {path.name for path in script.parent.iterdir()} - {"__pycache__"} == {"net.py", "ran", "net.onnx"}


def test_that_an_exported_program_is_imported(tmp_path: Path, cli: Any, cli_json: Any) -> None:
    pytest.importorskip("onnxscript")
    path, target = tmp_path / "net.pt2", tmp_path / "net.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module(5).eval(), (X,)), path)

    assert cli("import", path, "-o", target).exit_code == 2
    assert cli_json("import", path, "--run-code", "-o", target)["parameters"] == 67
    np.testing.assert_allclose(output(target, X), exact(module(5), X), atol=1e-6)
    assert cli("import", path, "--run-code", "-o", target).exit_code == 2  # it is there


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_that_weights_beside_replace_those_of_a_model(suffix: str, tmp_path: Path, script: Path, cli: Any) -> None:
    weights, own, target = tmp_path / f"w{suffix}", tmp_path / "own.onnx", tmp_path / "net.onnx"
    state = module(9).state_dict()
    if suffix == ".pt":
        torch.save(state, weights)
    else:
        save_safetensors(weights, {name: value.numpy() for name, value in state.items()})
    assert cli("import", script, "--run-code", "--weights", weights, "-o", target).exit_code == 0
    np.testing.assert_allclose(output(target, X), exact(module(9), X), atol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module(1).eval(), (X,), str(own), dynamo=False)

    assert cli("import", own, "--weights", weights, "-o", target, "--overwrite").exit_code == 0
    np.testing.assert_allclose(output(target, X), exact(module(9), X), atol=1e-6)


def save_safetensors(path: Path, tensors: dict[str, Any]) -> None:
    header, content = {}, b""
    for name, array in tensors.items():
        ends = [len(content), len(content) + array.nbytes]
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": ends}
        content += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)


def test_that_a_pickle_with_code_is_no_weights(tmp_path: Path, script: Path, cli: Any) -> None:
    weights = tmp_path / "whole.pt"
    torch.save(module(0), weights)
    result = cli("import", script, "--run-code", "--weights", weights, "-o", tmp_path / "net.onnx")

    assert result.exit_code == 1
    assert "it holds code or is damaged, and is not loaded" in result.stderr
    assert not (tmp_path / "net.onnx").exists()


def test_that_weights_of_another_network_are_refused(tmp_path: Path, script: Path, cli: Any) -> None:
    weights = tmp_path / "w.safetensors"
    save_safetensors(weights, {"0.weight": np.zeros((8, 5), np.float32)})
    result = cli("import", script, "--run-code", "--weights", weights, "-o", tmp_path / "net.onnx")

    assert result.exit_code == 1
    assert "w.safetensors" in result.stderr
    assert "size mismatch for 0.weight" in result.stderr


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("1 / 0", "its code failed: ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(3)", "it ended by itself with 3"),
        ("model = 1", "it defines no 'inputs'"),
        ("import os; os._exit(5)", "its process broke down with 5"),
        ("import numpy; model = numpy.ones((10**6, 10**5))", "it takes too much memory|its code failed: .*memory"),
        ("def broken(:", "its code failed: SyntaxError"),
    ],
)
def test_that_code_that_fails_is_refused_in_words(code: str, says: str, tmp_path: Path) -> None:
    script = tmp_path / "net.py"
    script.write_text(code)
    with pytest.raises(NetworkError, match=says):
        convert_model(script, tmp_path / "net.onnx")


def test_that_code_that_never_ends_is_ended(tmp_path: Path) -> None:
    script = tmp_path / "net.py"
    script.write_text("while True: pass")
    with pytest.raises(NetworkError, match="ran for more than 3 s"):
        convert_model(script, tmp_path / "net.onnx", time_limit_s=3)


@pytest.mark.parametrize("name", ["net.py", "net.pt2", "w.pt", "w.safetensors"])
def test_that_info_says_how_a_file_of_torch_is_imported(name: str, tmp_path: Path, cli: Any) -> None:
    (tmp_path / name).touch()
    result = cli("info", tmp_path / name)

    assert result.exit_code == 1
    assert "s2studio import" in result.stderr
