"""Two neurons with exponential currents, one excited and one inhibited, as a script for the board.

Runs on a board with py-spinnaker2, and without one with `s2studio run two_neurons.py`.
"""

import os

from spinnaker2 import hardware, helpers, snn

input_spikes = {0: [3, 10, 20, 22, 24, 26, 28]}
stim = snn.Population(size=1, neuron_model="spike_list", params=input_spikes, name="stim")

params = {
    "threshold": 10.0,
    "alpha_decay": 0.9,
    "i_offset": 0.0,
    "v_init": 0.0,
    "v_reset": 0.0,  # only used for reset="reset_to_v_reset"
    "reset": "reset_by_subtraction",
    "exc_decay": 0.5,
    "inh_decay": 0.2,
    "t_refrac": 0,
}
pair = snn.Population(size=2, neuron_model="lif_curr_exp", params=params, name="pair", record=["spikes", "v"])

# [pre neuron, post neuron, weight, delay]: a spike acts 1 + delay ticks later.
connections = [
    [0, 0, 5, 1],  # excites neuron 0
    [0, 1, -3, 2],  # inhibits neuron 1
]
synapses = snn.Projection(pre=stim, post=pair, connections=connections)

net = snn.Network("two neurons")
net.add(stim, pair, synapses)

hw = hardware.SpiNNaker2Chip(eth_ip=os.environ.get("S2_IP", "192.168.1.25"))
hw.run(net, 50)

neurons, times = helpers.spike_times_dict_to_arrays(pair.get_spikes())
for neuron, time in zip(neurons, times, strict=True):
    print(f"neuron {neuron} spikes in tick {time}")
lowest = min(pair.get_voltages()[1])
print(f"neuron 1 goes down to {lowest:.3f}")
