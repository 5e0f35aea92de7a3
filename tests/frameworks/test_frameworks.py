"""Networks that frameworks export: s2studio's spikes against those of the framework itself, tick by tick."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import s2studio

NETWORKS = Path(__file__).parent / "networks"
# Every spike must agree, since nothing is lost: weights are integers and taken as they are, biases are quarters, and no
# sum meets a threshold exactly (snnTorch and Norse spike above it, the chip from it on). Where equations differ the
# network avoids it: snnTorch's reset by subtraction comes a tick late, its recurrent cells lose the input of the tick
# after a spike unless `reset_delay=False`. snnTorch exports its decay for a time step of 0.1 ms; Norse 1.1 has
# tau * 1 ms in the place of tau, so that its step of 1 ms is one of 1 us.
OPTIONS: dict[str, dict[str, Any]] = {
    "snntorch": {"dt": 1e-4, "reset": "zero"},
    "snntorch_recurrent": {"dt": 1e-4, "reset": "zero"},
    "norse": {"dt": 1e-6, "reset": "zero"},
    "sinabs": {"reset": "subtract"},
}


@pytest.mark.slow
@pytest.mark.parametrize("network", OPTIONS)
def test_that_an_exported_network_spikes_as_in_its_framework(
    tmp_path: Path, python_with: Callable[[str], Path], network: str
) -> None:
    recorded = run_there(python_with(network.split("_", maxsplit=1)[0]), NETWORKS / f"{network}.py", tmp_path)
    given, hidden, out = (recorded[name] for name in ("given", "hidden", "out"))

    spikes = run_here(tmp_path, given, **OPTIONS[network])

    # A layer of the chip acts one tick after the layer in front of it; the script gives the framework's as late.
    assert 100 < hidden.sum() < hidden.size / 2
    assert out.sum() > 50
    assert np.array_equal(spikes[1], hidden)
    assert np.array_equal(spikes[2], out)


def run_there(python: Path, script: Path, folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return the spikes (steps, neurons) of the framework's own run, which leaves net.nir in `folder`."""
    done = subprocess.run(
        [str(python), "-P", str(script), str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(np.load(folder / "run.npz"))


def run_here(folder: Path, given: NDArray[np.float32], **options: Any) -> list[NDArray[np.float32]]:
    """Return the spikes (steps, neurons) of every population of net.nir in the simulator, the input first."""
    float_network = s2studio.load_network(folder / "net.nir")
    network = s2studio.lower(float_network, integrator="forward", scale="fixed:1", **options)
    rows = "\n".join(f"{neuron},{step}" for step, neuron in np.argwhere(given))
    (folder / "given.csv").write_text(f"neuron,step\n{rows}\n")
    stimulus = s2studio.load_stimulus(folder / "given.csv", network)
    session = s2studio.simulate(network, folder / "run.s2s", stimulus=stimulus, steps=len(given))
    table = session.runs[0].spikes()
    spikes = [np.zeros((len(given), one.size), np.float32) for one in network.spiking.populations]
    for index, train in enumerate(spikes):
        here = table.population == index
        train[table.tick[here], table.neuron[here]] = 1
    return spikes
