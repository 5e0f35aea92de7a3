"""A recurrent Braille network: populations patched, samples run one after the other."""

import sys

import numpy as np
from spinnaker2 import brian2_sim, hardware, s2_nir

import nir

path, reset, backend = sys.argv[1:]
nir_model = nir.read(path)
s2_nir.add_output_to_node("lif1.lif", nir_model, "output_lif1")
cfg = s2_nir.ConversionConfig(
    output_record=["v", "spikes"],
    dt=0.0001,
    conn_delay=0,
    scale_weights=True,
    reset=s2_nir.ResetMethod(reset),
    integrator=s2_nir.IntegratorMethod.FORWARD,
)
net, inp, outp = s2_nir.from_nir(nir_model, cfg)
assert len(inp) == 1

for pop in net.populations:
    if pop.name == "lif1.lif":
        pop.set_max_atoms_per_core(10)

rng = np.random.default_rng(5)
samples = rng.random((3, 12, 256)) < 0.08
results = []
for sample in samples:
    inp[0].params = {i: np.where(row)[0].astype(int).tolist() for i, row in enumerate(sample)}
    timesteps = sample.shape[1]
    net.reset()  # clear previous spikes and voltages
    if backend == "S2":
        hw = hardware.SpiNNaker2Chip(eth_ip="192.168.1.25")
        hw.run(net, timesteps, debug=False)
    else:
        hw = brian2_sim.Brian2Backend()
        hw.run(net, timesteps, quantize_weights=False)
    results.append({pop.name: (pop.get_spikes(), pop.get_voltages()) for pop in outp})
    del hw
params = {pop.name: dict(pop.params) for pop in net.populations if pop.neuron_model != "spike_list"}
weights = {(p.pre.name, p.post.name): p for p in net.projections}
