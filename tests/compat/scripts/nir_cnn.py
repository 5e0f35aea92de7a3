"""The N-MNIST network: levels, neurons per core and recording patched, one digit run."""

import sys

import numpy as np
import spinnaker2.neuron_models.lif_conv2d
import spinnaker2.neuron_models.lif_neuron
from spinnaker2 import brian2_sim, hardware, helpers, s2_nir, snn
from spinnaker2.neuron_models.common import DVFSParams, PmgtMode

import nir

dvfs_lif_conv2d = DVFSParams(mode=PmgtMode.PL_MODE_LOW, pl_threshold=30)
dvfs_lif_neuron = DVFSParams(mode=PmgtMode.PL_MODE_LOW, pl_threshold=200)
spinnaker2.neuron_models.lif_neuron.LIFNoDelayApplication.dvfs_params = dvfs_lif_neuron
spinnaker2.neuron_models.lif_conv2d.LIFConv2dApplication.dvfs_params = dvfs_lif_conv2d

model, recording = sys.argv[1:]
nir_graph = nir.read(model)
nir_graph.infer_types()
s2_nir.model_summary(nir_graph)

conversion_cfg = s2_nir.ConversionConfig()
conversion_cfg.output_record = ["v", "spikes", "time_done", "n_packets"]
conversion_cfg.dt = 0.001
conversion_cfg.conn_delay = 0
conversion_cfg.scale_weights = True  # Scale weights to dynamic range on chip
conversion_cfg.reset = s2_nir.ResetMethod.ZERO
conversion_cfg.integrator = s2_nir.IntegratorMethod.FORWARD
net, inp, outp = s2_nir.from_nir(nir_graph, conversion_cfg)

for pop in net.populations:
    if pop.name == "input":
        pop.record = ["time_done"]
    if pop.name == "1":
        pop.record = ["time_done", "n_packets"]
    if pop.name == "3":
        pop.set_max_atoms_per_core(256)
        pop.record = ["time_done", "n_packets"]
    if pop.name == "6":
        pop.set_max_atoms_per_core(64)
        pop.record = ["time_done", "n_packets"]
    if pop.name == "10":
        pop.set_max_atoms_per_core(8)
        pop.record = ["time_done", "n_packets"]

# N-MNIST: x, y, then polarity (1 bit) and microseconds (23 bits); 1 ms frames, one spike per pixel and frame
raw = np.fromfile(recording, np.uint8).reshape(-1, 5).astype(np.int64)
x, y, p = raw[:, 0], raw[:, 1], raw[:, 2] >> 7
ms = (((raw[:, 2] & 127) << 16) | (raw[:, 3] << 8) | raw[:, 4]) // 1000
frames = np.zeros((ms.max() + 1, 2, 34, 34))
frames[ms, p, y, x] = 1


def convert_input(frames):
    d = {}
    _, C, H, W = frames.shape
    for c in range(C):
        for h in range(H):
            for w in range(W):
                d[c * H * W + h * W + w] = frames[:, c, h, w].nonzero()[0].tolist()
    return d


inp[0].params = convert_input(frames)
timesteps = frames.shape[0] + 4
net.reset()
hw = hardware.SpiNNaker2Chip(eth_ip="192.168.2.33")
hw.run(net, timesteps, sys_tick_in_s=2.0e-3, debug=False)
spikes, voltages = outp[0].get_spikes(), outp[0].get_voltages()
time_done = {pop.name: pop.get_time_done_times() for pop in net.populations}
n_packets = {pop.name: pop.get_n_packets() for pop in net.populations if pop.name != "input"}
spike_counts = np.zeros(10)
for idx, spike_times in spikes.items():
    spike_counts[idx] = len(spike_times)
prediction = np.argmax(spike_counts)
names = [pop.name for pop in net.populations]
projections = [(type(proj).__name__, proj.pre.name, proj.post.name) for proj in net.projections]
