"""Decisions: when, counted from the start of a span, another output took the lead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.app.shown import MOST_OUTPUTS
from s2studio.gui.translation import tr
from s2studio.snn.network import ChipNetwork


@dataclass(frozen=True)
class Decision:
    """In `column` of a view the row `output` of its outputs came to have more spikes than any other."""

    column: int
    output: int


def decisions(outputs: NDArray[np.integer]) -> tuple[Decision, ...]:
    """Return each change of the lead in `outputs`, spikes of shape (outputs, columns).

    A tie changes nothing, and a single output decides nothing.
    """
    counts = np.cumsum(outputs, axis=1)
    if not counts.size or len(counts) == 1:
        return ()
    leads = counts == counts.max(axis=0)
    alone = np.flatnonzero(leads.sum(axis=0) == 1)
    leader = leads[:, alone].argmax(axis=0)
    is_new = np.diff(leader, prepend=-1) != 0
    return tuple(
        Decision(int(column), int(output)) for column, output in zip(alone[is_new], leader[is_new], strict=True)
    )


def output_names(network: ChipNetwork) -> list[str]:
    """Return a name for each row of `View.outputs`: `class 3` where there is one output population."""
    part = network.spiking
    outputs = [one for one in part.populations if one.name in part.outputs and one.size <= MOST_OUTPUTS]
    if len(outputs) == 1:
        return [tr("class {neuron}", neuron=neuron) for neuron in range(outputs[0].size)]
    return [f"{one.name}[{neuron}]" for one in outputs for neuron in range(one.size)]
