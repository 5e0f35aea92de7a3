"""The summary of a run: what `run --json` prints and `summary.json` holds, from counts and the cost table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec
from s2studio.marks import marks_in
from s2studio.session.measured_summary import BASELINE as MEASURED_BASELINE
from s2studio.session.measured_summary import MEASURED, summarize_measured
from s2studio.session.run import PricedBlock, Progress, Run, no_progress
from s2studio.session.time_ends import TimeEnds
from s2studio.sim.energy import ENERGY_KINDS, baseline, idle_energy_j
from s2studio.sim.energy_ends import TOTAL, EnergyEnds, energy_ends
from s2studio.sim.level import LevelPolicy
from s2studio.sim.pricing import BlockEnds
from s2studio.sim.timing import fifo_overflow, late, smallest_safe_tick_s
from s2studio.sim.traffic import packets_received
from s2studio.units import NS_PER_S, counted, with_unit

Json = dict[str, Any]

ESTIMATES = (
    "Spikes, voltages, synaptic events, packets and flits are counted exactly, as long as no PE is late. "
    "Times, levels and energies follow from them with the chip file's cost table, most of whose cycle counts are "
    "estimates (see `s2studio chip`)."
)


def summarize(
    run: Run,
    start: int = 0,
    stop: int | None = None,
    policy: LevelPolicy | None = None,
    chip: ChipSpec | None = None,
    progress: Progress = no_progress,
) -> Json:
    """Return what the ticks `start` to `stop` of `run` did and cost, at another level or cost table where given.

    `packets` enter the NoC; `packets_received` are those that PEs took out of it, one for each target PE, and
    `packets_in_flight` those that will only arrive in the tick after `stop`.
    """
    stop = run.ticks if stop is None else min(stop, run.ticks)
    spec, policy = chip or run.machine.spec, policy or run.about.level
    machine = Machine(spec, run.machine.runtime, run.machine.chips)
    if run.is_measured:
        found = _said(run, start, stop, machine, policy) | summarize_measured(run, start, stop)
        found |= {"baseline": MEASURED_BASELINE, **_ends(run), "estimates": MEASURED}
        return found | {"marks": marks_in(found), "warnings": []}
    totals, ends = _Totals(run, machine), TimeEnds(run, start, policy, spec)
    for block in run.priced_blocks(start, stop, policy, spec):
        progress(block.start - start, stop - start)
        totals.add(block, ends.of(block))
    outputs = run.neuron_spikes(start, stop)
    summary = _said(run, start, stop, machine, policy) | {
        "populations": _populations(run, totals),
        "outputs": {
            entry.name: outputs[entry.name].sum(axis=0).tolist()
            for entry in run.about.populations
            if entry.is_output and entry.name in outputs
        },
    }
    summary |= totals.counts() | totals.costs(stop - start) | _timed(run, start, stop)
    return summary | {
        "baseline": baseline(spec),
        **_ends(run),
        "estimates": ESTIMATES,
        "marks": marks_in(summary),
        "lowering": list(run.about.lowering),
        "warnings": _warnings(run, totals, summary),
    }


def _timed(run: Run, start: int, stop: int) -> Json:
    """Return what only an engine knows that runs function and time together; nothing of another."""
    if not run.about.is_timed:
        return {}
    found = run.lateness(start, stop)
    return {
        "engine": run.about.engine,
        "fifo": run.about.fifo,
        "packets_lost": int(found["packets_lost"].sum(dtype=np.int64)),
        "packets_late": int(found["packets_late"].sum(dtype=np.int64)),
        "late_starts": int((found["start_delay_ns"] > 0).sum()),
        "start_delay_max_s": float(found["start_delay_ns"].max(initial=0)) / NS_PER_S,
        "stalled_s": float(found["stalled_ns"].sum(dtype=np.int64)) / NS_PER_S,
    }


def _said(run: Run, start: int, stop: int, machine: Machine, policy: LevelPolicy) -> Json:
    """Return what was run, in the order in which `run --json` prints it; what is counted takes its place later."""
    spec, about = machine.spec, run.about
    return {
        "session": str(run.session),
        "run": run.number,
        "state": run.state,
        "origin": about.origin,
        "network": about.network,
        "chip": spec.name,
        "chip_label": spec.label,
        "runtime": machine.runtime.name,
        "first_step": start,
        "steps": stop - start,
        "samples": about.samples,
        "tick_s": run.tick_s,
        "populations": [],
        "outputs": {},
        "pes_used": run.mapping.pes_used,
        "placer": run.mapping.options.placer,
        "routing": run.mapping.options.routing,
        "board": _board(run),
        "level": ", ".join(policy.texts),
        "recorded": {entry.name: list(entry.recorded) for entry in about.populations if entry.recorded},
        "observed": {entry.name: list(entry.observed) for entry in about.populations if entry.observed},
    }


def _ends(run: Run) -> Json:
    return {"tick_over_dt": run.tick_s / run.about.dt_s if run.about.dt_s else None}


@dataclass
class _Totals:
    """What is added up over the blocks of a run."""

    run: Run
    machine: Machine
    spikes: NDArray[np.int64] = field(init=False)
    sums: dict[str, int] = field(default_factory=dict)
    # In J by kind and in all, and the highest tick: by the low end, the value and the high end.
    energy_j: NDArray[np.float64] = field(default_factory=lambda: np.zeros((3, len(ENERGY_KINDS) + 1)))
    energy_tick_max_j: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    late_ticks: NDArray[np.int64] = field(init=False)
    overflows: NDArray[np.int64] = field(init=False)
    first_late: int | None = None
    most_packets: int = 0
    time_done_max_s: float = 0.0
    # Both ends of the longest tick, and what of the pessimistic one is work.
    time_low_s: float = 0.0
    time_pessimistic_s: float = 0.0
    busy_pessimistic_s: float = 0.0
    late_pessimistic: int = 0
    pe_ticks: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        slices = len(self.run.mapping.slices)
        self.spikes, self.late_ticks, self.overflows = (np.zeros(slices, np.int64) for _ in range(3))
        self.pe_ticks = np.zeros(len(self.machine.spec.levels), np.int64)
        names = ("packets", "packets_received", "packets_in_flight", "synaptic_events", "neuron_updates", "flit_hops")
        self.sums = dict.fromkeys(names, 0)

    def add(self, block: PricedBlock, ends: BlockEnds) -> None:
        """Add the ticks of `block`, with the ends of their times."""
        counts, priced = block.counts, block.priced
        samples, ticks, _ = counts.packets.shape
        self.spikes += counts.spikes.sum(axis=(0, 1), dtype=np.int64)
        self.sums["packets"] += int(priced.packets_sent.sum())
        self.sums["packets_received"] += int(counts.packets.sum(dtype=np.int64))
        self.sums["synaptic_events"] += int(counts.synaptic_events.sum(dtype=np.int64))
        self.sums["neuron_updates"] += int(counts.updates.sum(dtype=np.int64)) * samples * ticks
        self.sums["flit_hops"] += int(priced.flits.sum())
        # Spikes of a tick arrive in the next one: those of the last tick are still under way.
        last = packets_received(counts.spikes[:, -1], self.run.traffic.receivers)
        self.sums["packets_in_flight"] = int(last.sum())
        self._add_time(block)
        self._add_ends(ends)
        self._add_energy(energy_ends(counts, self.run.work, priced, ends.work, self.machine, self.run.tick_s))

    def _add_time(self, block: PricedBlock) -> None:
        priced, packets = block.priced, block.counts.packets
        is_late = late(priced.time_done_s, self.run.tick_s)
        self.late_ticks += is_late.sum(axis=(0, 1))
        if self.first_late is None and is_late.any():
            self.first_late = block.start + int(is_late.any(axis=(0, 2)).argmax())
        self.overflows += fifo_overflow(packets, self.machine.spec).sum(axis=(0, 1))
        self.most_packets = max(self.most_packets, int(packets.max()))
        self.time_done_max_s = max(self.time_done_max_s, float(priced.time_done_s.max()))
        self.pe_ticks += np.bincount(priced.levels.reshape(-1), minlength=len(self.pe_ticks))

    def _add_ends(self, ends: BlockEnds) -> None:
        # What a PE waited for is no work: with a longer tick it would not have waited.
        self.busy_pessimistic_s = max(self.busy_pessimistic_s, float(ends.work.time_pessimistic_s.max()))
        self.time_low_s = max(self.time_low_s, float(ends.done_low_s.max()))
        self.time_pessimistic_s = max(self.time_pessimistic_s, float(ends.done_pessimistic_s.max()))
        self.late_pessimistic += int(late(ends.done_pessimistic_s, self.run.tick_s).sum())

    def _add_energy(self, found: EnergyEnds) -> None:
        for end, by_kind in enumerate((found.low_j, found.value_j, found.high_j)):
            self.energy_j[end] += [float(values.sum()) for values in by_kind.values()]
            self.energy_tick_max_j[end] = max(self.energy_tick_max_j[end], float(by_kind[TOTAL].max()))

    def counts(self) -> Json:
        """Return what was counted, and the deadline."""
        return self.sums | {
            "late_ticks": int(self.late_ticks.sum()),
            "late_ticks_pessimistic": self.late_pessimistic,
            "fifo_overflows": int(self.overflows.sum()),
            "time_done_low_s": self.time_low_s,
            "time_done_max_s": self.time_done_max_s,
            "time_done_pessimistic_s": self.time_pessimistic_s,
            "smallest_safe_tick_s": smallest_safe_tick_s(self.busy_pessimistic_s, self.machine.spec),
            "pe_ticks_by_level": dict(zip(self.machine.spec.levels, self.pe_ticks.tolist(), strict=True)),
        }

    def costs(self, ticks: int) -> Json:
        """Return energy and power of `ticks` ticks, with both ends."""
        samples, tick_s = self.run.about.samples, self.run.tick_s
        low, value, high = (dict(zip((*ENERGY_KINDS, TOTAL), row, strict=True)) for row in self.energy_j.tolist())
        duration_s = samples * ticks * tick_s
        idle_j = idle_energy_j(samples * ticks, tick_s, self.machine, len(self.run.mapping.slices))
        peak_low_j, peak_j, peak_high_j = self.energy_tick_max_j.tolist()
        mean_low_w, mean_w, mean_high_w = (found[TOTAL] / duration_s if ticks else 0.0 for found in (low, value, high))
        return {
            "energy_j": value,
            "energy_low_j": low.pop(TOTAL),
            "energy_high_j": high.pop(TOTAL),
            "energy_kinds_low_j": low,
            "energy_kinds_high_j": high,
            "energy_dynamic_j": value[TOTAL] - idle_j,
            "energy_dynamic_low_j": float(self.energy_j[0, -1]) - idle_j,
            "energy_dynamic_high_j": float(self.energy_j[2, -1]) - idle_j,
            "power_mean_w": mean_w,
            "power_mean_low_w": mean_low_w,
            "power_mean_high_w": mean_high_w,
            "power_peak_w": peak_j / tick_s,
            "power_peak_low_w": peak_low_j / tick_s,
            "power_peak_high_w": peak_high_j / tick_s,
        }


def _populations(run: Run, totals: _Totals) -> list[Json]:
    slices = run.mapping.slices
    rows = []
    for entry in run.about.populations:
        own = [number for number, piece in enumerate(slices) if piece.population == entry.name]
        rows.append(
            {
                "name": entry.name,
                "size": entry.size,
                "model": entry.model,
                "spikes": int(totals.spikes[own].sum()),
                "pes": len({slices[number].pe for number in own}),
            }
        )
    return rows


def _board(run: Run) -> Json | None:
    """Return whether the board can reproduce the mapping, and why not; None where the session does not say."""
    board = run.about.board
    if board is None:
        return None
    return {"expressible": board.expressible, "moved": len(board.moved), "reasons": list(board.reasons)}


def _warnings(run: Run, totals: _Totals, summary: Json) -> list[str]:
    warnings = list(run.about.notes)
    spec = totals.machine.spec
    if run.state != "complete":
        warnings.append(f"the run is {run.state} after {run.ticks:,} of {run.about.steps:,} ticks")
    warnings += _timing_warnings(run, totals, summary)
    spiking = {row["name"] for row in summary["populations"] if row["spikes"]}
    # An output of which the board records the voltage alone is read by it: an integrator never spikes.
    by_voltage = {entry.name for entry in run.about.populations if entry.recorded == ("v",)}
    warnings += [f"output '{name}' never spiked" for name in summary["outputs"] if name not in spiking | by_voltage]
    if not spec.is_spinnaker2:
        warnings.append(f"chip '{spec.name}' is {spec.label}")
    return warnings


def _timing_warnings(run: Run, totals: _Totals, summary: Json) -> list[str]:
    warnings: list[str] = []
    spec = totals.machine.spec
    if totals.first_late is None and totals.late_pessimistic:
        warnings.append(
            f"at the pessimistic end of the cycle costs PEs are late in "
            f"{counted(totals.late_pessimistic, 'PE tick')}; a tick of "
            f"{with_unit(summary['smallest_safe_tick_s'], 's')} is long enough by any costs"
        )
    if totals.first_late is not None:
        pes = counted(int((totals.late_ticks > 0).sum()), "PE")
        safe = with_unit(summary["smallest_safe_tick_s"], "s")
        warnings.append(
            f"{pes} late in {counted(summary['late_ticks'], 'PE tick')}, the first in tick {totals.first_late:,}: "
            f"{_meaning(run)}; a tick of {safe} is long enough"
        )
    if summary.get("packets_lost"):
        warnings.append(
            f"full FIFOs lost {counted(summary['packets_lost'], 'packet')}: `s2studio why` says whose, and why"
        )
    elif totals.overflows.any():
        worst = run.mapping.slices[int(totals.overflows.argmax())].pe
        warnings.append(
            f"more than {spec.fifo_depth_packets:,} packets waited for a PE in "
            f"{counted(summary['fifo_overflows'], 'PE tick')} (up to {totals.most_packets:,}, most often {worst}): "
            "spikes are as if in time, on the chip the FIFO can fill"
        )
    return warnings


def _meaning(run: Run) -> str:
    if run.about.is_timed:
        return "spikes are those of a chip on which it takes that long"
    return "spikes are as if in time, on the chip they can differ (see --engine per_pe)"
