"""Mapping of deep networks: every tile fits, every output is made, and the published tiling comes out."""

from __future__ import annotations

import pytest

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import Machine
from s2studio.errors import MappingError
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.mapping.layers.work import LayerWork, convolution, matmul, values

PRODUCTS = (
    matmul("fc1", 128, 768, 3072),
    matmul("fc2", 128, 3072, 768),
    matmul("one row", 1, 25088, 4096),
    matmul("attention", 128, 64, 128, batch=12, has_weights=False),
    matmul("odd", 7, 13, 5),
    convolution("first", 3, 224, 64, 7, stride=2),
    convolution("deep", 512, 14, 512, 3),
    convolution("pointwise", 64, 56, 256, 1),
    convolution("depthwise", 96, 112, 96, 3, stride=2, groups=96),
)
WORKS = (
    *PRODUCTS,
    values("norm", "norm", 128, 768),
    values("softmax", "softmax", 1536, 128),
    values("sum", "elementwise", 3136, 256, inputs=2),
)


@pytest.fixture(scope="module")
def machine() -> Machine:
    return make_machine(load_chip(), "dnn-scheduler")


@pytest.fixture(scope="module", params=["high", "low"])
def mapping(machine: Machine, request: pytest.FixtureRequest) -> LayerMapping:
    return map_layers("all", WORKS, machine, LayerOptions(level=request.param, keeps_weights=False))


def test_that_every_tile_fits_beside_stack_and_heap(mapping: LayerMapping) -> None:
    assert all(plan.tiling.sram.total <= mapping.free_bytes == 94_208 for plan in mapping.layers)


def test_that_tiles_times_parts_cover_the_whole_layer_and_no_part_is_empty(mapping: LayerMapping) -> None:
    for plan in mapping.layers:
        tiles, teams, parts, team = plan.tiling.tiles, plan.tiling.teams, plan.tiling.parts, plan.tiling.team

        assert teams.batch * parts.batch >= tiles.batch > teams.batch * (parts.batch - 1)
        assert team * teams.rows * parts.rows >= tiles.rows > team * teams.rows * (parts.rows - 1)
        assert teams.columns * parts.columns >= tiles.columns > teams.columns * (parts.columns - 1)
        assert tiles.depth == parts.depth


def test_that_tiles_hold_all_products_of_the_layer(mapping: LayerMapping) -> None:
    for plan in mapping.layers[: len(PRODUCTS)]:
        tiling, work = plan.tiling, plan.work

        assert tiling.tiles.count * tiling.rows * tiling.columns * tiling.depth >= work.macs
        assert tiling.tiles.count * tiling.mla_cycles * 64 >= work.macs


def test_that_workers_are_different_pes_and_teams_share_a_qpe(mapping: LayerMapping) -> None:
    for plan in mapping.layers:
        members = min(plan.tiling.team, plan.tiling.tiles.rows)

        assert len(set(plan.workers)) == len(plan.workers) == plan.tiling.workers <= 151
        assert mapping.scheduler not in plan.workers
        for first in range(0, len(plan.workers), members):
            assert len({pe.cell for pe in plan.workers[first : first + members]}) == 1


@pytest.mark.parametrize(("level", "rate"), [("low", 2.4e9), ("high", 4e9)])
def test_that_fc1_of_opt_is_cut_as_published(machine: Machine, level: str, rate: float) -> None:
    options = LayerOptions(level, rate, keeps_weights=False)
    tiling = map_layers("fc1", WORKS[:1], machine, options).layers[0].tiling

    assert (tiling.rows, tiling.depth, tiling.columns) == (32, 768, 32)
    assert (tiling.team, tiling.teams.rows, tiling.teams.columns, tiling.workers) == (4, 1, 32, 128)
    assert tiling.parts.count == tiling.parts.columns == 3


def test_that_layers_keep_out_of_forbidden_pes(machine: Machine) -> None:
    forbidden = frozenset(machine.usable_pes[:100])
    mapping = map_layers("half", WORKS, machine, LayerOptions(forbidden=forbidden))

    assert not forbidden & set(mapping.pes)
    assert len(mapping.pes) <= 52


def test_that_a_chip_without_a_worker_is_refused(machine: Machine) -> None:
    with pytest.raises(MappingError, match="a scheduler and a worker are needed"):
        map_layers("none", WORKS[:1], machine, LayerOptions(forbidden=frozenset(machine.usable_pes[1:])))


@pytest.mark.parametrize(
    ("work", "remedy"),
    [
        (values("long", "norm", 1, 100_000), "a row is not cut"),
        (convolution("wide", 1, 4000, 4, 401), "make its image narrower"),
    ],
)
def test_that_a_layer_that_cannot_be_cut_is_named_with_the_room_and_a_remedy(
    machine: Machine, work: LayerWork, remedy: str
) -> None:
    with pytest.raises(MappingError) as refusal:
        map_layers("bad", [WORKS[0], work], machine)

    assert work.name in refusal.value.subject
    assert "94,208 B are free" in refusal.value.limit
    assert remedy in refusal.value.hint


def test_that_a_network_larger_than_the_dram_is_refused_with_what_takes_most(machine: Machine) -> None:
    works = [matmul(f"layer {number}", 1, 30_000, 30_000 + 160 * number) for number in range(3)]

    with pytest.raises(MappingError, match="2,000,000,000 B") as refusal:
        map_layers("huge", works, machine, LayerOptions(keeps_weights=False))

    assert "layer 2" in refusal.value.hint


def test_that_regions_of_the_dram_overlap_only_where_tensors_do_not_live_together(mapping: LayerMapping) -> None:
    regions = [region for region in mapping.dram if region.bytes]
    for number, one in enumerate(regions):
        for other in regions[:number]:
            apart = one.address >= other.address + other.bytes or other.address >= one.address + one.bytes
            in_turn = one.kind == other.kind == "tensor" and (one.first > other.last or other.first > one.last)

            assert apart or in_turn, (one, other)


def test_that_weights_of_a_small_network_stay_and_leave_room_for_every_tile(machine: Machine) -> None:
    works = (matmul("a", 16, 256, 512), matmul("b", 16, 512, 256), values("c", "softmax", 16, 256))
    mapping = map_layers("small", works, machine)

    assert [plan.is_resident for plan in mapping.layers] == [True, True, False]
    assert mapping.resident_bytes == sum(plan.tiling.weight_bytes for plan in mapping.layers[:2])
    for plan in mapping.layers:
        others = mapping.resident_bytes - plan.resident_bytes

        assert plan.tiling.sram.total + others <= machine.spec.memory.free_bytes
