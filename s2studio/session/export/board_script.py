"""The text of the script that repeats a run on a board: readable Python in py-spinnaker2's API, and nothing of ours."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from s2studio.sim.level import AUTO
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.models import MODELS
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from s2studio.version import __version__

if TYPE_CHECKING:
    from s2studio.session.export.spinnaker2 import BoardRun

# Slices that would move on the board, of which so many are listed.
_MOVED = 40
# Module and class of each neuron model's program. Public scripts name the first three; the others follow their pattern,
# so the script goes on where a py-spinnaker2 has them not.
APPLICATIONS: Mapping[str, tuple[str, str]] = {
    "lif": ("lif_neuron", "LIFApplication"),
    "lif_no_delay": ("lif_neuron", "LIFNoDelayApplication"),
    "lif_conv2d": ("lif_conv2d", "LIFConv2dApplication"),
    "lif_curr_exp": ("lif_curr_exp", "LIFCurrExpApplication"),
    "lif_curr_exp_no_delay": ("lif_curr_exp", "LIFCurrExpNoDelayApplication"),
    "spike_list": ("spike_list", "SpikeListApplication"),
    "poisson_process": ("poisson_process", "PoissonProcessApplication"),
    "relay": ("relay", "RelayApplication"),
}
_MODES = {"low": "PL_MODE_LOW", "high": "PL_MODE_HIGH", AUTO: "PL_MODE_AUTO"}
# Names that a population must not hide.
_TAKEN = {
    *dir(builtins),
    *(
        "os",
        "sys",
        "Path",
        "import_module",
        "np",
        "hardware",
        "snn",
        "ROUTING",
        "BackendSettings",
        "STEPS",
        "TICK_S",
        "FOLDER",
        "arrays",
        "file",
    ),
    *("connections", "spike_times", "set_level", "net", "address", "board", "results", "table", "by_pe", "time_done"),
    *("n_packets", "number", "population", "voltages"),
}

_HEAD = '''\
import os
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
from spinnaker2 import hardware, snn
from spinnaker2.experiment_backends.backend_settings import ROUTING, BackendSettings

STEPS = {steps}
TICK_S = {tick_s!r}
FOLDER = Path(__file__).resolve().parent
with np.load(FOLDER / "network.npz", allow_pickle=False) as file:
    arrays = dict(file)


def connections(number):
    """Return [[pre neuron, post neuron, weight, delay], ...]; a spike acts 1 + delay ticks later."""
    return arrays[f"projection{{number}}.connections"].tolist()


def spike_times(number, size):
    """Return {{neuron: [tick, ...]}} of an input."""
    times = {{neuron: [] for neuron in range(size)}}
    for neuron, tick in arrays[f"population{{number}}.spikes"].tolist():
        times[neuron].append(tick)
    return times

'''

_LEVELS = '''
def set_level(module, application, mode, **limits):
    """Set the performance level of the PEs of a neuron model, where this py-spinnaker2 can."""
    try:
        common = import_module("spinnaker2.neuron_models.common")
        program = getattr(import_module(f"spinnaker2.neuron_models.{module}"), application)
        program.dvfs_params = common.DVFSParams(mode=getattr(common.PmgtMode, mode), **limits)
    except (ImportError, AttributeError) as problem:
        print(f"the level of {application} is left as it is: {problem}")

'''

_RUN = """
address = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("S2_IP", "192.168.1.25")
board = hardware.SpiNNaker2Chip(eth_ip=address)
board.run(net, STEPS, sys_tick_in_s=TICK_S)
"""

_RESULTS = '''
# What the board returned, as `s2studio import` reads it.
results = {{
    "s2studio": np.array("results/1"),
    "network_digest": np.array({digest!r}),
    "steps": np.array(STEPS),
    "tick_s": np.array(TICK_S),
    "populations": np.array([population.name for population in net.populations]),
}}


def table(times):
    """Return (tick, neuron) of each spike in {{neuron: [tick, ...]}}."""
    rows = [(int(tick), int(neuron)) for neuron, ticks in times.items() for tick in ticks]
    return np.array(sorted(rows), np.int64).reshape(-1, 2)


def by_pe(name, found, dtype):
    """Put {{"PE(x, y, p)": value of each tick}} of all populations into two arrays: the PEs, and (ticks, PEs)."""
    if found:
        results[f"{{name}}_pes"] = np.array(list(found))
        results[name] = np.stack([np.asarray(values, dtype)[:STEPS] for values in found.values()], axis=1)


time_done, n_packets = {{}}, {{}}
for number, population in enumerate(net.populations):
    if "spikes" in population.record:
        results[f"{{number}}.spikes"] = table(population.get_spikes())
    if "v" in population.record:
        voltages = population.get_voltages()
        results[f"{{number}}.v"] = np.stack([voltages[neuron] for neuron in range(population.size)], axis=1)[:STEPS]
    if "time_done" in population.record:
        # The board returns shares of a tick.
        time_done |= {{pe: np.asarray(shares) * TICK_S for pe, shares in population.get_time_done_times().items()}}
    if "n_packets" in population.record:
        n_packets |= population.get_n_packets()
by_pe("time_done_s", time_done, np.float64)
by_pe("n_packets", n_packets, np.int64)
np.savez_compressed("results.npz", **results)
'''


def script_text(source: BoardRun) -> str:
    """Return the script that repeats `source` on a board."""
    part = source.network.spiking
    names = _names([population.name for population in part.populations])
    lines = [
        _docstring(source),
        _HEAD.format(steps=source.steps, tick_s=source.tick_s) + _LEVELS,
        *_settings(source),
        "",
    ]
    number = {population.name: index for index, population in enumerate(part.populations)}
    for name in source.board.order:
        lines += _population(number[name], part.population(name), names[name], source)
    lines += [""]
    for index, projection in enumerate(part.projections):
        lines += _projection(index, projection, names)
    lines += ["", f"net = snn.Network({source.network.name!r})"]
    lines += ["# The order of the populations, with their neurons per PE, is what decides the placement."]
    lines += [f"net.add({', '.join(names[name] for name in source.board.order)})"]
    added = ", ".join(f"projection{index}" for index in range(len(part.projections)))
    lines += [f"net.add({added})"] if added else []
    lines += [_RUN.rstrip(), _RESULTS.format(digest=source.digest)]
    return "\n".join(lines)


def _docstring(source: BoardRun) -> str:
    lines = [
        f"The network {source.network.name} on a SpiNNaker2 board, with py-spinnaker2.",
        "",
        f"Written by S2 Studio {__version__} from {source.source}.",
        "",
        "    python run_on_board.py [ADDRESS]      the board's address; without one that in $S2_IP",
        "",
        "It needs network.npz beside it and leaves results.npz, which comes back beside the simulation with",
        "    s2studio import results.npz --session SESSION.s2s -o measured.s2s",
        "",
        *_placement(source),
    ]
    # A name of the user's must not end the text.
    text = "\n".join(lines).replace("\\", "\\\\").replace('"""', "'''")
    return f'"""{text}\n"""\n'


