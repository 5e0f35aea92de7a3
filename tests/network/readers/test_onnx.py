from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.app.layer_runs import open_model
from s2studio.errors import NetworkError
from s2studio.lowering.fusion import fuse
from s2studio.network.operators.arithmetic import Conv, Dense
from s2studio.network.operators.reductions import Softmax
from s2studio.network.readers.child_process import Refusal
from s2studio.network.readers.onnx import read_onnx
from s2studio.network.tensors import evaluate
from tests.fuzz.test_mutated_files import mutate
from tests.network.readers.onnx_models import Arrays, Step, mlp, model_of, normal, onnx, read_here, saved

IMAGE, ROWS = [2, 4, 9, 8], [2, 5, 6]
POSITIVE = np.abs(normal(4)) + np.float32(0.1)
INTS = np.int64

# {name: (type, further inputs, attributes, shape of x, opset)}; each is compared with onnx's own evaluation.
OPERATORS: dict[str, tuple[str, Arrays, dict[str, Any], Sequence[int], int]] = {
    "gemm": ("Gemm", {"w": normal(6, 3), "b": normal(3)}, {"alpha": 0.5, "beta": 2.0}, [2, 6], 18),
    "gemm with one bias": ("Gemm", {"w": normal(3, 6), "b": normal(1)}, {"transB": 1}, [2, 6], 18),
    "matmul": ("MatMul", {"w": normal(6, 3)}, {}, ROWS, 18),
    "conv2d": (
        "Conv",
        {"w": normal(6, 4, 3, 2), "b": normal(6)},
        {"strides": [2, 1], "pads": [1, 0, 2, 1]},
        IMAGE,
        18,
    ),
    "conv2d dilated, two groups": ("Conv", {"w": normal(6, 2, 3, 3)}, {"group": 2, "dilations": [2, 3]}, IMAGE, 18),
    "depthwise": ("Conv", {"w": normal(4, 1, 3, 3)}, {"group": 4, "auto_pad": "SAME_UPPER"}, IMAGE, 18),
    "conv with a stride, same": (
        "Conv",
        {"w": normal(2, 4, 3, 3)},
        {"auto_pad": "SAME_LOWER", "strides": [2, 2]},
        IMAGE,
        18,
    ),
    "conv1d": ("Conv", {"w": normal(3, 5, 2), "b": normal(3)}, {"pads": [1, 0]}, ROWS, 18),
    "batch norm": (
        "BatchNormalization",
        {"s": normal(4), "b": normal(4), "m": normal(4), "v": POSITIVE},
        {"epsilon": 1e-3},
        IMAGE,
        18,
    ),
    "relu": ("Relu", {}, {}, ROWS, 18),
    "relu6": ("Clip", {"low": np.float32(0), "high": np.float32(6)}, {}, ROWS, 18),
    "gelu": ("Gelu", {}, {}, ROWS, 20),
    "gelu by tanh": ("Gelu", {}, {"approximate": "tanh"}, ROWS, 20),
    "sigmoid": ("Sigmoid", {}, {}, ROWS, 18),
    "tanh": ("Tanh", {}, {}, ROWS, 18),
    "softmax": ("Softmax", {}, {"axis": 1}, ROWS, 18),
    "layer norm": ("LayerNormalization", {"s": normal(6), "b": normal(6)}, {"epsilon": 1e-3}, ROWS, 18),
    "layer norm over two axes": ("LayerNormalization", {"s": normal(5, 6)}, {"axis": 1}, ROWS, 18),
    "rms norm": ("RMSNormalization", {"s": normal(6)}, {"epsilon": 1e-3}, ROWS, 23),
    "rms norm by the scale of all": ("RMSNormalization", {"s": np.full(ROWS, 0.5, np.float32)}, {}, ROWS, 23),
    "concat around": ("Concat", {"last": normal(2, 1, 6)}, {"axis": 1}, ROWS, 18),
    "neg": ("Neg", {}, {}, ROWS, 18),
    "add": ("Add", {"c": normal(5, 1)}, {}, ROWS, 18),
    "mul": ("Mul", {"c": normal(6)}, {}, ROWS, 18),
    "sub": ("Sub", {"c": normal(6)}, {}, ROWS, 18),
    "div": ("Div", {"c": np.float32(1.5)}, {}, ROWS, 18),
    "max pool": ("MaxPool", {}, {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 0]}, IMAGE, 18),
    "average pool": ("AveragePool", {}, {"kernel_shape": [3, 2], "strides": [2, 2], "pads": [1, 0, 1, 0]}, IMAGE, 18),
    "average pool that counts": (
        "AveragePool",
        {},
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1},
        IMAGE,
        18,
    ),
    "global average": ("GlobalAveragePool", {}, {}, IMAGE, 18),
    "mean": ("ReduceMean", {"axes": np.array([-1], INTS)}, {"keepdims": 0}, ROWS, 18),
    "mean of older files": ("ReduceMean", {}, {"axes": [1, 2]}, ROWS, 13),
    "flatten": ("Flatten", {}, {"axis": 2}, IMAGE, 18),
    "reshape": ("Reshape", {"to": np.array([0, -1, 3], INTS)}, {}, ROWS, 18),
    "squeeze": ("Squeeze", {"axes": np.array([0], INTS)}, {}, [1, 5], 18),
    "unsqueeze": ("Unsqueeze", {"axes": np.array([-1], INTS)}, {}, ROWS, 18),
    "transpose": ("Transpose", {}, {"perm": [2, 0, 1]}, ROWS, 18),
    "slice": (
        "Slice",
        {"a": np.array([1], INTS), "b": np.array([2**40], INTS), "i": np.array([-1], INTS)},
        {},
        ROWS,
        18,
    ),
    "pick": ("Gather", {"i": np.array(-1, INTS)}, {"axis": 1}, ROWS, 18),
    "identity": ("Identity", {}, {}, ROWS, 18),
}


