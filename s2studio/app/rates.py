"""How often each neuron spiked in an earlier run, for placers that go by traffic."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from s2studio.errors import UsageError
from s2studio.mapping.rates import Rates
from s2studio.session.reader import open_session
from s2studio.snn.network import ChipNetwork


def rates_of_session(path: Path, network: ChipNetwork) -> Rates:
    """Return the spikes of each neuron of `network` in the first run of the session `path`, all samples together.

    Raises UsageError if the session is of another network; a population whose spikes it did not keep is missing.
    """
    rates = {}
    runs = open_session(path).runs
    if not runs:
        raise UsageError(f"--traffic {path}", "the session has no run", hint="name a session of this network")
    spikes = runs[0].neuron_spikes()
    for population in network.spiking.populations:
        found = spikes.get(population.name)
        if found is None:
            continue
        if found.shape[1] != population.size:
            sizes = f"'{population.name}' has {found.shape[1]:,} neurons there and {population.size:,} here"
            raise UsageError(f"--traffic {path}", sizes, hint="name a session of this network")
        rates[population.name] = found.sum(axis=0).astype(np.float64)
    if not rates:
        raise UsageError(f"--traffic {path}", "no population of this network", hint="name a session of this network")
    return rates
