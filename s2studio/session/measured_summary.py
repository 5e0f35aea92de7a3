"""The summary of a measured run: only what the board recorded; null where it did not."""

from __future__ import annotations

from typing import Any

import numpy as np

from s2studio.session.run import Run
from s2studio.session.tables import N_PACKETS, TIME_DONE
from s2studio.sim.timing import late, smallest_safe_tick_s

Json = dict[str, Any]

BASELINE = "What the board's power sensor covers; see the board's manual."
MEASURED = "Measured on a board: nothing here is simulated. Values are null where the board did not record them."


def summarize_measured(run: Run, start: int, stop: int) -> Json:
    """Return what the board recorded in the ticks `start` to `stop` of `run`, in the words of `session.summary`."""
    spikes = run.neuron_spikes(start, stop)
    slices = run.mapping.slices
    populations = [
        {
            "name": entry.name,
            "size": entry.size,
            "model": entry.model,
            "spikes": int(spikes[entry.name].sum()) if entry.name in spikes else None,
            "pes": len({piece.pe for piece in slices if piece.population == entry.name}),
        }
        for entry in run.about.populations
    ]
    outputs = {
        entry.name: spikes[entry.name].sum(axis=0).tolist()
        for entry in run.about.populations
        if entry.is_output and entry.name in spikes
    }
    return {"populations": populations, "outputs": outputs} | _per_pe(run, start, stop) | _power(run, start, stop)


def _per_pe(run: Run, start: int, stop: int) -> Json:
    done = [values[start:stop] for values in run.measured(TIME_DONE).values()]
    packets = run.measured(N_PACKETS)
    # A sum over some of the PEs would look like one over all of them.
    every = {str(piece.pe) for piece in run.mapping.slices} <= packets.keys()
    longest = max((float(values.max(initial=0.0)) for values in done), default=None)
    return {
        "packets_received": sum(int(values[start:stop].sum()) for values in packets.values()) if every else None,
        "pes_with_time_done": len(done),
        "pes_with_n_packets": len(packets),
        "late_ticks": sum(int(late(values, run.tick_s).sum()) for values in done) if done else None,
        "time_done_max_s": longest,
        "smallest_safe_tick_s": None if longest is None else smallest_safe_tick_s(longest, run.machine.spec),
    }


def _power(run: Run, start: int, stop: int) -> Json:
    moment_s, power_w = run.measured_power.T
    window = (moment_s >= start * run.tick_s) & (moment_s < stop * run.tick_s)
    found = power_w[window]
    mean = float(np.mean(found)) if len(found) else None
    return {
        "power_samples": len(found),
        "power_mean_w": mean,
        "power_peak_w": float(found.max()) if len(found) else None,
        "energy_j": {"total": None if mean is None else mean * (stop - start) * run.tick_s},
    }
