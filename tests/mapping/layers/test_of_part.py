"""From layers in int8 to their sizes."""

from __future__ import annotations

from s2studio.dnn.builder import RandomPart
from s2studio.dnn.layer_part import LayerPart
from s2studio.mapping.layers.of_part import works_of
from s2studio.network.operators.arithmetic import Window

_SAME = Window((3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
_HALF = Window((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1))


def _part() -> LayerPart:
    build = RandomPart()
    x = build.conv("conv", build.input("x", (1, 3, 32, 32)), 16, _SAME, relu=True)
    x = build.max_pool("pool", x, _HALF)
    x = build.sum("sum", x, build.conv("depthwise", x, 16, _SAME, groups=16))
    x = build.reshape("rows", x, (256, 16))
    x = build.softmax("softmax", build.layer_norm("norm", x))
    return build.part(build.matmul("gram", build.dense("dense", x, 16), build.reshape("flat", x, (16, 256))))


def test_that_works_have_the_multiplications_and_weights_of_the_part() -> None:
    part = _part()
    works = works_of(part)

    assert sum(work.macs for work in works) == part.macs
    assert sum(work.weight_bytes for work in works) == part.weight_bytes


def test_that_a_reshape_is_no_work_and_its_tensor_goes_by_the_name_of_what_it_was() -> None:
    works = {work.name: work for work in works_of(_part())}

    assert "rows" not in works
    assert [tensor.name for tensor in works["norm"].inputs] == ["sum"]
    assert [tensor.name for tensor in works["gram"].inputs] == ["dense", "softmax"]


def test_that_rows_that_belong_together_are_whole() -> None:
    works = {work.name: work for work in works_of(_part())}

    assert (works["norm"].m, works["norm"].k) == (256, 16)
    assert (works["softmax"].m, works["softmax"].k) == (256, 16)
    assert (works["pool"].m, works["pool"].k, works["pool"].reads) == (256, 16, 4)


def test_that_a_depthwise_convolution_has_its_groups_as_batch() -> None:
    work = {work.name: work for work in works_of(_part())}["depthwise"]

    assert (work.batch, work.m, work.k, work.n, work.channels) == (16, 256, 9, 1, 16)
    assert work.image is not None
    assert work.image.input == (18, 18)
