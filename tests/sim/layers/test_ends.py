"""Both ends of an inference of layers: the values lie between them, and what is measured or given adds nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.mapping.layers.work import matmul, values
from s2studio.sim.layers.ends import LayerEnds, layer_ends
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.timeline import LayerTimeline

MACHINE = make_machine(load_chip(), "dnn-scheduler")
WORKS = (matmul("weights", 1, 4096, 4096), matmul("array", 256, 64, 64), values("sum", "elementwise", 64, 64, inputs=2))


def mapped(rate: float | None = None) -> tuple[LayerMapping, LayerTimeline, LayerEnds]:
    """Return the layers mapped and timed, at a `rate` of the DRAM that is given."""
    mapping = map_layers("all", WORKS, MACHINE, LayerOptions("low", keeps_weights=False, dram_bytes_per_s=rate))
    timeline = simulate_layers(mapping, MACHINE)
    return mapping, timeline, layer_ends(timeline, mapping, MACHINE)


def test_that_times_and_energies_lie_between_their_ends_and_add_up_at_each() -> None:
    _, timeline, ends = mapped()

    assert ends.latency_s[0] < timeline.latency_s < ends.latency_s[1]
    assert ends.energy_j[0] < timeline.energy_j < ends.energy_j[1]
    assert ends.dram_energy_j == pytest.approx((timeline.dram_energy_j / 2, timeline.dram_energy_j * 2))
    assert ((ends.time_s[0] < timeline.totals.time_s) & (timeline.totals.time_s < ends.time_s[1])).all()
    assert sum(high for _, high in ends.by_stage_j.values()) == pytest.approx(ends.energy_j[1])
    # Nothing but the layers makes the inference longer: set-up and clean-up are measured.
    wider = ends.time_s.sum(axis=1) - timeline.totals.time_s.sum()
    assert wider == pytest.approx([end - timeline.latency_s for end in ends.latency_s])


def test_that_a_rate_that_is_given_has_no_range() -> None:
    free, given = (mapped(rate)[2] for rate in (None, 4e9))

    # Fetching weights takes nearly all of the first layer.
    assert free.time_s[1, 0] / free.time_s[0, 0] > 2
    assert given.time_s[1, 0] / given.time_s[0, 0] < 1.1


def test_that_costs_without_ranges_have_no_ends() -> None:
    spec = MACHINE.spec
    plain = {key: replace(quantity, range=None) for key, quantity in spec.quantities.items()}
    machine = replace(MACHINE, spec=replace(spec, quantities=plain))
    mapping, timeline, _ = mapped()

    ends = layer_ends(timeline, mapping, machine)

    assert ends.latency_s == (timeline.latency_s, timeline.latency_s)
    assert ends.energy_j == pytest.approx((timeline.energy_j, timeline.energy_j))
