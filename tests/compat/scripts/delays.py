"""Delays 0 to 7 from one source to eight neurons."""

from spinnaker2 import hardware, snn

stim = snn.Population(1, "spike_list", {0: [3]}, "stim")
params = {"threshold": 10.0, "alpha_decay": 0.0, "i_offset": 0.0, "v_reset": 0.0, "reset": "reset_to_v_reset"}
pop = snn.Population(8, "lif", params, "pop", record=["spikes"])
net = snn.Network("delays")
net.add(stim, pop, snn.Projection(stim, pop, [[0, d, 15, d] for d in range(8)]))
hw = hardware.SpiNNaker2Chip()
hw.run(net, 20)
spikes = pop.get_spikes()