def expected(model: Any, x: Any) -> Any:
    from onnx.reference import ReferenceEvaluator

    outputs: Any = ReferenceEvaluator(model).run(None, {"x": x})
    return outputs[0]


@pytest.mark.parametrize("name", OPERATORS)
def test_that_each_operator_computes_what_onnx_computes(name: str, tmp_path: Path) -> None:
    kind, constants, attributes, shape, opset = OPERATORS[name]
    model = model_of([(kind, ["x", *constants], "y", attributes)], constants, shape, opset)
    graph = read_here(saved(tmp_path / "m.onnx", model))
    x = normal(*shape)
    y = evaluate(graph, {"x": x})["y"]

    assert not graph.unsupported
    assert graph.shapes["y"] == y.shape
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected(model, x), rtol=2e-5, atol=2e-6)


def test_that_an_embedding_and_attention_compute_what_onnx_computes(tmp_path: Path) -> None:
    steps: list[Step] = [
        ("Gather", ["table", "x"], "e", {}),
        ("Transpose", ["e"], "t", {"perm": [0, 2, 1]}),
        ("MatMul", ["e", "t"], "s", {}),
        ("Softmax", ["s"], "p", {}),
        ("MatMul", ["p", "e"], "a", {}),
        ("Concat", ["a", "e"], "y", {"axis": -1}),
    ]
    model = model_of(steps, {"table": normal(11, 4)}, [2, 3], integers=True)
    graph = read_here(saved(tmp_path / "m.onnx", model))
    x = np.array([[1, 5, 10], [0, 0, 3]])

    np.testing.assert_allclose(evaluate(graph, {"x": x})["y"], expected(model, x), rtol=1e-5, atol=1e-6)
    assert graph.macs == 2 * (2 * 3 * 4 * 3)


