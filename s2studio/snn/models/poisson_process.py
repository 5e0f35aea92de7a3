"""`poisson_process`: a source whose neurons spike at random, each tick for itself."""

from __future__ import annotations

from s2studio.snn.models.model import NeuronModel, Parameter, Update

POISSON_PROCESS = NeuronModel(
    "poisson_process",
    "Poisson source",
    "spike with the probability p in every tick",
    (
        Parameter("p", 0.0, "the probability of a spike in a tick", least=0, most=1),
        Parameter("seed", 0.0, "makes two populations of one run differ", least=0, most=2**31 - 1, whole=True),
    ),
    (),
    0,
    Update.POISSON,
)
