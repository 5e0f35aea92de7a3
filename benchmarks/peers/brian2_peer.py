"""Brian2 in C++ standalone mode: the equations tick by tick as s2studio has them, in float32."""

from __future__ import annotations

import tempfile
from typing import Any

import brian2 as b2
import numpy as np
from worker import network, serve


def group(population: dict[str, Any], arrays: Any, dt: Any) -> Any:
    """Return the neurons of a population of the LIF family."""
    p = population["params"]
    names = {name: float(value) for name, value in p.items()}
    if population["model"].startswith("lif_curr_exp"):
        found = b2.NeuronGroup(
            population["size"],
            "v : 1\nexc : 1\ninh : 1\nx : 1\nh : 1",
            threshold="v >= theta and not_refractory",
            reset="v = 0",
            refractory=(p["t_refrac"] + 0.5) * dt,
            namespace={"theta": names["threshold"]},
        )
        found.run_regularly(
            "exc = exc * {exc_decay!r} + x\ninh = inh * {inh_decay!r} + h\nx = 0\nh = 0\n"
            "v = v + int(not_refractory) * ({alpha_decay!r} * v + (exc - inh) + {i_offset!r} - v)".format(**names),
            dt=dt,
        )
    else:
        found = b2.NeuronGroup(
            population["size"],
            "v : 1\nx : 1",
            threshold="v >= theta",
            reset="v -= theta",
            namespace={"theta": names["threshold"]},
        )
        found.run_regularly("v = {alpha_decay!r} * v + x\nx = 0".format(**names), dt=dt)
    if population["v_init"]:
        found.v = arrays[population["v_init"]]
    return found


def main() -> None:
    """Build the network, compile it, and run it when asked."""
    description, arrays = network()
    folder = tempfile.mkdtemp(prefix="brian2-")
    b2.set_device("cpp_standalone", build_on_run=False, directory=folder)
    b2.prefs.core.default_float_dtype = np.float32
    b2.defaultclock.dt = dt = 1 * b2.ms
    groups, monitors = {}, []
    for population in description["populations"]:
        name = population["name"]
        if population["model"] == "spike_list":
            groups[name] = b2.SpikeGeneratorGroup(
                population["size"], arrays["given_neuron"], arrays["given_step"] * dt, sorted=True
            )
        else:
            groups[name] = group(population, arrays, dt)
            monitors.append(b2.SpikeMonitor(groups[name], record=False))
    synapses = []
    for projection in description["projections"]:
        pre, post, weight = (arrays[projection[key]] for key in ("pre_of", "post_of", "weight"))
        apart = description["currents"]
        inhibitory = apart and len(weight) and weight.min() < 0
        made = b2.Synapses(
            groups[projection["pre"]],
            groups[projection["post"]],
            "w : 1",
            on_pre=f"{'h' if inhibitory else 'x'}_post += w",
        )
        made.connect(i=pre, j=post)
        made.w = np.abs(weight) if inhibitory else weight
        synapses.append(made)
    net = b2.Network(*groups.values(), *monitors, *synapses)
    net.run(description["steps"] * dt)
    b2.device.build(run=False, directory=folder)

    def run() -> tuple[float, int]:
        # Its time of a run is that of std::clock, the processor's.
        b2.device.run(directory=folder, with_output=False)
        return b2.device._last_run_time, sum(int(monitor.num_spikes) for monitor in monitors)

    serve(run)


main()
