"""Levels by model: one always low, one by its packets, one always high."""

import spinnaker2.neuron_models.lif_curr_exp
import spinnaker2.neuron_models.lif_neuron
from spinnaker2 import hardware, snn
from spinnaker2.neuron_models.common import DVFSParams, PmgtMode

spinnaker2.neuron_models.lif_neuron.LIFApplication.dvfs_params = DVFSParams(mode=PmgtMode.PL_MODE_AUTO, pl_threshold=2)
spinnaker2.neuron_models.lif_curr_exp.LIFCurrExpApplication.dvfs_params = DVFSParams(mode=PmgtMode.PL_MODE_HIGH)

stim = snn.Population(3, "spike_list", {0: [1, 3], 1: [3], 2: [3]}, "stim")
params = {"threshold": 1000.0, "alpha_decay": 0.5}
auto = snn.Population(4, "lif", params, "auto", record=["time_done", "n_packets"])
high = snn.Population(
    4, "lif_curr_exp", dict(params, exc_decay=0.5, inh_decay=0.5), "high", record=["time_done", "n_packets"]
)
net = snn.Network("levels")
conns = [[i, j, 1, 0] for i in range(3) for j in range(4)]
net.add(stim, auto, high, snn.Projection(stim, auto, conns), snn.Projection(stim, high, conns))
hw = hardware.SpiNNaker2Chip()
hw.run(net, 6)
(auto_time,) = auto.get_time_done_times().values()
(high_time,) = high.get_time_done_times().values()
(packets,) = auto.get_n_packets().values()
