"""`relay`: passes every spike on, one spike out for each spike in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel
from s2studio.snn.models.model import NeuronModel, Update

RELAY = NeuronModel(
    "relay",
    "relay",
    "one spike for each synaptic event that arrives, whatever its weight",
    (),
    (),
    1,
    Update.RELAY,
    is_updated=False,
)


@kernel
def update_relay(sums: NDArray[np.int32], most: int) -> NDArray[np.int32]:
    """Clear `sums`, which count the events of each neuron, and return every neuron as often as it sends a spike.

    More than `most` spikes are not written out: some array longer than `most` is returned.
    """
    total = sums.sum()
    fired = np.empty(min(total, most + 1), np.int32)
    if total <= most:
        count = 0
        for i in range(sums.size):
            fired[count : count + sums[i]] = i
            count += sums[i]
    sums[:] = 0
    return fired
