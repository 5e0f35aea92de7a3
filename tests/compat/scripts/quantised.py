"""Weights and delays as users have them: floats, halves, too large."""

from spinnaker2 import hardware, snn

stim = snn.Population(4, "spike_list", {i: [0] for i in range(4)}, "stim")
params = {"threshold": 1e9, "alpha_decay": 1.0}
delayed = snn.Population(4, "lif", params, "delayed", record=["v"])
wide = snn.Population(4, "lif_no_delay", params, "wide", record=["v"])
net = snn.Network("quantised")
net.add(stim, delayed, wide)
net.add(snn.Projection(stim, delayed, [[0, 0, 3.4, 0], [1, 1, 2.6, 1.0], [2, 2, 40.0, 9], [3, 3, -0.2, 0]]))
net.add(snn.Projection(stim, wide, [[0, 0, 126.5, 0], [1, 1, -127, 1], [2, 2, -500, 0], [3, 3, 7, 0]]))
hw = hardware.SpiNNaker2Chip()
hw.run(net, 12)
v_delayed = [float(v[-1]) for v in delayed.get_voltages().values()]
v_wide = [float(v[-1]) for v in wide.get_voltages().values()]
