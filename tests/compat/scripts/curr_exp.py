"""Two neurons with exponential currents, one excited, one inhibited."""

import numpy as np
from spinnaker2 import hardware, helpers, snn

input_spikes = {0: [3, 10, 20, 22, 24, 26, 28]}
stim = snn.Population(size=1, neuron_model="spike_list", params=input_spikes, name="stim")
params = {
    "threshold": 10.0,
    "alpha_decay": 0.9,
    "i_offset": 0.5,
    "v_init": 0.0,
    "v_reset": -0.2,
    "exc_decay": 0.5,
    "inh_decay": 0.2,
    "t_refrac": 0,
    "reset": "reset_to_v_reset",
}
pop1 = snn.Population(size=2, neuron_model="lif_curr_exp", params=params, name="pop1", record=["spikes", "v"])
conns = []
conns.append([0, 0, 2, 1])
conns.append([0, 1, -3, 2])
proj = snn.Projection(stim, pop1, conns)
net = snn.Network("lif_curr_exp_demo")
net.add(stim, pop1, proj)
hw = hardware.SpiNNcloud48NodeBoard(stm_ip="192.168.4.2")
timesteps = 50
hw.run(net, timesteps)
spike_times = pop1.get_spikes()
voltages = pop1.get_voltages()
t = np.arange(timesteps)
indices, times = helpers.spike_times_dict_to_arrays(input_spikes)
