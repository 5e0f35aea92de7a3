"""Runs all held-out digits through the float network in torch and through s2studio, and prints both side by side.

It needs what s2studio itself does not: torch and scikit-learn.
"""

from __future__ import annotations

from pathlib import Path

import digits
import numpy as np
import torch
from network import DT_S, read_nir
from numpy.typing import NDArray

import s2studio
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus

MODEL = Path(__file__).resolve().parent / "model.nir"
PATH_POPULATIONS = 4  # input and three layers: each passes a spike on in the next step


def main() -> None:
    """Print the accuracy of both, how often they agree, and how many output spikes they differ in."""
    images, labels = digits.load()
    first = len(images) - digits.HELD_OUT
    events = np.stack([digits.events(images[number], number) for number in range(first, len(images))])
    in_float, on_chip, labels = float_counts(events), chip_counts(events), labels[first:]
    for name, counts in (("float", in_float), ("chip", on_chip)):
        right = int((counts.argmax(1) == labels).sum())
        print(f"{name:6}{right} of {len(labels)} right, {right / len(labels):.1%}; {counts.sum():,} output spikes")
    agree = int((in_float.argmax(1) == on_chip.argmax(1)).sum())
    print(f"same answer for {agree}; same count of every output for {int((in_float == on_chip).all(1).sum())}")


def float_counts(events: digits.BoolArray) -> NDArray[np.int64]:
    """Return the spikes of each output, shape (digits, 10), of the network in torch."""
    with torch.no_grad():
        output, _ = read_nir(MODEL)(torch.from_numpy(events).float().transpose(0, 1))
    return output.sum(0).numpy().astype(np.int64)


def chip_counts(events: digits.BoolArray) -> NDArray[np.int64]:
    """Return the spikes of each output, shape (digits, 10), of the network on the chip."""
    network = s2studio.lower(s2studio.load_network(MODEL), dt=DT_S, integrator="forward", reset="subtract")
    stimuli = [stimulus(one) for one in events]
    fullest = max(stimuli, key=lambda one: len(one["input"].step))
    steps = digits.STEPS + PATH_POPULATIONS
    mapping = s2studio.map_network(network, stimulus=fullest, steps=steps)
    program = s2studio.compile_program(network, mapping, s2studio.load_chip())
    spikes = s2studio.Simulator(program, batch=len(stimuli)).advance(steps, stimuli).spikes
    output = spikes.population == program.names.index("lif3")
    counts = np.zeros((len(stimuli), 10), np.int64)
    np.add.at(counts, (spikes.sample[output], spikes.neuron[output]), 1)
    return counts


def stimulus(found: digits.BoolArray) -> Stimulus:
    """Return the events of one digit as spikes of the input population."""
    step, neuron = np.nonzero(found.reshape(digits.STEPS, -1))
    return {"input": SpikeTrain.of(step, neuron.astype(np.int32))}


if __name__ == "__main__":
    main()
