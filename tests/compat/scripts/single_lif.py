"""One LIF neuron, a spike list, spikes and voltages."""

from spinnaker2 import hardware, helpers, snn

input_spikes = {0: [1, 4, 9, 11]}
stim = snn.Population(size=1, neuron_model="spike_list", params=input_spikes, name="stim")

neuron_params = {
    "threshold": 10.0,
    "alpha_decay": 0.5,
    "i_offset": 0.0,
    "v_init": 4.0,
    "v_reset": 0.0,  # only used for reset="reset_to_v_reset"
    "reset": "reset_by_subtraction",
}
pop1 = snn.Population(size=1, neuron_model="lif", params=neuron_params, name="pop1", record=["spikes", "v"])
proj = snn.Projection(pre=stim, post=pop1, connections=[[0, 0, 8, 0]])

net = snn.Network("my network")
net.add(stim, pop1, proj)

hw = hardware.SpiNNaker2Chip(eth_ip="192.168.1.25")
timesteps = 14
hw.run(net, timesteps)

spike_times = pop1.get_spikes()
voltages = pop1.get_voltages()
indices, times = helpers.spike_times_dict_to_arrays(spike_times)