def test_that_a_causal_mask_is_read_as_torch_writes_it(tmp_path: Path) -> None:
    steps: list[Step] = [
        ("Trilu", ["ones"], "seen", {"upper": 0}),
        ("Equal", ["seen", "zero"], "hidden", {}),
        ("Where", ["hidden", "minus", "zero"], "added", {}),
        ("Add", ["x", "added"], "scores", {}),
        ("Softmax", ["scores"], "y", {}),
    ]
    constants = {"ones": np.ones((4, 4), np.float32), "zero": np.float32(0), "minus": np.float32(-np.inf)}
    model = model_of(steps, constants, [2, 4, 4])
    graph = read_here(saved(tmp_path / "m.onnx", model))
    x = normal(2, 4, 4)
    (softmax,) = fuse(graph).layers

    for form in (graph, fuse(graph)):
        np.testing.assert_allclose(evaluate(form, {"x": x})["y"], expected(model, x), rtol=1e-5, atol=1e-6)
    assert isinstance(softmax.operator, Softmax)
    np.testing.assert_array_equal(softmax.operator.mask, np.tri(4, dtype=np.bool_))
    assert graph.parameters == fuse(graph).parameters == 0


def test_that_shapes_which_the_exporter_computes_are_constants(tmp_path: Path) -> None:
    steps: list[Step] = [
        ("Shape", ["x"], "s", {}),
        ("Gather", ["s", "zero"], "n", {}),
        ("Unsqueeze", ["n", "axes"], "u", {}),
        ("Concat", ["u", "rest"], "target", {"axis": 0}),
        ("Reshape", ["x", "target"], "y", {}),
    ]
    constants = {"zero": np.array(0, INTS), "axes": np.array([0], INTS), "rest": np.array([-1], INTS)}
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, constants, [2, 3, 4])))

    assert graph.shapes["y"] == (2, 12)
    assert len(graph.layers) == 1


def test_that_float16_weights_are_read(tmp_path: Path) -> None:
    weight = normal(3, 2).astype(np.float16)
    graph = read_here(saved(tmp_path / "m.onnx", model_of([("MatMul", ["x", "w"], "y", {})], {"w": weight}, [1, 3])))
    (layer,) = graph.layers

    assert isinstance(layer.operator, Dense)
    np.testing.assert_array_equal(layer.operator.weight, weight.T.astype(np.float32))


def test_that_what_is_not_covered_is_named_with_shape_and_remedy(tmp_path: Path) -> None:
    steps: list[Step] = [("Relu", ["x"], "r", {}), ("LRN", ["r"], "l", {"size": 3}), ("Relu", ["l"], "y", {})]
    graph = read_here(saved(tmp_path / "m.onnx", model_of(steps, {}, IMAGE)))
    (layer,) = graph.unsupported

    assert layer.name == "lrn_1"
    assert "2 x 4 x 9 x 8" in str(vars(layer.operator)["reason"])
    assert vars(layer.operator)["remedy"]
    assert graph.unreached == 1
    with pytest.raises(NetworkError, match="node 'lrn_1': it is not covered"):
        evaluate(graph, {"x": normal(*IMAGE)})


def with_external(model: Any, location: str, **more: str) -> Any:
    """Return `model` with its first tensor in the file `location`."""
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)
    return model


def test_that_tensors_that_take_too_much_memory_are_refused_before_it_is_taken(tmp_path: Path) -> None:
    steps: list[Step] = [("Relu", ["x"], "a", {}), ("Sigmoid", ["a"], "y", {})]
    path = saved(tmp_path / "large.onnx", model_of(steps, {}, [1, 2**30]))
    with pytest.raises(NetworkError, match="3,221,225,472 values"):
        open_model(path, None, "spinnaker2")


