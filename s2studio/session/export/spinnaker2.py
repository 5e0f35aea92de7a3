"""A run as a script in py-spinnaker2's API, `run_on_board.py`, with its integer weights and spikes in `network.npz`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.errors import SessionError
from s2studio.mapping.board import BoardClass
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.session.about import Variables
from s2studio.session.export.board_script import script_text
from s2studio.session.run import Progress, Run
from s2studio.sim.level import AUTO, LevelPolicy
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from s2studio.snn.network import ChipNetwork
from s2studio.snn.projection import Projection

SCRIPT, ARRAYS = "run_on_board.py", "network.npz"


@dataclass(frozen=True)
class BoardRun:
    """A run that a board can repeat: the network, its placement, stimulus, ticks, level and recording.

    An `auto` level holds the threshold of every neuron model. `source` says where the run comes from, in words;
    `digest` is the network's.
    """

    network: ChipNetwork
    digest: str
    board: BoardClass
    routing: str
    stimulus: Stimulus
    steps: int
    tick_s: float
    level: LevelPolicy
    record: Variables
    source: str


def write_spinnaker2(run: Run, folder: Path, start: int, stop: int, progress: Progress) -> None:
    """Write the ticks up to `stop` of `run`, which a session holds, as a script.

    Raises SessionError for a batch, a window that does not begin with the run, and spikes that were not kept.
    """
    progress(0, 2)
    source = _board_run(run, start, stop)
    progress(1, 2)
    write_script(source, folder)
    progress(2, 2)


def with_thresholds(policy: LevelPolicy, spec: ChipSpec) -> LevelPolicy:
    """Return `policy`, an `auto` one with a threshold for every neuron model: the board's defaults need not be ours."""
    if policy.mode != AUTO:
        return policy
    defaults = {model: limits.auto_threshold_packets for model, limits in spec.models.items()}
    return replace(policy, thresholds={**defaults, **policy.thresholds})


def write_script(source: BoardRun, folder: Path) -> None:
    """Write script and arrays of `source` into `folder`."""
    arrays = _arrays(source)
    with (folder / ARRAYS).open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
    (folder / SCRIPT).write_text(script_text(source), encoding="utf-8")


def _board_run(run: Run, start: int, stop: int) -> BoardRun:
    about, subject = run.about, f"run {run.number} of {run.session}"
    if about.samples > 1:
        raise SessionError(subject, f"a batch of {about.samples:,} samples", "a board runs one", "run one sample alone")
    if start > 0:
        raise SessionError(subject, f"a window from tick {start:,}", "a board begins with tick 0", "leave out --from")
    if about.board is None:
        raise SessionError(subject, "does not say how it was placed", hint="run it again with this version")
    return BoardRun(
        network=run.whole_network,
        digest=about.network_digest,
        board=about.board,
        routing=about.mapping.routing,
        stimulus=_stimulus(run, subject, stop),
        steps=stop,
        tick_s=run.tick_s,
        level=with_thresholds(about.level, run.machine.spec),
        record={entry.name: frozenset(entry.recorded) for entry in about.populations},
        source=f"run {run.number} of the session {run.session.name}",
    )


def _stimulus(run: Run, subject: str, stop: int) -> Stimulus:
    sources = [entry for entry in run.about.populations if entry.model == "spike_list"]
    for entry in sources:
        if not entry.keeps("spikes"):
            hint = "run it again without --observe"
            raise SessionError(subject, f"the spikes of its input '{entry.name}' were not kept", hint=hint)
    spikes = run.spikes(0, stop)
    names = run.about.names
    chosen = {entry.name: spikes.population == names.index(entry.name) for entry in sources}
    return {name: SpikeTrain.of(spikes.tick[rows], spikes.neuron[rows]) for name, rows in chosen.items()}


def _arrays(source: BoardRun) -> dict[str, NDArray[Any]]:
    """Return the arrays that the script reads: `POP.PARAMETER`, `POP.spikes`, `N.connections`, `N.kernel`."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, population in enumerate(source.network.spiking.populations):
        for name, value in population.params.items():
            if isinstance(value, np.ndarray):
                arrays[f"population{number}.{name}"] = value
        if population.model == "spike_list":
            train = source.stimulus.get(population.name, SpikeTrain.of(np.zeros(0, np.int64), np.zeros(0, np.int32)))
            arrays[f"population{number}.spikes"] = np.stack([train.neuron, train.step], axis=1).astype(np.int32)
    for number, projection in enumerate(source.network.spiking.projections):
        arrays |= _weights(f"projection{number}", projection)
    return arrays


def _weights(name: str, projection: Projection) -> Mapping[str, NDArray[Any]]:
    weights = projection.connectivity
    if isinstance(weights, ConvWeights):
        # The board's kernels are (input channel, output channel, height, width).
        return {f"{name}.kernel": np.ascontiguousarray(weights.weight.swapaxes(0, 1))}
    synapses = listed(weights)
    columns = (synapses.pre, synapses.post, synapses.weight, synapses.delay)
    return {f"{name}.connections": np.stack(columns, axis=1).astype(np.int32).reshape(-1, 4)}


def listed(weights: SynapseList | DenseWeights) -> SynapseList:
    """Return synapses as a list; a weight of 0 in a matrix is no synapse."""
    if isinstance(weights, SynapseList):
        return weights
    pre, post = np.nonzero(weights.weight)
    delay = np.full(len(pre), weights.delay, np.uint8)
    return SynapseList(pre.astype(np.int32), post.astype(np.int32), weights.weight[pre, post], delay)
