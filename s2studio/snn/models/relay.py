"""`relay`: passes every spike on, one spike out for each spike in."""

from __future__ import annotations

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
