"""Runs made by hand: the small network of tests.sim.mappings with random spikes, counts that follow, and voltages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from s2studio.chip.loader import load_chip
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.recorder import Recorder, SessionHeader
from s2studio.session.run_recorder import RunRecorder
from s2studio.sim.counts import Counts, SpikeRuns, SpikeTable, TickBlock
from s2studio.sim.level import LevelPolicy
from s2studio.snn.digest import network_digest
from s2studio.snn.network import ChipNetwork
from tests.sim.mappings import small_mapping, small_network

SPEC = load_chip()
TICK_S = 1e-3
V_SCALE = 102.02
BOUNDS = {0: (0, 3), 1: (0, 4, 8)}
HEADER = SessionHeader("small", 7, SPEC, "py-spinnaker2", {"run": {"level": LevelPolicy("auto", {"relay": 3})}})


def network() -> ChipNetwork:
    """Return the small network, its output in a scale of its own."""
    plain = small_network()
    source, output = plain.spiking.populations
    part = replace(plain.spiking, populations=(source, replace(output, v_scale=V_SCALE)))
    return replace(plain, spiking=part, dt_s=2e-3)


def mapping() -> ChipMapping:
    """Return the small mapping, which records spikes and voltages of the output."""
    return replace(small_mapping(frozenset({"spikes", "v"})), network_digest=network_digest(network()))


def whole_block(ticks: int, samples: int = 1, seed: int = 0, rate: float = 0.3) -> TickBlock:
    """Return a run of `ticks` ticks in one block: a packet arrives at both output slices one tick after its spike."""
    random = np.random.default_rng(seed)
    fired = [random.random((samples, ticks, size)) < rate for size in (3, 8)]
    sent = np.stack([fired[0].sum(2), fired[1][:, :, :4].sum(2), fired[1][:, :, 4:].sum(2)], axis=2).astype(np.int32)
    packets = np.zeros_like(sent)
    packets[:, 1:, 1:] = sent[:, :-1, :1]
    voltages = random.normal(size=(samples, ticks, 8)).astype(np.float32)
    counts = Counts(packets, packets * 4, sent, np.array([0, 4, 4], np.int32), np.array([0, 32, 32], np.int32))
    return TickBlock(0, ticks, SpikeRuns.of(_table(fired)), counts, {"output": voltages})


def _table(fired: Sequence[np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]) -> SpikeTable:
    columns = [np.nonzero(spikes) for spikes in fired]
    sample, tick, neuron = (np.concatenate([column[axis] for column in columns]) for axis in range(3))
    population = np.concatenate([np.full(len(column[0]), number) for number, column in enumerate(columns)])
    order = np.lexsort((neuron, population, tick, sample))
    return SpikeTable(
        sample[order].astype(np.int32),
        tick[order].astype(np.int64),
        population[order].astype(np.int32),
        neuron[order].astype(np.int32),
    )


def cut(block: TickBlock, cuts: Sequence[int]) -> Iterator[TickBlock]:
    """Return `block` in pieces that end at `cuts` and at its end."""
    start = 0
    for stop in (*sorted(cuts), block.ticks):
        part = slice(start, stop)
        spikes, counts = block.spikes, block.counts
        here = (spikes.tick >= start) & (spikes.tick < stop)
        yield TickBlock(
            start,
            stop - start,
            SpikeRuns.of(
                SpikeTable(spikes.sample[here], spikes.tick[here], spikes.population[here], spikes.neuron[here])
            ),
            replace(
                counts,
                packets=counts.packets[:, part],
                synaptic_events=counts.synaptic_events[:, part],
                spikes=counts.spikes[:, part],
            ),
            {name: values[:, part] for name, values in block.voltages.items()},
        )
        start = stop


def start_run(
    recorder: Recorder, steps: int, samples: int = 1, policy: LevelPolicy | None = None, observe_input: bool = True
) -> RunRecorder:
    """Start a run of the small network that records the output and observes the input's spikes."""
    recorded = {"output": frozenset({"spikes", "v"})}
    observed = {"input": frozenset({"spikes"})} if observe_input else {}
    chosen = policy or LevelPolicy()
    return recorder.start_run(network(), mapping(), chosen, TICK_S, steps, recorded, observed, samples)


def record(
    path: Path, block: TickBlock, cuts: Sequence[int] = (), overwrite: bool = False, policy: LevelPolicy | None = None
) -> Path:
    """Write a session with one run of `block`, handed over in pieces."""
    with Recorder(path, HEADER, overwrite) as recorder:
        run = start_run(recorder, block.ticks, block.counts.packets.shape[0], policy)
        for piece in cut(block, cuts):
            run.write(piece)
    return recorder.path
