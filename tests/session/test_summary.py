"""The summary of a run: its numbers worked out on paper, and what it warns of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from s2studio.chip.loader import make_machine
from s2studio.session.reader import open_session
from s2studio.session.run import Run
from s2studio.sim.counts import TickBlock
from s2studio.sim.energy import idle_energy_j
from s2studio.sim.level import LevelPolicy
from tests.session.runs import SPEC, TICK_S, record, whole_block

TICKS = 40
KEYS = (
    *("session", "steps", "tick_s", "populations", "outputs", "pes_used", "packets", "synaptic_events"),
    *("neuron_updates", "flit_hops", "late_ticks", "time_done_max_s", "smallest_safe_tick_s", "energy_j"),
    *("energy_dynamic_j", "baseline", "tick_over_dt", "power_mean_w", "power_peak_w", "warnings"),
)
KINDS = ("always_on", "asleep", "neurons", "synapses", "packets", "recording", "switching", "noc", "router")


def _run(path: Path, block: TickBlock, policy: LevelPolicy | None = None) -> Run:
    return open_session(record(path / "run.s2s", block, [7], policy=policy)).runs[0]


def test_that_everything_other_programs_rely_on_is_there(tmp_path: Path) -> None:
    summary = _run(tmp_path, whole_block(TICKS)).summary()

    assert set(KEYS) <= set(summary)
    assert tuple(summary["energy_j"]) == (*KINDS, "total")
    assert set(summary["populations"][0]) == {"name", "size", "model", "spikes", "pes"}
    assert (summary["steps"], summary["tick_s"], summary["tick_over_dt"]) == (TICKS, TICK_S, 0.5)
    assert summary["recorded"] == {"output": ["spikes", "v"]}
    assert summary["observed"] == {"input": ["spikes"]}


def test_that_counts_are_added_up(tmp_path: Path) -> None:
    block = whole_block(TICKS)
    summary = _run(tmp_path, block).summary()
    sent = block.counts.spikes[0, :, 0]

    assert [(row["name"], row["spikes"], row["pes"]) for row in summary["populations"]] == [
        ("input", sent.sum(), 1),
        ("output", block.counts.spikes[:, :, 1:].sum(), 2),
    ]
    assert sum(summary["outputs"]["output"]) == block.counts.spikes[:, :, 1:].sum()
    assert summary["packets"] == sent.sum()
    assert summary["flit_hops"] == 4 * sent.sum()
    assert summary["synaptic_events"] == 8 * sent[:-1].sum()
    assert summary["neuron_updates"] == 8 * TICKS
    assert summary["warnings"] == []


def test_that_every_packet_sent_is_received_by_each_target_or_still_under_way(tmp_path: Path) -> None:
    summary = _run(tmp_path, whole_block(TICKS, rate=0.9)).summary()

    assert summary["packets_in_flight"] > 0
    assert summary["packets_received"] + summary["packets_in_flight"] == 2 * summary["packets"]


def test_that_energy_is_the_sum_of_its_kinds_and_power_its_mean(tmp_path: Path) -> None:
    summary = _run(tmp_path, whole_block(TICKS)).summary()
    energy = summary["energy_j"]

    assert energy["total"] == pytest.approx(sum(energy[kind] for kind in KINDS), rel=1e-12)
    assert summary["energy_dynamic_j"] == pytest.approx(
        energy["total"] - idle_energy_j(TICKS, TICK_S, make_machine(SPEC), 3)
    )
    assert summary["power_mean_w"] == pytest.approx(energy["total"] / (TICKS * TICK_S))
    assert summary["power_peak_w"] > summary["power_mean_w"]


def test_that_parts_of_a_run_add_up_to_the_whole(tmp_path: Path) -> None:
    run = _run(tmp_path, whole_block(TICKS))
    first, second, whole = run.summary(0, 15), run.summary(15), run.summary()

    for key in ("steps", "packets", "packets_received", "synaptic_events", "neuron_updates", "flit_hops"):
        assert first[key] + second[key] == whole[key]
    assert first["energy_j"]["total"] + second["energy_j"]["total"] == pytest.approx(whole["energy_j"]["total"])
    np.testing.assert_array_equal(
        np.add(first["outputs"]["output"], second["outputs"]["output"]), whole["outputs"]["output"]
    )


def test_that_a_run_is_priced_anew_at_another_level_and_with_another_cost_table(tmp_path: Path) -> None:
    run = _run(tmp_path, whole_block(TICKS))
    high = run.summary(policy=LevelPolicy("high"))
    dear = run.summary(chip=replace(SPEC, energy=replace(SPEC.energy, flit_hop_j=2 * SPEC.energy.flit_hop_j)))
    low = run.summary()

    assert (low["level"], high["level"]) == ("low", "high")
    assert high["time_done_max_s"] < low["time_done_max_s"]
    assert high["pe_ticks_by_level"] == {"low": 0, "high": 3 * TICKS}
    assert dear["energy_j"]["noc"] == pytest.approx(2 * low["energy_j"]["noc"])


@pytest.mark.usefixtures("kept_counts")
def test_that_a_late_pe_is_warned_of(tmp_path: Path) -> None:
    block = whole_block(TICKS)
    counts = replace(block.counts, synaptic_events=block.counts.synaptic_events * 0)
    counts.synaptic_events[0, 9, 1] = 10_000_000
    summary = _run(tmp_path, replace(block, counts=counts)).summary()

    assert summary["late_ticks"] == 1
    assert "1 PE late in 1 PE tick, the first in tick 9: spikes are as if in time" in summary["warnings"][0]
    assert summary["smallest_safe_tick_s"] >= summary["time_done_max_s"] > TICK_S


@pytest.mark.usefixtures("kept_counts")
def test_that_more_packets_than_the_fifo_holds_are_warned_of(tmp_path: Path) -> None:
    block = whole_block(TICKS)
    for waiting in (SPEC.fifo_depth_packets, SPEC.fifo_depth_packets + 1):
        counts = replace(block.counts, packets=block.counts.packets * 0)
        counts.packets[0, 5, 2] = waiting
        (tmp_path / str(waiting)).mkdir()
        summary = _run(tmp_path / str(waiting), replace(block, counts=counts)).summary()
        assert summary["fifo_overflows"] == waiting - SPEC.fifo_depth_packets
    assert "up to 513, most often PE(2, 4, 0)" in summary["warnings"][0]


def test_that_a_silent_output_is_warned_of(tmp_path: Path) -> None:
    assert _run(tmp_path, whole_block(TICKS, rate=0)).summary()["warnings"] == ["output 'output' never spiked"]
