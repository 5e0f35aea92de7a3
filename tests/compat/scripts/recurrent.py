"""A recurrent network from dense matrices, its weights floats out of a training."""

import numpy as np
from spinnaker2 import hardware, helpers, snn
from spinnaker2.ann2snn_helpers import sparse_connection_list_from_dense_weights

rng = np.random.default_rng(7)
n_in, n = 20, 60
w_in = rng.normal(0, 40, (n_in, n))
w_rec = rng.normal(0, 25, (n, n)) * (rng.random((n, n)) < 0.2)
timesteps = 80
raster = rng.random((n_in, timesteps)) < 0.15
input_spikes = {i: np.where(raster[i])[0] for i in range(n_in)}

pop_in = snn.Population(n_in, "spike_list", input_spikes, "input")
params = {
    "threshold": [float(x) for x in rng.uniform(80, 160, n)],
    "alpha_decay": float(np.exp(-1 / 10)),
    "i_offset": rng.uniform(0, 2, n),
    "reset": "reset_by_subtraction",
}
pop = snn.Population(n, "lif_no_delay", params, "rsnn", record=["spikes", "v"])
pop.set_max_atoms_per_core(10)
proj_in = snn.Projection(pop_in, pop, helpers.connection_list_from_dense_weights(w_in, delay=0))
proj_rec = snn.Projection(pre=pop, post=pop, connections=sparse_connection_list_from_dense_weights(w_rec, 0))
net = snn.Network("rsnn")
net.add(pop_in, pop, proj_in, proj_rec)
hw = hardware.SpiNNaker2Chip(eth_ip="192.168.1.25")
hw.run(net, timesteps, sys_tick_in_s=10.0e-3, debug=False)
spikes = pop.get_spikes()
voltages = pop.get_voltages()
v_last_timestep = [vs[-1] for vs in voltages.values()]
