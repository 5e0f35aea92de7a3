"""The loop of a run: advance the simulator span by span, hand each block on, tell how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable

from s2studio.app.inputs import RunInputs
from s2studio.sim.counts import TickBlock
from s2studio.sim.lockstep import Simulator

# A span should take this long: short enough to cancel and watch at once, long enough to stay in compiled code.
SPAN_S = 0.1
FIRST_SPAN, LONGEST_SPAN = 64, 8192


def run_ticks(
    simulator: Simulator, inputs: RunInputs, write: Callable[[TickBlock], None], report: Callable[[int, int], None]
) -> None:
    """Advance `simulator` by all steps of `inputs`, giving each block to `write`; `report` may raise Cancelled."""
    done, span = 0, FIRST_SPAN
    while done < inputs.steps:
        report(done, inputs.steps)
        ticks = min(span, inputs.steps - done)
        started = time.perf_counter()
        write(simulator.advance(ticks, {name: train.between(done, done + ticks) for name, train in inputs.stimulus.items()}))
        done += ticks
        if time.perf_counter() - started < SPAN_S / 2:
            span = min(span * 2, LONGEST_SPAN)
    report(done, inputs.steps)
