"""`spinnaker2.neuron_models.application`: the programs of the PEs, one class for each neuron model."""

from __future__ import annotations

from typing import ClassVar

from s2studio.compat.names import unknown_name
from s2studio.compat.spinnaker2.neuron_models.common import DVFSParams


class BaseApplication:
    """The program of a PE. Scripts set `dvfs_params` on a class: it is read at every run.

    `profiling` and whatever else is set has no effect here: a session holds the profile of every run.
    """

    model: ClassVar[str] = ""
    dvfs_params: ClassVar[DVFSParams] = DVFSParams()
    profiling: ClassVar[bool] = False


class LIFApplication(BaseApplication):
    """`lif`."""

    model = "lif"


class LIFNoDelayApplication(LIFApplication):
    """`lif_no_delay`."""

    model = "lif_no_delay"


class LIFCurrExpApplication(BaseApplication):
    """`lif_curr_exp`."""

    model = "lif_curr_exp"


class LIFCurrExpNoDelayApplication(LIFCurrExpApplication):
    """`lif_curr_exp_no_delay`."""

    model = "lif_curr_exp_no_delay"


class LIFConv2dApplication(BaseApplication):
    """`lif_conv2d`."""

    model = "lif_conv2d"


class SpikeListApplication(BaseApplication):
    """`spike_list`."""

    model = "spike_list"


class SpikesFromArrayApplication(SpikeListApplication):
    """`spikes_from_array`, which runs as a spike list."""


class PoissonProcessApplication(BaseApplication):
    """`poisson_process`."""

    model = "poisson_process"


class RelayApplication(BaseApplication):
    """`relay`."""

    model = "relay"


APPLICATIONS: tuple[type[BaseApplication], ...] = (
    LIFApplication,
    LIFNoDelayApplication,
    LIFCurrExpApplication,
    LIFCurrExpNoDelayApplication,
    LIFConv2dApplication,
    SpikeListApplication,
    PoissonProcessApplication,
    RelayApplication,
)
__getattr__ = unknown_name(
    "spinnaker2.neuron_models.application", ("BaseApplication", *(each.__name__ for each in APPLICATIONS))
)