@pytest.mark.parametrize(
    ("shape", "attributes", "mask"),
    [
        ([2, 3, 5, 4], {}, None),
        ([2, 3, 5, 4], {"is_causal": 1, "scale": 0.3}, None),
        ([1, 2, 5, 4], {}, np.tri(5, 5, 2) > 0),
        ([2, 5, 12], {"q_num_heads": 3, "kv_num_heads": 3}, normal(5, 5)),
    ],
)
def test_that_attention_in_one_node_is_read_in_its_steps(
    shape: list[int], attributes: dict[str, Any], mask: Any, tmp_path: Path
) -> None:
    from onnx.reference import ReferenceEvaluator

    constants = {"k": normal(*shape), "v": normal(*shape), **({} if mask is None else {"m": mask})}
    steps: list[Step] = [
        ("Mul", ["x", "k"], "a", {}),
        ("Add", ["x", "v"], "b", {}),
        ("Attention", ["x", "a", "b", *([] if mask is None else ["m"])], "y", attributes),
    ]
    model = model_of(steps, constants, shape, 23)
    x = normal(*shape)
    graph = read_here(saved(tmp_path / "attention.onnx", model))

    assert not graph.unsupported
    expected: Any = ReferenceEvaluator(model).run(None, {"x": x})
    np.testing.assert_allclose(evaluate(graph, {"x": x})["y"], expected[0], rtol=1e-4, atol=1e-5)


def test_that_tensors_in_a_file_beside_the_model_are_read(tmp_path: Path) -> None:
    model = mlp()
    weight = onnx.numpy_helper.to_array(model.graph.initializer[0])
    (tmp_path / "weights.bin").write_bytes(b"head" + weight.tobytes())
    graph = read_onnx(saved(tmp_path / "m.onnx", with_external(model, "weights.bin", offset="4", length="48")))

    np.testing.assert_array_equal(vars(graph.layers[0].operator)["weight"], weight)


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "link.bin"])
def test_that_tensors_outside_the_folder_are_refused(location: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(48))
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    with pytest.raises(NetworkError, match=r"must be in the model's folder"):
        read_onnx(saved(folder / "m.onnx", with_external(mlp(), location)))


@pytest.mark.parametrize(
    ("more", "says"), [({"offset": "2"}, "'w.bin' has 48 B"), ({"length": "40"}, "'w.bin' has 48 B")]
)
def test_that_external_files_of_another_size_are_refused(more: dict[str, str], says: str, tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(48))
    with pytest.raises(NetworkError, match=says):
        read_onnx(saved(tmp_path / "m.onnx", with_external(mlp(), "w.bin", **more)))


@pytest.mark.parametrize("shape", [["batch", 4], [0, 4], [-1, 4]])
def test_that_shapes_which_depend_on_the_input_are_refused(shape: list[int | str], tmp_path: Path) -> None:
    path = saved(tmp_path / "m.onnx", model_of([("Relu", ["x"], "y", {})], {}, shape))
    with pytest.raises(NetworkError, match=r"input 'x' in m.onnx: its axis 0 is .* fixed lengths; export"):
        read_here(path)


def test_that_a_tensor_of_10_gb_is_refused_before_it_is_made(tmp_path: Path) -> None:
    model = mlp()
    model.graph.initializer[0].dims[:] = [50_000, 50_000]
    with pytest.raises(NetworkError, match=r"tensor 'w1' of 50000 x 50000 needs 10,000,000,000 B"):
        read_onnx(saved(tmp_path / "m.onnx", model))


def test_that_shapes_too_large_for_any_memory_are_refused(tmp_path: Path) -> None:
    grown = model_of([("Add", ["x", "c"], "y", {})], {"c": normal(2**15, 1)}, [1, 2**16])
    with pytest.raises(NetworkError, match=r"node 'add_0': a tensor of 32768 x 65536"):
        read_here(saved(tmp_path / "m.onnx", grown))