def _placement(source: BoardRun) -> Iterator[str]:
    board = source.board
    if board.expressible:
        yield "Placement: board-expressible. The board puts every slice on the PE it was simulated on."
    else:
        yield f"Placement: simulation only, since {'; '.join(board.reasons)}."
        if board.moved:
            yield f"{len(board.moved)} slices sit elsewhere on the board:"
        for row in board.moved[:_MOVED]:
            yield f"    {row.slice}: simulated on {row.pe}, here on {row.board_pe or 'no PE'}"
        if len(board.moved) > _MOVED:
            yield f"    and {len(board.moved) - _MOVED} more"
    yield "That the board cuts populations into slices as S2 Studio does is an assumption."


def _names(names: Sequence[str]) -> dict[str, str]:
    """Return a Python name for each population, none twice."""
    found: dict[str, str] = {}
    for name in names:
        word = re.sub(r"\W", "_", name, flags=re.ASCII) or "population"
        if not word.isidentifier():
            word = f"population_{word}"
        if keyword.iskeyword(word) or word in _TAKEN or word.startswith("projection"):
            word = f"{word}_"
        base, count = word, 1
        while word in found.values():
            count += 1
            word = f"{base}_{count}"
        found[name] = word
    return found


def _population(number: int, population: Population, word: str, source: BoardRun) -> Iterator[str]:
    record = sorted(source.record.get(population.name, ()))
    yield f"{word} = snn.Population("
    yield f"    size={population.size},"
    yield f"    neuron_model={population.model!r},"
    if population.model == "spike_list":
        yield f"    params=spike_times({number}, {population.size}),"
    else:
        yield "    params={"
        yield from (f"        {line}," for line in _parameters(number, population))
        yield "    },"
    yield f"    name={population.name!r},"
    yield f"    record={record!r},"
    yield ")"
    yield f"{word}.set_max_atoms_per_core({source.board.neurons_per_pe[population.name]})"


def _parameters(number: int, population: Population) -> Iterator[str]:
    """Yield every parameter, defaults too: those of the board need not be ours."""
    for parameter in MODELS[population.model].parameters:
        value = population.params.get(parameter.name, parameter.default)
        if isinstance(value, np.ndarray):
            yield f'{parameter.name!r}: arrays["population{number}.{parameter.name}"].tolist()'
        elif parameter.whole and not isinstance(value, str):
            yield f"{parameter.name!r}: {int(value)}"
        else:
            yield f"{parameter.name!r}: {value!r}"


def _projection(number: int, projection: Projection, names: Mapping[str, str]) -> Iterator[str]:
    pre, post = names[projection.pre], names[projection.post]
    weights = projection.connectivity
    if not isinstance(weights, ConvWeights):
        yield f"projection{number} = snn.Projection(pre={pre}, post={post}, connections=connections({number}))"
        return
    _, height, width = weights.source_shape
    top, bottom, left, right = weights.padding
    params = {
        "in_height": height,
        "in_width": width,
        "stride_x": weights.stride[1],
        "stride_y": weights.stride[0],
        "pool_x": weights.pool[1],
        "pool_y": weights.pool[0],
        "pad_top": top,
        "pad_bottom": bottom,
        "pad_left": left,
        "pad_right": right,
    }
    yield f"projection{number} = snn.Conv2DProjection("
    yield f"    pre={pre},"
    yield f"    post={post},"
    yield f'    weights=arrays["projection{number}.kernel"],  # (channels in, channels out, height, width)'
    yield "    params={"
    yield from (f"        {key!r}: {value}," for key, value in params.items())
    yield "    },"
    yield ")"


def _settings(source: BoardRun) -> Iterator[str]:
    """Yield the line that sets the routing, and one for each neuron model that sets its performance level."""
    policy = source.level
    yield f"BackendSettings().routing_type = ROUTING.{source.routing.upper()}"
    yield f"# The performance level is {policy.mode}."
    for model in dict.fromkeys(population.model for population in source.network.spiking.populations):
        module, name = APPLICATIONS[model]
        limit = f", pl_threshold={policy.thresholds[model]}" if policy.mode == AUTO else ""
        yield f'set_level("{module}", "{name}", "{_MODES[policy.mode]}"{limit})'
