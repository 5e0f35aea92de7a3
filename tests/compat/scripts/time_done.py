"""How long each PE works, and how many packets wait for it, as levels are chosen by."""

import logging

from spinnaker2 import hardware, snn

logging.basicConfig(level=logging.INFO)
stim = snn.Population(6, "spike_list", {i: [2, 5] if i < 4 else [5] for i in range(6)}, "stim", record=["time_done"])
params = {"threshold": 1000.0, "alpha_decay": 0.9}
pop = snn.Population(20, "lif", params, "pop", record=["v", "time_done", "n_packets"])
pop.set_max_atoms_per_core(10)
conns = [[i, j, 1, 0] for i in range(6) for j in range(15)]
net = snn.Network("time")
net.add(stim, pop, snn.Projection(stim, pop, conns))
hw = hardware.SpiNNaker2Chip(eth_ip="192.168.1.25")
sys_tick_in_s = 2e-3
hw.run(net, 10, sys_tick_in_s=sys_tick_in_s, debug=True, record_power=True)
time_done, n_packets = pop.get_time_done_times(), pop.get_n_packets()
largest = max(max(times) * sys_tick_in_s for times in time_done.values())
