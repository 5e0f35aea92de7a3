"""The performance levels that a script sets on the application classes, as the policy of a run."""

from __future__ import annotations

from collections.abc import Iterable

from s2studio.chip.spec import ChipSpec
from s2studio.compat.spinnaker2.neuron_models.application import APPLICATIONS
from s2studio.compat.spinnaker2.neuron_models.common import DVFSParams, PmgtMode
from s2studio.sim.level import AUTO, LevelPolicy

# Packets at which a PE that is always low would go high: more than any PE receives in a tick.
_NEVER, _ALWAYS = 2**31 - 1, 0


def policy_of(models: Iterable[str], spec: ChipSpec) -> LevelPolicy:
    """Return the level policy of a run of populations of `models`, low where a script says nothing.

    One policy holds every mix: `auto` with a threshold per model, which no packets reach where the model is to stay
    low and which none are needed for where it is to stay high.
    """
    said = {model: _said(model) for model in models}
    modes = {params.mode for params in said.values()}
    clocks = {name: level.clock_hz for name, level in spec.levels.items()}
    if modes <= {PmgtMode.PL_MODE_LOW}:
        return LevelPolicy(min(clocks, key=lambda name: clocks[name]))
    if modes == {PmgtMode.PL_MODE_HIGH}:
        return LevelPolicy(max(clocks, key=lambda name: clocks[name]))
    fixed = {PmgtMode.PL_MODE_LOW: _NEVER, PmgtMode.PL_MODE_HIGH: _ALWAYS}
    defaults = {model: spec.models[model].auto_threshold_packets for model in said}
    return LevelPolicy(
        AUTO,
        {
            model: fixed.get(params.mode, defaults[model] if params.pl_threshold is None else int(params.pl_threshold))
            for model, params in said.items()
        },
    )


def _said(model: str) -> DVFSParams:
    return next((application.dvfs_params for application in APPLICATIONS if application.model == model), DVFSParams())
