"""SANA-FE, the closest kind of tool: its Loihi, which has no exponential currents, so weights act at once there."""

from __future__ import annotations

import time
from typing import Any

import sanafe
from worker import network, serve

PER_CORE = 32


def attributes(population: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of SANA-FE's leaky integrate-and-fire soma."""
    p = population["params"]
    return {
        "threshold": p["threshold"],
        "leak_decay": p["alpha_decay"],
        "bias": p.get("i_offset", 0.0),
        "reset_mode": "hard" if "t_refrac" in p else "soft",
        "refractory_delay": int(p.get("t_refrac", 0)),
        "force_update_every_timestep": True,
    }


def main() -> None:
    """Build the network on a Loihi and simulate its steps when asked."""
    description, arrays = network()
    arch = sanafe.load_loihi()
    cores = [core for tile in arch.tiles for core in tile.cores]
    net, groups, used = sanafe.Network(), {}, 0
    given: list[list[bool]] = []
    for population in description["populations"]:
        if population["model"] == "spike_list":
            made = net.create_neuron_group(population["name"], population["size"])
            given = [[False] * description["steps"] for _ in range(population["size"])]
            for step, neuron in zip(arrays["given_step"].tolist(), arrays["given_neuron"].tolist(), strict=True):
                given[neuron][step] = True
            for index, spikes in enumerate(given):
                made[index].set_attributes(soma_hw_name=f"loihi_inputs[{index}]", model_attributes={"spikes": spikes})
        else:
            made = net.create_neuron_group(
                population["name"],
                population["size"],
                model_attributes=attributes(population),
                soma_hw_name="loihi_lif",
            )
        for index in range(population["size"]):
            made[index].map_to_core(cores[(used + index) // PER_CORE % len(cores)])
        used += population["size"]
        groups[population["name"]] = made
    for projection in description["projections"]:
        pre, post, weight = (arrays[projection[key]] for key in ("pre_of", "post_of", "weight"))
        groups[projection["pre"]].connect_neurons_sparse(
            groups[projection["post"]],
            {"weight": (weight * description["charge"]).tolist()},
            list(zip(pre.tolist(), post.tolist(), strict=True)),
        )
    inputs = sum(map(sum, given))

    def run() -> tuple[float, int]:
        # Its inputs begin anew only on a new chip.
        chip = sanafe.SpikingChip(arch)
        chip.load(net)
        started = time.process_time()
        found = chip.sim(description["steps"], timing_model="simple", processing_threads=1)
        return time.process_time() - started, found["neurons_fired"] - inputs

    serve(run)


main()
