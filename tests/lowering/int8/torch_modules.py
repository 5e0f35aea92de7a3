"""Small modules of torch, one for each operator that s2studio covers, with inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional
torch.manual_seed(0)


class Of(nn.Module):  # type: ignore[misc,name-defined]
    """A module that computes what a function says, with parts that are trained."""

    def __init__(self, function: Callable[..., Any], **parts: Any) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Any) -> Any:
        return self.function(self, x)


IMAGE, ROWS, LINE, TOKENS = (
    torch.randn(1, 4, 8, 8),
    torch.randn(1, 6, 16),
    torch.randn(1, 4, 12),
    torch.tensor([[3, 0, 9]]),
)


def linear(outputs: int = 16) -> Any:
    return nn.Linear(16, outputs)


def weight(*shape: int) -> Any:
    return nn.Parameter(torch.randn(*shape))


def attention(is_causal: bool) -> Any:
    def compute(self: Any, x: Any) -> Any:
        heads = (part(x).reshape(1, 6, 2, 8).transpose(1, 2) for part in (self.q, self.k, self.v))
        return functional.scaled_dot_product_attention(*heads, is_causal=is_causal)

    return Of(compute, q=linear(), k=linear(), v=linear())


# {name: (module, input, the operators of the int8 part)}
MODULES: dict[str, tuple[Any, Any, str]] = {
    "linear": (linear(5), ROWS, "Dense"),
    "linear without bias": (nn.Linear(16, 5, bias=False), ROWS[0], "Dense"),
    "conv1d": (nn.Conv1d(4, 6, 3, stride=2, padding=1), LINE, "Conv"),
    "conv2d": (nn.Conv2d(4, 6, 3, stride=(2, 1), padding=(1, 2), dilation=(1, 2)), IMAGE, "Conv"),
    "conv2d in groups": (nn.Conv2d(4, 8, 3, groups=2, padding="same"), IMAGE, "Conv"),
    "depthwise": (nn.Conv2d(4, 4, 3, groups=4, padding=1, bias=False), IMAGE, "Conv"),
    "batch norm, folded": (nn.Sequential(nn.Conv2d(4, 6, 3), nn.BatchNorm2d(6), nn.ReLU()), IMAGE, "Conv"),
    "batch norm, alone": (nn.BatchNorm2d(4), IMAGE, "Affine"),
    "relu": (nn.ReLU(), ROWS, "Clip"),
    "relu6": (nn.Sequential(nn.Conv2d(4, 6, 1), nn.ReLU6()), IMAGE * 4, "Conv Clip"),
    "gelu": (nn.GELU(), ROWS * 3, "Gelu"),
    "gelu with tanh": (nn.GELU(approximate="tanh"), ROWS * 3, "Gelu"),
    "silu": (nn.SiLU(), ROWS * 3, "Silu"),
    "sigmoid": (nn.Sigmoid(), ROWS * 3, "Sigmoid"),
    "tanh": (nn.Tanh(), ROWS, "Tanh"),
    "softmax": (nn.Softmax(-1), ROWS * 2, "Softmax"),
    "softmax of another axis": (nn.Softmax(1), ROWS * 2, "Softmax"),
    "layer norm": (nn.LayerNorm(16), ROWS, "LayerNorm"),
    "layer norm of two axes": (nn.LayerNorm((6, 16), elementwise_affine=False), ROWS, "LayerNorm"),
    "rms norm": (nn.RMSNorm(16), ROWS, "RMSNorm"),
    "rms norm, spelled out": (
        Of(lambda self, x: self.w * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)), w=weight(16)),
        ROWS,
        "RMSNorm",
    ),
    "class token": (
        Of(
            lambda self, x: torch.cat([self.c.expand(len(x), -1, -1), x], 1) + self.p,
            c=weight(1, 1, 16),
            p=weight(7, 16),
        ),
        ROWS,
        "Concat Affine",
    ),
    "matmul from the left": (Of(lambda self, x: self.w @ x, w=weight(5, 6)), ROWS, "Move Dense Move"),
    "add": (Of(lambda self, x: self.a(x) + self.b(x), a=linear(), b=linear()), ROWS, "Dense Dense Add"),
    "add and relu": (Of(lambda self, x: torch.relu(x + self.b(x)), b=linear()), ROWS, "Dense Add"),
    "subtract": (Of(lambda self, x: x - self.b(x), b=linear()), ROWS, "Dense Add"),
    "add a constant": (Of(lambda self, x: torch.relu(x) + 1.5), ROWS, "Clip Affine"),
    "mul": (Of(lambda self, x: self.a(x) * self.b(x), a=linear(), b=linear()), ROWS, "Dense Dense Mul"),
    "mul a constant": (Of(lambda self, x: torch.relu(x) * 0.3), ROWS, "Clip Affine"),
    "matmul": (Of(lambda self, x: self.a(x) @ x.transpose(1, 2), a=linear()), ROWS, "Dense Move MatMul"),
    "attention": (attention(is_causal=False), ROWS, "MatMul Softmax MatMul Normalise"),
    "causal attention": (attention(is_causal=True), ROWS, "MatMul Softmax MatMul Normalise"),
    "multi-head attention": (
        Of(lambda self, x: self.m(x, x, x, need_weights=False)[0], m=nn.MultiheadAttention(16, 2, batch_first=True)),
        ROWS,
        "MatMul Softmax MatMul Normalise",
    ),
    "max pool": (nn.MaxPool2d(3, 2, 1), IMAGE, "MaxPool"),
    "max pool of a line": (nn.MaxPool1d(2), LINE, "MaxPool"),
    "average pool": (nn.AvgPool2d(3, 2, 1), IMAGE, "AvgPool"),
    "average pool without padding": (nn.AvgPool2d(3, 2, 1, count_include_pad=False), IMAGE, "AvgPool"),
    "adaptive average pool to one": (nn.AdaptiveAvgPool2d(1), IMAGE, "Mean"),
    "adaptive average pool": (nn.AdaptiveAvgPool2d((4, 2)), IMAGE, "AvgPool"),
    "embedding": (nn.Embedding(11, 16), TOKENS, "Embedding"),
    "flatten": (nn.Sequential(nn.Conv2d(4, 2, 1), nn.Flatten(), nn.Linear(128, 3)), IMAGE, "Conv Move Dense"),
    "reshape": (Of(lambda self, x: x.view(1, 4, 64)), IMAGE, "Move"),
    "transpose": (Of(lambda self, x: x.permute(0, 2, 3, 1)), IMAGE, "Move"),
    "concat": (Of(lambda self, x: torch.cat([self.a(x), x * 3], 2), a=linear(5)), ROWS, "Affine Concat"),
    "slice": (Of(lambda self, x: x[:, 1:3, ::2, :-1]), IMAGE, "Move"),
    "split": (Of(lambda self, x: torch.mul(*self.a(x).chunk(2, -1)), a=linear(32)), ROWS, "Dense Move Move Mul"),
    "mean": (Of(lambda self, x: x.mean(1)), ROWS, "Mean"),
    "swiglu": (Of(lambda self, x: functional.silu(self.a(x)) * self.b(x), a=linear(), b=linear()), ROWS, "Silu Mul"),
}