def test_that_every_truncation_is_refused_in_words(tmp_path: Path) -> None:
    content = mlp().SerializeToString()
    for stop in (0, 5, len(content) // 2, len(content) - 1):
        (tmp_path / "m.onnx").write_bytes(content[:stop])
        with pytest.raises(NetworkError, match=r"no ONNX model, or a truncated one|holds no layers"):
            read_onnx(tmp_path / "m.onnx")


MALFORMED: dict[str, tuple[list[Step], Arrays, str]] = {
    "input from nowhere": ([("Relu", ["z"], "y", {})], {}, "nothing before it makes its input 'z'"),
    "loop": ([("Add", ["x", "y"], "z", {}), ("Relu", ["z"], "y", {})], {}, "nothing before it makes its input 'y'"),
    "made twice": ([("Relu", ["x"], "y", {}), ("Tanh", ["x"], "y", {})], {}, "which is there already"),
    "weights that do not fit": ([("MatMul", ["x", "w"], "y", {})], {"w": normal(5, 2)}, "its weights take 5"),
    "weights that are not finite": (
        [("MatMul", ["x", "w"], "y", {})],
        {"w": np.full((4, 2), np.nan, np.float32)},
        "8 of the values of input 1 are not finite",
    ),
    "window larger than the image": ([("MaxPool", ["i"], "y", {"kernel_shape": [9]})], {}, "nothing before it makes"),
    "axis that is not there": ([("Softmax", ["x"], "y", {"axis": 7})], {}, "axis 7 of a tensor with 2 axes"),
    "reshape to another size": (
        [("Reshape", ["x", "to"], "y", {})],
        {"to": np.array([3, 3], INTS)},
        "1 x 4 does not become 3 x 3",
    ),
    "missing attribute": ([("Concat", ["x", "x"], "y", {})], {}, "its Concat is malformed: 'axis'"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_that_malformed_graphs_are_refused_by_node(name: str, tmp_path: Path) -> None:
    steps, constants, says = MALFORMED[name]
    with pytest.raises(NetworkError, match="node '") as refusal:
        read_here(saved(tmp_path / "m.onnx", model_of(steps, constants, [1, 4])))
    assert says in str(refusal.value)


def test_that_evaluation_refuses_missing_and_misshapen_inputs(tmp_path: Path) -> None:
    graph = read_here(saved(tmp_path / "m.onnx", mlp()))
    with pytest.raises(NetworkError, match="input 'x': it is missing, 1 x 4 is expected"):
        evaluate(graph, {})
    with pytest.raises(NetworkError, match="input 'x': it is 2 x 4"):
        evaluate(graph, {"x": normal(2, 4)})


# The exporter that needs no onnxscript is deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_that_a_model_of_torch_is_read_and_computes_what_torch_computes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from torch import nn

    layers = [nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(8, 8, 3, groups=8, padding=1), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    model = nn.Sequential(*layers, nn.Linear(8, 6), nn.GELU(), nn.Dropout(), nn.Linear(6, 4)).eval()
    x = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    torch.onnx.export(model, (x,), tmp_path / "m.onnx", opset_version=17, dynamo=False)
    graph = read_here(tmp_path / "m.onnx")

    assert graph.parameters == sum(p.numel() for p in model.parameters()) - 16 + 8  # the exporter folded the norm
    for form in (graph, fuse(graph)):
        y = evaluate(form, {graph.inputs[0]: x.numpy()})[graph.outputs[0]]
        np.testing.assert_allclose(y, model(x).detach().numpy(), rtol=1e-4, atol=1e-6)
    assert [type(layer.operator).__name__ for layer in fuse(graph).layers] == [
        *("Conv", "MaxPool", "Conv", "Silu", "Mean", "Reshape", "Dense", "Gelu", "Dense"),
    ]


def test_that_info_shows_layers_before_and_after_fusion(cli: Any, tmp_path: Path) -> None:
    path = saved(tmp_path / "mlp.onnx", mlp())
    about = json.loads(cli("info", path, "--json").stdout)
    said = cli("info", path).stdout

    assert [row["operator"] for row in about["layers"]] == ["Dense", "Relu", "Dense"]
    assert [row["operator"] for row in about["fused"]] == ["Dense + Relu", "Dense"]
    assert (about["parameters"], about["macs"]) == (23, 18)
    assert about["inputs"] == [{"name": "x", "shape": [1, 4]}]
    assert [row["name"] for row in about["weights"]] == ["gemm_0", "gemm_2"]
    assert about["accumulator_limit"] == 8_388_607
    assert all(row["snr_db"] is None or row["snr_db"] > 30 for row in about["weights"])
    assert "Weights as int8" in said
    assert "After fusion" in said
    assert "Dense + Relu" in said


def test_that_info_of_a_convolution_counts_its_multiplications(tmp_path: Path) -> None:
    model = model_of([("Conv", ["x", "w"], "y", {"group": 4})], {"w": normal(8, 1, 3, 3)}, IMAGE)
    graph = read_here(saved(tmp_path / "m.onnx", model))

    assert isinstance(graph.layers[0].operator, Conv)
    assert graph.macs == 2 * 8 * 7 * 6 * 9


def test_that_the_softmax_of_older_files_is_what_onnx_computes_or_refused(tmp_path: Path) -> None:
    read = [
        read_here(saved(tmp_path / "m.onnx", model_of([("Softmax", ["x"], "y", {})], {}, shape, opset=11)))
        for shape in ([2, 5], [2, 5, 6])
    ]

    assert read[0].layers[0].operator == Softmax(1)
    assert "opset 13" in vars(read[1].unsupported[0].operator)["remedy"]


def test_that_damaged_models_are_read_or_refused_in_words(tmp_path: Path) -> None:
    content, random = mlp().SerializeToString(), np.random.default_rng(5)
    read = 0
    for _ in range(400):
        (tmp_path / "m.onnx").write_bytes(mutate(content, random))
        try:
            fuse(read_here(tmp_path / "m.onnx"))
        except (NetworkError, Refusal, ValueError):  # the other process turns a ValueError into a refusal
            continue
        read += 1

    assert 0 < read < 400


def split_model(inputs: list[str], outputs: list[str], constants: Arrays, **attributes: Any) -> Any:
    model = model_of([("Relu", [outputs[0]], "y", {})], constants, [1, 6, 4])
    model.graph.node.insert(0, onnx.helper.make_node("Split", inputs, outputs, name="parts", **attributes))
    return model


@pytest.mark.parametrize(
    ("outputs", "constants", "attributes", "ranges"),
    [
        (["a", "b"], {}, {"axis": 1}, [(0, 3), (3, 6)]),
        (["a", "b", "c"], {"n": np.array([1, 3, 2])}, {"axis": -2}, [(0, 1), (1, 4), (4, 6)]),
        (["a", "b", "c", "d"], {}, {"axis": 1}, [(0, 2), (2, 4), (4, 6), (6, 6)]),
    ],
)
def test_that_a_split_is_as_many_slices(
    outputs: list[str], constants: Arrays, attributes: Any, ranges: list[tuple[int, int]], tmp_path: Path
) -> None:
    path = saved(tmp_path / "m.onnx", split_model(["x", *constants], outputs, constants, **attributes))
    if ranges[-1][0] == ranges[-1][1]:
        with pytest.raises(NetworkError, match=r"its Split is malformed: 1 x 6 x 4 is split along axis 1 into"):
            read_here(path)
        return
    graph, x = read_here(path), normal(1, 6, 4)
    values = evaluate(graph, {"x": x})
    for output, (begin, end) in zip(outputs, ranges, strict=True):
        np.testing.assert_array_equal(values[output], x[:, begin:end])


def test_that_a_split_of_lengths_that_vary_is_named(tmp_path: Path) -> None:
    graph = read_here(saved(tmp_path / "m.onnx", split_model(["x", "x"], ["a", "b"], {}, axis=1)))

    assert [layer.operator.reason for layer in graph.unsupported] == [  # type: ignore[attr-defined]
        "its input 1 (1 x 6 x 4) changes from inference to inference"
    ]
