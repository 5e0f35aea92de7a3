"""A convolution with stride, padding and pooling, and one without, behind it."""

import numpy as np
from spinnaker2 import hardware, snn

rng = np.random.default_rng(11)
channels, height, width, timesteps = 2, 8, 10, 12
frames = rng.random((timesteps, channels, height, width)) < 0.2
flat = frames.reshape(timesteps, -1)
input_spikes = {i: np.flatnonzero(flat[:, i]).tolist() for i in range(flat.shape[1])}

weights1 = rng.integers(-60, 100, (2, 3, 3, 3)).astype(np.int8)  # channels in, channels out, height, width
params1 = {
    "in_height": height,
    "in_width": width,
    "stride_x": 1,
    "stride_y": 1,
    "pool_x": 1,
    "pool_y": 1,
    "pad_top": 1,
    "pad_bottom": 1,
    "pad_left": 1,
    "pad_right": 1,
}
weights2 = rng.integers(-60, 100, (3, 2, 2, 3)).astype(np.int8)
params2 = {
    "in_height": height,
    "in_width": width,
    "stride_x": 2,
    "stride_y": 1,
    "pool_x": 2,
    "pool_y": 2,
    "pad_top": 0,
    "pad_bottom": 1,
    "pad_left": 1,
    "pad_right": 0,
}
lif = {"threshold": 100.0, "alpha_decay": 0.5, "reset": "reset_by_subtraction"}
stim = snn.Population(flat.shape[1], "spike_list", input_spikes, "stim")
conv1 = snn.Population(3 * 8 * 10, "lif_conv2d", lif, "conv1", record=["spikes"])
conv2 = snn.Population(2 * 4 * 2, "lif_conv2d", lif, "conv2", record=["spikes", "v"])
conv1.set_max_atoms_per_core(80)
net = snn.Network("conv")
net.add(stim, conv1, conv2)
net.add(snn.Conv2DProjection(stim, conv1, weights1, params1), snn.Conv2DProjection(conv1, conv2, weights2, params2))
hw = hardware.SpiNNaker2Chip()
hw.run(net, timesteps)
spikes1, spikes2, voltages2 = conv1.get_spikes(), conv2.get_spikes(), conv2.get_voltages()
