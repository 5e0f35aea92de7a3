"""The dynamic neural field whose spikes were recorded on a chip."""

import os
import sys

import numpy as np
from spinnaker2 import hardware, helpers, snn
from spinnaker2.ann2snn_helpers import sparse_connection_list_from_dense_weights
from spinnaker2.experiment_backends.backend_settings import ROUTING, BackendSettings
from spinnaker2.experiment_backends.base_experiment_backend import ExperimentBackendType

S2IP = os.environ.get("S2_IP", "192.168.2.52")
EXPERIMENT_BACKEND_TYPE = os.environ.get("PYS2_EXPERIMENT_BACKEND", "spinnman2")
settings = BackendSettings()
settings.routing_type = ROUTING.MC

folder = sys.argv[1]
n, timesteps = 400, 400
weights = np.load(os.path.join(folder, "weights.npz"))["recurrent"].astype(float)
input_spikes = {}
for neuron, step in np.loadtxt(os.path.join(folder, "input.csv"), delimiter=",", skiprows=1, dtype=int):
    input_spikes.setdefault(int(neuron), []).append(int(step))

stim = snn.Population(size=n, neuron_model="spike_list", params=input_spikes, name="stim")
stim.set_max_atoms_per_core(100)
neuron_params = {
    "threshold": 10.0,
    "alpha_decay": 0.8,
    "i_offset": 0.0,
    "v_init": 0.0,
    "v_reset": -0.2,
    "reset": "reset_by_subtraction",
    "exc_decay": 0.5,
    "inh_decay": 0.2,
    "t_refrac": 0,
}
inh_params = {
    "threshold": 5.0,
    "alpha_decay": 1,
    "i_offset": 3.0,
    "v_init": 0.0,
    "v_reset": 0.0,
    "reset": "reset_to_v_reset",
}
pop1 = snn.Population(size=n, neuron_model="lif_curr_exp", params=neuron_params, name="pop1", record=["spikes"])
global_inh = snn.Population(size=1, neuron_model="lif", params=inh_params, name="global_inh", record=["spikes"])
pop1.set_max_atoms_per_core(30)

input_conns = snn.Projection(pre=stim, post=pop1, connections=[[k, k, 5.0, 0] for k in range(n)])
proj = snn.Projection(pre=pop1, post=pop1, connections=sparse_connection_list_from_dense_weights(weights, 0))
inh_conns = snn.Projection(pre=global_inh, post=pop1, connections=[[0, k, -4.0, 0] for k in range(n)])
net = snn.Network("my network")
net.add(stim, pop1, proj, input_conns, global_inh, inh_conns)

hw = hardware.SpiNNaker2Chip(experiment_backend_type=ExperimentBackendType(EXPERIMENT_BACKEND_TYPE), eth_ip=S2IP)
hw.run(net, timesteps)
indices, times = helpers.spike_times_dict_to_arrays(pop1.get_spikes())
