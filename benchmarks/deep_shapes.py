"""Deep networks that everybody knows, as layer parts with random weights: their shapes alone decide what they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from s2studio.dnn.builder import RandomPart
from s2studio.dnn.layer_part import LayerPart
from s2studio.dnn.operators.elementwise import Clip
from s2studio.dnn.tensor import Tensor
from s2studio.network.operators.arithmetic import Window

IMAGE = (1, 3, 224, 224)
CLASSES = 1000
# (channels, convolutions) between pools; Simonyan and Zisserman 2014, configuration D.
VGG_16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
# (width, blocks, stride of the first); He et al. 2015, the stride on the 3 x 3 convolution as torchvision has it.
RESNET_50 = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
EXPANSION = 4
# (expansion, channels, blocks, stride of the first); Sandler et al. 2018, table 2.
MOBILENET_V2 = (
    *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
    *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
)
# Zhang et al. 2022, table 1; 2 more places than the 2,048 there are stay unused, as in the published weights.
TOKENS, BLOCKS, WIDTH, HEADS, FEED_FORWARD, VOCABULARY, PLACES = 128, 12, 768, 12, 3072, 50272, 2050
SIX = 6 * 2**4  # 6 in steps of the builder


def window(kernel: int, stride: int = 1, padding: int | None = None) -> Window:
    """Return a square window that keeps the image's size at a stride of 1, or with `padding`."""
    around = kernel // 2 if padding is None else padding
    return Window((kernel, kernel), (stride, stride), ((around, around), (around, around)), (1, 1))


def vgg_16() -> LayerPart:
    """Return VGG-16: 13 convolutions, 3 dense layers, 15.5 G multiplications."""
    part = RandomPart()
    x = part.input("image", IMAGE)
    for stage, (channels, count) in enumerate(VGG_16, start=1):
        for number in range(1, count + 1):
            x = part.conv(f"conv{stage}_{number}", x, channels, window(3), relu=True)
        x = part.max_pool(f"pool{stage}", x, window(2, 2, 0))
    x = part.reshape("flatten", x, (1, x.values))
    x = part.dense("fc1", x, 4096, relu=True)
    x = part.dense("fc2", x, 4096, relu=True)
    return part.part(part.dense("fc3", x, CLASSES))


def resnet_50() -> LayerPart:
    """Return ResNet-50: 53 convolutions, a dense layer, 4.1 G multiplications."""
    part = RandomPart()
    x = part.conv("conv1", part.input("image", IMAGE), 64, window(7, 2), relu=True)
    x = part.max_pool("pool1", x, window(3, 2))
    for stage, (width, blocks, stride) in enumerate(RESNET_50, start=2):
        for number in range(1, blocks + 1):
            x = _bottleneck(part, f"conv{stage}_{number}", x, width, stride if number == 1 else 1)
    return part.part(part.dense("fc", part.mean("pool5", x, (2, 3)), CLASSES))


def _bottleneck(part: RandomPart, name: str, x: Tensor, width: int, stride: int) -> Tensor:
    """Return x plus three convolutions of it, x itself convolved where the shape changes."""
    y = part.conv(f"{name}a", x, width, window(1), relu=True)
    y = part.conv(f"{name}b", y, width, window(3, stride), relu=True)
    y = part.conv(f"{name}c", y, EXPANSION * width, window(1))
    if x.shape != y.shape:
        x = part.conv(f"{name}s", x, EXPANSION * width, window(1, stride))
    return part.sum(f"{name}", x, y, relu=True)


def mobilenet_v2() -> LayerPart:
    """Return MobileNetV2: 52 convolutions, 17 of them depthwise, a dense layer, 0.3 G multiplications."""
    part = RandomPart()
    x = _relu6(part, "conv1", part.conv("conv1", part.input("image", IMAGE), 32, window(3, 2)))
    for stage, (expansion, channels, blocks, stride) in enumerate(MOBILENET_V2, start=2):
        for number in range(1, blocks + 1):
            x = _inverted(part, f"conv{stage}_{number}", x, expansion, channels, stride if number == 1 else 1)
    x = _relu6(part, "conv9", part.conv("conv9", x, 1280, window(1)))
    return part.part(part.dense("fc", part.mean("pool", x, (2, 3)), CLASSES))


def _inverted(part: RandomPart, name: str, x: Tensor, expansion: int, channels: int, stride: int) -> Tensor:
    """Return x widened, convolved channel by channel and narrowed, x added where the shape stays."""
    y, wide = x, expansion * x.shape[1]
    if expansion > 1:
        y = _relu6(part, f"{name}a", part.conv(f"{name}a", y, wide, window(1)))
    y = _relu6(part, f"{name}b", part.conv(f"{name}b", y, wide, window(3, stride), groups=wide))
    y = part.conv(f"{name}c", y, channels, window(1))
    return part.sum(f"{name}", x, y) if x.shape == y.shape else y


def _relu6(part: RandomPart, name: str, x: Tensor) -> Tensor:
    return part.add(f"{name} relu6", Clip(0, 0, SIX), x)


def opt_125m() -> LayerPart:
    """Return OPT-125M at 128 tokens: 12 blocks and the logits of every token, 16 G multiplications."""
    part = RandomPart()
    tokens = part.input("tokens", (1, TOKENS), "int32")
    x = part.embedding("embed", tokens, VOCABULARY, WIDTH)
    x = part.sum("places", x, part.embedding("embed_places", part.input("place", (1, TOKENS), "int32"), PLACES, WIDTH))
    for number in range(1, BLOCKS + 1):
        x = _block(part, f"block{number}", x)
    return part.part(part.dense("logits", part.layer_norm("norm", x), VOCABULARY))


def _block(part: RandomPart, name: str, x: Tensor) -> Tensor:
    """Return x + attention of its norm, then that + two dense layers of its norm."""
    normal = part.layer_norm(f"{name} norm1", x)
    query, key, value = (_heads(part, f"{name} {which}", normal, which == "key") for which in ("query", "key", "value"))
    weights = part.softmax(f"{name} softmax", part.matmul(f"{name} scores", query, key))
    seen = part.transpose(f"{name} together", part.matmul(f"{name} seen", weights, value), (0, 2, 1, 3))
    seen = part.reshape(f"{name} rows", seen, (1, TOKENS, WIDTH))
    x = part.sum(f"{name} sum1", x, part.dense(f"{name} out", seen, WIDTH))
    wide = part.dense(f"{name} fc1", part.layer_norm(f"{name} norm2", x), FEED_FORWARD, relu=True)
    return part.sum(f"{name} sum2", x, part.dense(f"{name} fc2", wide, WIDTH))


def _heads(part: RandomPart, name: str, x: Tensor, is_turned: bool) -> Tensor:
    """Return a dense layer of x cut into heads (1, heads, tokens, features), turned for what keys are."""
    apart = part.reshape(f"{name} apart", part.dense(name, x, WIDTH), (1, TOKENS, HEADS, WIDTH // HEADS))
    return part.transpose(f"{name} heads", apart, (0, 2, 3, 1) if is_turned else (0, 2, 1, 3))


NETWORKS: Mapping[str, Callable[[], LayerPart]] = {
    "VGG-16": vgg_16,
    "ResNet-50": resnet_50,
    "MobileNetV2": mobilenet_v2,
    "OPT-125M": opt_125m,
}
