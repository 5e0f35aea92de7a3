"""Trains the transformer of this sample and writes it as ONNX, with its samples; about five minutes on two cores.

It needs what s2studio itself does not: torch and onnx. The text is that of Python's help topics, which come with Python
(`pydoc_data.topics`) and differ a little from version to version; what is stored was made with Python 3.11.7.
"""

from __future__ import annotations

from pathlib import Path
from pydoc_data.topics import topics

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

FOLDER = Path(__file__).resolve().parent
CHARACTERS = "\n" + "".join(map(chr, range(32, 127)))  # all others become a space
LENGTH = 128  # characters that are looked at
WIDTH, HEADS, BLOCKS = 64, 4, 3
HELD_OUT = 8  # every eighth topic
TEST, CALIBRATION = 64, 16  # texts of LENGTH characters that are stored
STEPS = 3000
BATCH = 32
RATE = 3e-3
SEED = 1


class Attention(nn.Module):
    """Each place looks at itself and those before it."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, places, WIDTH) for the same."""
        heads = [layer(x).unflatten(2, (HEADS, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value)]
        return self.out(functional.scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).flatten(2))


class Block(nn.Module):
    """x + attention of the norm of x, then x + two layers of the norm of that."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.attention, self.norm2 = nn.LayerNorm(WIDTH), Attention(), nn.LayerNorm(WIDTH)
        self.layers = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """Return (batch, places, WIDTH) for the same."""
        x = x + self.attention(self.norm1(x))
        return x + self.layers(self.norm2(x))


class NextCharacter(nn.Module):
    """A transformer that only looks back: the logits of the character that follows each of LENGTH characters."""

    def __init__(self) -> None:
        super().__init__()
        self.characters = nn.Embedding(len(CHARACTERS), WIDTH)
        self.places = nn.Parameter(0.1 * torch.randn(LENGTH, WIDTH))
        self.blocks = nn.Sequential(*(Block() for _ in range(BLOCKS)))
        self.norm, self.out = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, len(CHARACTERS))

    def forward(self, text: Tensor) -> Tensor:
        """Return (batch, LENGTH, characters) for the numbers of characters (batch, LENGTH)."""
        return self.out(self.norm(self.blocks(self.characters(text) + self.places)))


def main() -> None:
    """Write everything."""
    torch.manual_seed(SEED)
    names = sorted(topics)
    held_out = text_of(names[::HELD_OUT])
    learnt = text_of([name for number, name in enumerate(names) if number % HELD_OUT])
    print(f"{len(learnt):,} characters to learn from, {len(held_out):,} held out")
    store("calibration", learnt, CALIBRATION)
    text, following = store("test", held_out, TEST)
    model = train(NextCharacter(), learnt)
    with torch.no_grad():
        print(f"held out: {float(loss_of(model, text, following)):.4f} nats per character")
    example = torch.zeros(1, LENGTH, dtype=torch.int64)
    path = FOLDER / "next_character.onnx"
    # The older exporter: its files are smaller, and hold no paths of this machine.
    torch.onnx.export(model, (example,), path, input_names=["text"], opset_version=17, dynamo=False)


def text_of(names: list[str]) -> Tensor:
    """Return topics as one text of numbers: 0 a new line, 1 to 95 the printable characters from the space on."""
    numbers = {character: number for number, character in enumerate(CHARACTERS)}
    return torch.tensor([numbers.get(character, 1) for name in names for character in topics[name]])


def pieces(text: Tensor, starts: Tensor) -> tuple[Tensor, Tensor]:
    """Return pieces of LENGTH characters of `text`, and the character that follows each of them."""
    places = starts[:, None] + torch.arange(LENGTH + 1)
    return text[places[:, :-1]], text[places[:, 1:]]


def loss_of(model: nn.Module, text: Tensor, following: Tensor) -> Tensor:
    """Return -log of the probability of what follows, in nats, the mean over all places."""
    return functional.cross_entropy(model(text).flatten(0, 1), following.flatten())


def train(model: nn.Module, text: Tensor) -> nn.Module:
    """Return `model` after training, ready for inference."""
    optimiser = torch.optim.AdamW(model.parameters(), RATE, betas=(0.9, 0.99), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, STEPS, pct_start=0.1)
    for step in range(STEPS):
        loss = loss_of(model, *pieces(text, torch.randint(len(text) - LENGTH, (BATCH,))))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step}: {loss.item():.3f} nats per character", flush=True)
    return model.eval()


def store(name: str, text: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Write `count` pieces from all over `text`, as numbers of characters, and return them with what follows."""
    samples, following = pieces(text, torch.linspace(0, len(text) - LENGTH - 1, count).long())
    np.savez_compressed(FOLDER / f"{name}.npz", samples=samples.byte().numpy(), labels=following.byte().numpy())
    return samples, following


if __name__ == "__main__":
    main()
