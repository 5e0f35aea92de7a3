"""A transfer curve: the same network at many input rates, then a changed bias, then another network."""

from spinnaker2 import hardware, snn

stim = snn.Population(1, "spike_list", {0: []}, "stim")
params = {"threshold": 10.0, "alpha_decay": 1.0, "i_offset": 0.0, "reset": "reset_by_subtraction"}
pop = snn.Population(1, "lif", params, "pop", record=["spikes", "v_last"])
net = snn.Network("curve")
net.add(stim, pop, snn.Projection(stim, pop, [[0, 0, 5, 0]]))
hw = hardware.SpiNNaker2Chip(eth_ip="192.168.1.25")

curve, last = [], []
for step in (1, 2, 4):
    net.reset()
    assert pop.get_spikes() == {}
    stim.params = {0: list(range(0, 40, step))}
    hw.run(net, 41)
    curve.append(len(pop.get_spikes()[0]))
    last.append(float(pop.get_voltages()[0][-1]))

pop.params["i_offset"] = 10.0
hw.run(net, 41)
with_bias = len(pop.get_spikes()[0])

lone = snn.Population(3, "lif", dict(params, i_offset=2.5), record=["spikes"])
other = snn.Network()
other.add(lone)
hw2 = hardware.SpiNNaker2Chip(eth_ip="192.168.1.26")
hw2.run(other, 8)
of_other = lone.get_spikes()
