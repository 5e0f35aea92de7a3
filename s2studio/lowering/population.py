"""The population that a neuron layer becomes, its fp32 parameters worked out in float64 and rounded once at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.lowering.nir_rules import Discrete
from s2studio.lowering.options import RESETS
from s2studio.lowering.refusal import NodeError
from s2studio.network.layers import FloatArray
from s2studio.snn.population import ParameterValue

NEVER = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Constants:
    """A population's constants in the chip's units, float64, one per neuron; `scale` turns v into them.

    `v_reset` None is reset by subtraction; `synapse_decay` None is a model without synaptic currents.
    """

    scale: FloatArray
    threshold: FloatArray
    alpha: FloatArray
    offset: FloatArray
    v_reset: FloatArray | None
    synapse_decay: FloatArray | None

    @property
    def v_scale(self) -> float | FloatArray:
        """The factor from the model's voltages to the chip's, a scalar where all neurons share it."""
        return float(self.scale[0]) if np.all(self.scale == self.scale[0]) else self.scale


def chip_constants(rule: Discrete, w_scale: float, bias: FloatArray, reset: str) -> Constants:
    """Return the constants of chip.md section 4: scale = gain * w_scale, threshold, i_offset and v_reset times it.

    A threshold that is never reached is the largest number of fp32. `bias` is the sum of all biases into each neuron.
    """
    scale = rule.gain * w_scale
    return Constants(
        scale,
        np.where(np.isinf(rule.v_threshold), NEVER, rule.v_threshold * scale),
        rule.alpha,
        rule.leak * scale + bias * rule.bias_gain * w_scale,
        rule.v_reset * scale if reset == "zero" else None,
        rule.synapse_decay,
    )


def chip_parameters(node: str, constants: Constants) -> dict[str, ParameterValue]:
    """Return the parameters of the chip's model. Raises NodeError where fp32 cannot hold one."""
    values = {
        "threshold": constants.threshold,
        "alpha_decay": constants.alpha,
        "i_offset": constants.offset,
        "v_reset": constants.v_reset,
        "exc_decay": constants.synapse_decay,
        "inh_decay": constants.synapse_decay,
    }
    params: dict[str, ParameterValue] = {
        name: _fp32(node, name, value) for name, value in values.items() if value is not None
    }
    params["reset"] = RESETS["subtract" if constants.v_reset is None else "zero"]
    if constants.synapse_decay is not None:
        params["t_refrac"] = 0.0
    return params


def _fp32(node: str, name: str, values: FloatArray) -> float | NDArray[np.float32]:
    """Return `values` rounded to fp32, one number where all are equal."""
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32)
    wrong = np.flatnonzero(~np.isfinite(rounded))
    if wrong.size:
        raise NodeError(
            node,
            f"{name} of neuron {wrong[0]} becomes {values[wrong[0]]:g}",
            "fp32 ends at 3.4e38",
            "check its parameters, --dt and --scale",
        )
    return float(rounded[0]) if np.all(rounded == rounded[0]) else rounded
