"""The LIF neuron of the NIR paper, its weights scaled by hand, as one run on the Brian2 backend."""

import os
import sys

import numpy as np
from spinnaker2 import brian2_sim, s2_nir

import nir

folder = sys.argv[1]
nir_model = nir.read(os.path.join(folder, "lif_norse.nir"))
scale = 102.02
lif, affine = nir_model.nodes["1"], nir_model.nodes["0"]
lif.v_threshold = lif.v_threshold * scale
affine.weight = affine.weight * scale
affine.bias = affine.bias * scale

cfg = s2_nir.ConversionConfig(
    output_record=["v", "spikes"],
    dt=0.0001,
    conn_delay=0,
    scale_weights=False,
    reset=s2_nir.ResetMethod.ZERO,
    integrator=s2_nir.IntegratorMethod.FORWARD,
)
net, inp, outp = s2_nir.from_nir(nir_model, cfg)
recorded = np.loadtxt(os.path.join(folder, "lif_spinnaker2.csv"), delimiter=",")
inp[0].params = {0: recorded[:, 0].nonzero()[0].tolist()}
hw = brian2_sim.Brian2Backend()
timesteps = len(recorded) + 1
hw.run(net, timesteps)
spike_times = outp[0].get_spikes()
voltages = outp[0].get_voltages()
v_scale = outp[0].nir_v_scale
threshold = outp[0].params["threshold"][0]
