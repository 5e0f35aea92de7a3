"""From NIR neurons to chip models: which model each layer type becomes, and the equations of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from s2studio.lowering.refusal import NodeError
from s2studio.network.layers import IF, LI, LIF, CubaLI, CubaLIF, FloatArray, I, Neuron, Threshold

# x = dt / tau -> (decay per tick, weight of the input per tick).
INTEGRATORS: Mapping[str, Callable[[FloatArray], tuple[FloatArray, FloatArray]]] = {
    "forward": lambda x: (1.0 - x, x),
    "exponential": lambda x: (np.exp(-x), -np.expm1(-x)),
}


@dataclass(frozen=True)
class Discrete:
    """A population's equation per tick, in float64, one value per neuron.

    V <- (alpha * V + I) + i_offset, with V = gain * w_scale * v, I the sum of integer weights (filtered by
    `synapse_decay` where there is one) and i_offset = leak * gain * w_scale + bias * bias_gain * w_scale. A neuron
    that never spikes has v_threshold = inf.
    """

    alpha: FloatArray
    gain: FloatArray
    leak: FloatArray
    bias_gain: FloatArray
    v_threshold: FloatArray
    v_reset: FloatArray
    synapse_decay: FloatArray | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """What becomes of one NIR neuron.

    `model` behind Linear and Affine, `conv_model` behind Conv2d (None: nothing), `delay_model` behind a Delay;
    `discretise(node, layer, dt_s, integrator)` returns its equation per tick.
    """

    model: str
    conv_model: str | None
    delay_model: str
    needs_dt: bool
    discretise: Callable[[str, Neuron, float, str], Discrete]


def _if(node: str, layer: Neuron, dt_s: float, integrator: str) -> Discrete:  # noqa: ARG001 - no time constant
    """IF: alpha = 1, scale = w_scale / r, i_offset = bias * w_scale."""
    r = _positive(node, layer, "r")
    ones = np.ones(r.size)
    return Discrete(ones, 1.0 / r, np.zeros(r.size), ones, *_threshold_and_reset(layer, r.size))


def _lif(node: str, layer: Neuron, dt_s: float, integrator: str) -> Discrete:
    """LIF: k = kl * r, scale = w_scale / k, i_offset = kl * v_leak * scale + bias * w_scale."""
    alpha, kl, warnings = _decay(node, layer, "tau", dt_s, integrator)
    gain = 1.0 / (kl * _positive(node, layer, "r"))
    leak = kl * _flat(layer, "v_leak")
    return Discrete(
        alpha,
        gain,
        leak,
        np.ones(gain.size),
        *_threshold_and_reset(layer, gain.size),
        warnings=warnings,
    )


def _cuba_lif(node: str, layer: Neuron, dt_s: float, integrator: str) -> Discrete:
    """CubaLIF: as LIF with ks = (1 - synapse decay) * w_in, scale = w_scale / (k * ks), bias gain w_in / ks."""
    alpha, kl, warnings = _decay(node, layer, "tau_mem", dt_s, integrator)
    synapse_decay, input_weight, synapse_warnings = _decay(node, layer, "tau_syn", dt_s, integrator)
    w_in = _positive(node, layer, "w_in")
    k, ks = kl * _positive(node, layer, "r"), input_weight * w_in
    return Discrete(
        alpha,
        1.0 / (k * ks),
        kl * _flat(layer, "v_leak"),
        w_in / ks,
        *_threshold_and_reset(layer, ks.size),
        synapse_decay,
        warnings + synapse_warnings,
    )


def _heaviside(node: str, layer: Neuron, dt_s: float, integrator: str) -> Discrete:  # noqa: ARG001 - no memory
    """Threshold: alpha = 0, scale = w_scale, i_offset = bias * w_scale."""
    threshold = _flat(layer, "threshold")
    ones, zeros = np.ones(threshold.size), np.zeros(threshold.size)
    return Discrete(zeros, ones, zeros, ones, threshold, zeros)


def _threshold_and_reset(layer: Neuron, size: int) -> tuple[FloatArray, FloatArray]:
    """Return v_threshold and v_reset, infinite and 0 for a layer that only integrates."""
    if isinstance(layer, IF | LIF | CubaLIF):
        return _flat(layer, "v_threshold"), _flat(layer, "v_reset")
    return np.full(size, np.inf), np.zeros(size)


RULES: Mapping[type[Neuron], Rule] = {
    IF: Rule("lif_no_delay", "lif_conv2d", "lif", False, _if),
    LIF: Rule("lif_no_delay", "lif_conv2d", "lif", True, _lif),
    CubaLIF: Rule("lif_curr_exp_no_delay", None, "lif_curr_exp", True, _cuba_lif),
    I: Rule("lif_no_delay", "lif_conv2d", "lif", False, _if),
    LI: Rule("lif_no_delay", "lif_conv2d", "lif", True, _lif),
    CubaLI: Rule("lif_curr_exp_no_delay", None, "lif_curr_exp", True, _cuba_lif),
    Threshold: Rule("lif_no_delay", "lif_conv2d", "lif", False, _heaviside),
}


def discretise(node: str, layer: Neuron, dt_s: float, integrator: str) -> Discrete:
    """Return the equation per tick of the neurons in `layer`.

    Raises NodeError where a value is not finite, a time constant, r or w_in is not positive, or forward Euler diverges.
    """
    for field in fields(layer):
        _refuse_where(node, field.name, _flat(layer, field.name), np.isfinite, "every value must be finite", "")
    return RULES[type(layer)].discretise(node, layer, dt_s, integrator)


def _decay(
    node: str, layer: Neuron, name: str, dt_s: float, integrator: str
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return decay, input weight and warnings of the time constant `name`."""
    tau = _positive(node, layer, name)
    if integrator == "forward":
        limit = f"forward Euler diverges unless dt ({dt_s:g} s) is below twice the time constant"
        remedy = "take a smaller --dt or --integrator exponential"
        _refuse_where(node, name, tau, lambda values: dt_s < 2 * values, limit, remedy)
    warnings = []
    if np.any(tau < dt_s):
        effect = "v swings around its target" if integrator == "forward" else "v follows its input almost at once"
        warnings.append(f"dt {dt_s:g} s is longer than {name} {tau.min():g} s: {effect}; check --dt")
    decay, weight = INTEGRATORS[integrator](dt_s / tau)
    if np.any(decay.astype(np.float32) == 1.0):
        warnings.append(f"dt {dt_s:g} s is so short beside {name} {tau.max():g} s that fp32 loses the decay")
    return decay, weight, tuple(warnings)


def _positive(node: str, layer: Neuron, name: str) -> FloatArray:
    remedy = "" if name.startswith("tau") else "fold its sign into the weights in front"
    values = _flat(layer, name)
    _refuse_where(node, name, values, lambda candidates: candidates > 0, "it must be above 0", remedy)
    return values


def _refuse_where(
    node: str, name: str, values: FloatArray, fits: Callable[[FloatArray], NDArray[np.bool_]], limit: str, remedy: str
) -> None:
    wrong = np.flatnonzero(~np.asarray(fits(values), dtype=bool))
    if wrong.size:
        raise NodeError(node, f"{name} of neuron {wrong[0]} is {values[wrong[0]]:g}", limit, remedy)


def _flat(layer: Neuron, name: str) -> FloatArray:
    return np.asarray(getattr(layer, name), dtype=np.float64).reshape(-1)
