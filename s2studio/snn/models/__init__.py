"""The neuron models: one file each, with its equation, parameters and state, and one row in `MODELS`."""

from __future__ import annotations

from collections.abc import Mapping

from s2studio.snn.models.lif import LIF, LIF_CONV2D, LIF_NO_DELAY
from s2studio.snn.models.lif_curr_exp import LIF_CURR_EXP, LIF_CURR_EXP_NO_DELAY
from s2studio.snn.models.model import NeuronModel
from s2studio.snn.models.poisson_process import POISSON_PROCESS
from s2studio.snn.models.relay import RELAY
from s2studio.snn.models.spike_list import SPIKE_LIST

MODELS: Mapping[str, NeuronModel] = {
    model.name: model
    for model in (
        LIF,
        LIF_NO_DELAY,
        LIF_CURR_EXP,
        LIF_CURR_EXP_NO_DELAY,
        LIF_CONV2D,
        SPIKE_LIST,
        POISSON_PROCESS,
        RELAY,
    )
}
