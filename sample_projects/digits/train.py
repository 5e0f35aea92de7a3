"""Trains both networks of this sample and writes them as ONNX, with their samples; about three minutes on one core.

It needs what s2studio itself does not: torch, onnx and scikit-learn.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

FOLDER = Path(__file__).resolve().parent
HELD_OUT = 360  # the last ones: other writers than those of the first
CALIBRATION = 100  # of the training digits, from which int8 takes its steps
EPOCHS = 60
BATCH = 48
RATE = 4e-3
SEED = 1


def mlp() -> nn.Module:
    """Return 64 pixels -> 128 -> 64 -> 10 outputs."""
    return nn.Sequential(
        nn.Flatten(),
        *(nn.Linear(64, 128), nn.ReLU()),
        *(nn.Linear(128, 64), nn.ReLU()),
        nn.Linear(64, 10),
    )


def cnn() -> nn.Module:
    """Return three convolutions with batch normalisation, the second and third after a pool, and a dense layer."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()),
        *(nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.AvgPool2d(2)),
        *(nn.Flatten(), nn.Linear(256, 10)),
    )


def main() -> None:
    """Write everything."""
    torch.set_num_threads(1)  # so that sums are added in the same order everywhere
    images, labels = load()
    learnt, known = images[:-HELD_OUT], labels[:-HELD_OUT]
    store("calibration", learnt[:CALIBRATION], known[:CALIBRATION])
    store("test", images[-HELD_OUT:], labels[-HELD_OUT:])
    for name, build in (("digits_mlp", mlp), ("digits_cnn", cnn)):
        torch.manual_seed(SEED)
        model = train(build(), learnt, known)
        with torch.no_grad():
            right = int((model(images[-HELD_OUT:]).argmax(1) == labels[-HELD_OUT:]).sum())
        print(f"{name}: {right} of {HELD_OUT} held-out digits right")
        example = (images[:1],)
        # The older exporter: its files are smaller, and hold no paths of this machine.
        path = FOLDER / f"{name}.onnx"
        torch.onnx.export(model, example, path, input_names=["image"], opset_version=17, dynamo=False)


def load() -> tuple[Tensor, Tensor]:
    """Return the 1,797 images (1797, 1, 8, 8), values 0 to 1, and their labels; they come with scikit-learn."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return torch.from_numpy(images.astype(np.float32)).reshape(-1, 1, 8, 8) / 16, torch.from_numpy(labels).long()


def train(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
    """Return `model` after training, ready for inference."""
    steps = EPOCHS * (len(images) // BATCH)
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(images))
        for batch in order[: len(order) // BATCH * BATCH].split(BATCH):
            loss = functional.cross_entropy(model(moved(images[batch])), labels[batch], label_smoothing=0.05)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model.eval()


def moved(images: Tensor) -> Tensor:
    """Return the images of a batch, each turned, scaled and moved a little, so that more is learnt than is there."""
    turn, size = 0.2 * torch.randn(len(images)), 1 + 0.1 * torch.randn(len(images))
    rows = torch.stack([torch.stack([turn.cos(), -turn.sin()], 1), torch.stack([turn.sin(), turn.cos()], 1)], 1)
    place = torch.cat([rows * size[:, None, None], 0.1 * torch.randn(len(images), 2, 1)], 2)
    return functional.grid_sample(images, functional.affine_grid(place, images.shape, False), align_corners=False)


def store(name: str, images: Tensor, labels: Tensor) -> None:
    """Write images and their labels."""
    np.savez_compressed(FOLDER / f"{name}.npz", samples=images.numpy(), labels=labels.numpy())


if __name__ == "__main__":
    main()
