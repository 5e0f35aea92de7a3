"""Trains the network of this sample and writes model.nir, recordings/ and labels.csv; a few minutes on two cores.

It needs what s2studio itself does not: torch and scikit-learn.
"""

from __future__ import annotations

import csv
from pathlib import Path

import digits
import numpy as np
import torch
from network import EventDigits, write_nir
from torch import Tensor
from torch.nn import functional

FOLDER = Path(__file__).resolve().parent
STORED = 50  # recordings of held-out digits
EPOCHS = 24
BATCH = 48
RATE = 6e-3
SEED = 1
SPIKES_WANTED = 12.0  # an output's count for its digit is about this
QUIET = 0.02  # spikes per neuron and step above which hidden layers are told to be quieter


def main() -> None:
    """Write everything."""
    torch.manual_seed(SEED)
    images, labels = digits.load()
    events = np.stack([digits.events(image, number) for number, image in enumerate(images)])
    print(f"{events.sum() / len(events):.0f} events per digit")
    cut = len(events) - digits.HELD_OUT
    store(events[cut : cut + STORED], labels[cut : cut + STORED])
    model = train(torch.from_numpy(events[:cut]), torch.from_numpy(labels[:cut]))
    write_nir(model, FOLDER / "model.nir")
    with torch.no_grad():
        counts = model(torch.from_numpy(events[cut:]).float().transpose(0, 1))[0].sum(0)
    right = int((counts.argmax(1).numpy() == labels[cut:]).sum())
    print(f"held out: {right} of {digits.HELD_OUT} right")


def train(events: Tensor, labels: Tensor) -> EventDigits:
    """Return the network after training on events (digits, 60, 2, 16, 16)."""
    model = EventDigits()
    steps = EPOCHS * (len(events) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps)
    for epoch in range(EPOCHS):
        order, right, activity = torch.randperm(len(events)), 0, 0.0
        for batch in order[: len(order) // BATCH * BATCH].split(BATCH):
            output, hidden = model(shifted(events[batch].float()).transpose(0, 1))
            counts = output.sum(0)
            rates = torch.stack([layer.mean() for layer in hidden])
            loss = functional.cross_entropy(counts / (SPIKES_WANTED / 8), labels[batch])
            loss = loss + 10 * functional.relu(rates - QUIET).sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            right += int((counts.argmax(1) == labels[batch]).sum())
            activity = float(rates.detach().mean())
        print(
            f"epoch {epoch + 1}: {right / len(order):.1%} of the training digits, {activity:.3f} spikes per step",
            flush=True,
        )
    return model


def shifted(events: Tensor) -> Tensor:
    """Return the events of a batch, each digit moved by up to one pixel, so that more is learnt than is there."""
    moves = torch.randint(-1, 2, (len(events), 2)).tolist()
    return torch.stack([torch.roll(one, move, (-2, -1)) for one, move in zip(events, moves, strict=True)])


def store(events: digits.BoolArray, labels: np.ndarray) -> None:
    """Write recordings and their labels."""
    folder = FOLDER / "recordings"
    folder.mkdir(exist_ok=True)
    with (folder / "labels.csv").open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("file", "label"))
        for number, (found, label) in enumerate(zip(events, labels, strict=True)):
            digits.write(folder / f"{number:02d}.bin", found)
            rows.writerow((f"{number:02d}.bin", label))


if __name__ == "__main__":
    main()
