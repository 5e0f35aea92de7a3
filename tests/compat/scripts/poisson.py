"""Two Poisson sources, recorded, one of them through a relay."""

from spinnaker2 import hardware, snn

source = snn.Population(50, "poisson_process", {"p": 0.1, "seed": 3}, "source", record=["spikes"])
other = snn.Population(50, "poisson_process", {"p": [0.0] * 25 + [0.4] * 25, "seed": 4}, "other", record=["spikes"])
relay = snn.Population(50, "relay", {}, "relay", record=["spikes"])
net = snn.Network("poisson")
net.add(source, other, relay, snn.Projection(source, relay, [[i, i, 1, 0] for i in range(50)]))
hw = hardware.SpiNNaker2Chip()
hw.run(net, 400)
counts = {i: len(t) for i, t in source.get_spikes().items()}
other_counts = {i: len(t) for i, t in other.get_spikes().items()}
first, relayed = source.get_spikes(), relay.get_spikes()
