from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from s2studio.analysis import spike_difference
from s2studio.analysis.compare import Comparison, compare_runs
from s2studio.chip.loader import load_chip
from s2studio.session.reader import open_session
from s2studio.session.run import Run
from s2studio.sim.counts import SpikeRuns, SpikeTable, TickBlock
from s2studio.sim.level import LevelPolicy
from tests.session.runs import record, whole_block

NAMES = ("input", "output")


def recorded(path: Path, block: TickBlock, policy: LevelPolicy | None = None) -> Run:
    return open_session(record(path, block, policy=policy)).run()


def compared(a: Run, b: Run) -> Comparison:
    comparison = compare_runs(a, b)
    assert [row.name for row in comparison.populations] == list(NAMES)
    return comparison


def rows(block: TickBlock, population: int) -> Counter[tuple[int, int, int]]:
    spikes = block.spikes
    chosen = spikes.population == population
    columns = (spikes.tick[chosen].tolist(), spikes.sample[chosen].tolist(), spikes.neuron[chosen].tolist())
    return Counter(zip(*columns, strict=True))


@pytest.mark.parametrize("in_memory", [1, 1 << 20])
def test_that_spikes_that_differ_are_counted_and_the_first_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(spike_difference, "_SPIKES", in_memory)
    blocks = [whole_block(40, samples=3, seed=seed) for seed in (1, 2)]
    comparison = compared(*(recorded(tmp_path / f"{n}.s2s", block) for n, block in enumerate(blocks)))

    assert comparison.spikes_equal is False
    for number, row in enumerate(comparison.populations):
        only_a = rows(blocks[0], number) - rows(blocks[1], number)
        only_b = rows(blocks[1], number) - rows(blocks[0], number)
        first = min([*only_a, *only_b])
        assert row.spikes is not None
        assert row.spikes.first is not None
        assert (row.spikes.only_a, row.spikes.only_b) == (only_a.total(), only_b.total())
        assert (row.spikes.first.tick, row.spikes.first.sample, row.spikes.first.neuron) == first
        assert (row.spikes.first.a, row.spikes.first.b) == (only_a[first], only_b[first])
    ticks = [row.spikes.first.tick for row in comparison.populations if row.spikes and row.spikes.first]
    assert comparison.first_tick == min(ticks)


def test_that_equal_runs_are_equal_by_their_hashes_and_in_every_number(tmp_path: Path) -> None:
    a, b = (recorded(tmp_path / name, whole_block(30)) for name in ("a.s2s", "b.s2s"))
    comparison = compared(a, b)

    assert (comparison.spikes_equal, comparison.by_hash, comparison.first_tick) == (True, True, None)
    assert all(number.change == 0 for number in comparison.numbers)
    assert all(row.first_voltage is None and row.largest_v in (None, 0.0) for row in comparison.populations)
    for row in comparison.pes:
        low, high = row.time_done_mean_ends_a_s or (0.0, 0.0)
        assert low < (row.time_done_mean_a_s or 0.0) < high
    assert {row.time_done_max_a_s for row in comparison.pes} == {row.time_done_max_b_s for row in comparison.pes}


def test_that_equal_spikes_in_other_ticks_of_time_are_equal_spike_by_spike(tmp_path: Path) -> None:
    block = whole_block(30)
    a, b = recorded(tmp_path / "a.s2s", block), recorded(tmp_path / "b.s2s", replace(block, voltages=_shifted(block)))
    manifest = tmp_path / "b.s2s/manifest.json"
    manifest.write_text(manifest.read_text().replace(a.content["spikes"], "0" * 64))
    comparison = compared(a, open_session(b.session).run())

    assert (comparison.spikes_equal, comparison.by_hash) == (True, False)
    voltage = comparison.populations[1].first_voltage
    assert voltage is not None
    assert (voltage.tick, voltage.neuron) == (7, 5)
    assert voltage.b - voltage.a == pytest.approx(2.0, abs=1e-6)
    assert comparison.populations[1].largest_v == pytest.approx(3.0, abs=1e-6)


def _shifted(block: TickBlock) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
    values = block.voltages["output"].copy()
    values[0, 7, 5] += 2
    values[0, 9, 1] -= 3
    return {"output": values}


def test_that_a_spike_that_a_relay_sends_twice_is_another_than_one(tmp_path: Path) -> None:
    block = whole_block(30)
    spikes = block.spikes
    twice = np.sort(np.append(np.arange(len(spikes.tick)), 4))
    table = SpikeTable(spikes.sample[twice], spikes.tick[twice], spikes.population[twice], spikes.neuron[twice])
    comparison = compared(
        recorded(tmp_path / "a.s2s", block),
        recorded(tmp_path / "b.s2s", replace(block, spike_runs=SpikeRuns.of(table))),
    )

    (row,) = [row.spikes for row in comparison.populations if row.spikes and row.spikes.first]
    assert (row.only_a, row.only_b) == (0, 1)
    assert row.first is not None
    assert (row.first.a, row.first.b) == (1, 2)


def test_that_another_level_shows_in_energy_and_in_each_pe(tmp_path: Path) -> None:
    block = whole_block(30)
    comparison = compared(recorded(tmp_path / "a.s2s", block), recorded(tmp_path / "b.s2s", block, LevelPolicy("high")))
    numbers = {number.key: number for number in comparison.numbers}

    assert comparison.by_hash
    assert numbers["energy_j.total"].change > 0
    assert numbers["packets"].change == 0
    longest = numbers["time_done_max_s"]
    assert longest.b == pytest.approx(longest.a / 2 + load_chip().switch_time_s)
    for row in comparison.pes:
        assert row.time_done_max_b_s == pytest.approx((row.time_done_max_a_s or 0) / 2 + load_chip().switch_time_s)
        assert row.packets_a == row.packets_b


def test_that_a_shorter_run_is_compared_over_the_ticks_of_both_and_says_so(tmp_path: Path) -> None:
    whole, part = whole_block(30), whole_block(30)
    here = part.spikes.tick < 20
    spikes = SpikeTable(*(getattr(part.spikes, name)[here] for name in ("sample", "tick", "population", "neuron")))
    counts = part.counts
    short = TickBlock(
        0,
        20,
        SpikeRuns.of(spikes),
        replace(
            counts,
            packets=counts.packets[:, :20],
            synaptic_events=counts.synaptic_events[:, :20],
            spikes=counts.spikes[:, :20],
        ),
        {"output": part.voltages["output"][:, :20]},
    )
    comparison = compared(recorded(tmp_path / "a.s2s", whole), recorded(tmp_path / "b.s2s", short))

    assert comparison.ticks == 20
    assert comparison.first_tick is None
    assert comparison.spikes_equal is False
    assert "A has 30 ticks and B 20" in comparison.notes[0]


def test_that_batches_of_other_sizes_compare_numbers_only(tmp_path: Path) -> None:
    comparison = compared(
        recorded(tmp_path / "a.s2s", whole_block(10)), recorded(tmp_path / "b.s2s", whole_block(10, samples=2))
    )

    assert comparison.spikes_equal is None
    assert all(row.spikes is None and row.largest_v is None for row in comparison.populations)
    assert any("samples" in note for note in comparison.notes)
    assert comparison.numbers
