"""`spinnaker2.brian2_sim`: in place of Brian2, the semantics of the chip."""

from __future__ import annotations

from typing import Any

from s2studio.compat.names import unknown_name, warn
from s2studio.compat.spinnaker2.hardware import Hardware
from s2studio.compat.spinnaker2.snn import Network

_DEVIATING = ("lif_curr_exp", "lif_curr_exp_no_delay")


class Brian2Backend(Hardware):
    """Runs as the chip does, warning where the Brian2 backend of py-spinnaker2 would do something else."""

    def run(self, net: Network, timesteps: int, quantize_weights: bool = True, **options: Any) -> None:  # type: ignore[override]
        """Simulate `net`. Weights are integers, as on the chip, whatever `quantize_weights` says."""
        if not quantize_weights:
            warn("Brian2Backend.run(quantize_weights=False): weights are rounded to the chip's integers all the same")
        super().run(net, timesteps, **options)

    def notes_on(self, net: Network) -> tuple[str, ...]:
        """Return where the real Brian2 backend deviates from the chip for `net`."""
        names = [population.name for population in net.populations if population.neuron_model in _DEVIATING]
        if not names:
            return ()
        of = ", ".join(names)
        return (f"Brian2Backend: the chip's equations are run; for lif_curr_exp ({of}) the real backend deviates",)


__getattr__ = unknown_name("spinnaker2.brian2_sim", ("Brian2Backend",))
