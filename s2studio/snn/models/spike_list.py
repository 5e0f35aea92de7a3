"""`spike_list`: a source that plays back the spikes of the run's stimulus."""

from __future__ import annotations

from s2studio.snn.models.model import NeuronModel, Update

SPIKE_LIST = NeuronModel(
    "spike_list",
    "spike list",
    "a spike in tick t where the stimulus says so",
    (),
    (),
    0,
    Update.STIMULUS,
    is_updated=False,
)
