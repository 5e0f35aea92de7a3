"""NEST: `iaf_psc_exp` and `iaf_psc_delta` on a grid of 1 ms, weights scaled to the same jump of the membrane."""

from __future__ import annotations

import math
import time
from typing import Any

import nest
import numpy as np
from worker import network, serve


def made(population: dict[str, Any], arrays: Any) -> Any:
    """Return the neurons of a population: the membrane of s2studio in mV."""
    p = population["params"]
    tau = -1 / math.log(p["alpha_decay"])
    common = {
        "E_L": 0.0,
        "V_reset": 0.0,
        "V_th": p["threshold"],
        "tau_m": tau,
        "C_m": 1.0,
        "I_e": p.get("i_offset", 0.0) / (tau * (1 - p["alpha_decay"])),
        "t_ref": max(p.get("t_refrac", 0.0), 1.0),
    }
    if population["model"].startswith("lif_curr_exp"):
        common |= {"tau_syn_ex": -1 / math.log(p["exc_decay"]), "tau_syn_in": -1 / math.log(p["inh_decay"])}
        found = nest.Create("iaf_psc_exp", population["size"], common)
    else:
        found = nest.Create("iaf_psc_delta", population["size"], common)
    if population["v_init"]:
        found.V_m = arrays[population["v_init"]].astype(float)
    return found


def jump(params: dict[str, float], decay: str) -> float:
    """Return what a synaptic current of 1 pA adds to the membrane in its first step, in mV."""
    tau, tau_s = -1 / math.log(params["alpha_decay"]), -1 / math.log(params[decay])
    return tau * tau_s / (tau - tau_s) * (math.exp(-1 / tau) - math.exp(-1 / tau_s))


def main() -> None:
    """Build the network and simulate its steps, again and again from where it stands, when asked."""
    description, arrays = network()
    nest.set_verbosity("M_ERROR")
    nest.ResetKernel()
    nest.set(resolution=1.0, local_num_threads=1)
    groups = {population["name"]: made(population, arrays) for population in description["populations"]}
    params = {population["name"]: population["params"] for population in description["populations"]}
    for projection in description["projections"]:
        pre, post, weight = (arrays[projection[key]] for key in ("pre_of", "post_of", "weight"))
        sources, targets = (np.array(groups[projection[end]].tolist()) for end in ("pre", "post"))
        inhibitory = len(weight) and weight.min() < 0
        scale = jump(params[projection["post"]], "inh_decay" if inhibitory else "exc_decay")
        nest.Connect(
            sources[pre],
            targets[post],
            "one_to_one",
            {"weight": weight / scale, "delay": np.ones(len(weight)), "synapse_model": "static_synapse"},
        )
    nest.Prepare()

    def run() -> tuple[float, int]:
        started = time.process_time()
        nest.Run(float(description["steps"]))
        return time.process_time() - started, nest.GetKernelStatus("local_spike_counter")

    serve(run)


main()
