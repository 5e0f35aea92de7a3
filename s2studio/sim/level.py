"""At which performance level each PE runs each tick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.documents import nearest
from s2studio.errors import UsageError

AUTO = "auto"


@dataclass(frozen=True)
class LevelPolicy:
    """One level for every PE and tick (`low`, `high`: a name of the chip's level table), or `auto`.

    With `auto` a PE compares the packets waiting in its FIFO at the start of a tick with the threshold of its model:
    at or above it, that tick runs at the fastest level, else at the slowest. `thresholds` (model to packets) overrule
    those of the chip file.
    """

    mode: str = "low"
    thresholds: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, texts: Sequence[str]) -> LevelPolicy:
        """Return the policy that the option's values say: a level, `auto`, or `auto:MODEL=N` once per model.

        Raises UsageError where a value is malformed or two contradict each other; whether the chip has the level and
        the model shows in `check`.
        """
        modes: dict[str, None] = {}
        thresholds: dict[str, int] = {}
        for text in texts:
            mode, colon, rest = (part.strip() for part in text.partition(":"))
            modes[mode] = None
            if colon:
                model, packets = _threshold(text, mode, rest)
                if thresholds.setdefault(model, packets) != packets:
                    found = f"{thresholds[model]} and {packets} packets for '{model}'"
                    raise UsageError("level", found, "one threshold per model")
        if len(modes) > 1:
            raise UsageError("level", " and ".join(f"'{mode}'" for mode in modes), "one level for the whole run")
        return cls(next(iter(modes), cls.mode), thresholds)

    @property
    def texts(self) -> tuple[str, ...]:
        """The option values that `parse` turns into this policy."""
        return tuple(f"{self.mode}:{model}={packets}" for model, packets in self.thresholds.items()) or (self.mode,)

    def check(self, spec: ChipSpec) -> None:
        """Raise UsageError where the chip has no such level, or no such neuron model."""
        if self.mode != AUTO and self.mode not in spec.levels:
            hint = nearest(self.mode, [*spec.levels, AUTO])
            raise UsageError(f"level '{self.mode}'", f"the chip '{spec.name}' has no such level", hint=hint)
        for model in self.thresholds:
            if model not in spec.models:
                found = f"the chip '{spec.name}' has no such neuron model"
                raise UsageError(f"level 'auto:{model}=...'", found, hint=nearest(model, spec.models))


def choose_levels(
    policy: LevelPolicy, packets: NDArray[np.integer], models: Sequence[str], spec: ChipSpec
) -> NDArray[np.int8]:
    """Return the level of each slice and tick as an index into `tuple(spec.levels)`, in the shape of `packets`.

    `packets`, shape (..., slices), are those waiting at the start of the tick; `models` is the model of each slice.
    """
    policy.check(spec)
    names = tuple(spec.levels)
    if policy.mode != AUTO:
        return np.full(packets.shape, names.index(policy.mode), dtype=np.int8)
    clocks = [level.clock_hz for level in spec.levels.values()]
    slowest, fastest = np.argmin(clocks).astype(np.int8), np.argmax(clocks).astype(np.int8)
    return np.where(packets >= _thresholds(policy, models, spec), fastest, slowest)


def _thresholds(policy: LevelPolicy, models: Iterable[str], spec: ChipSpec) -> NDArray[np.int64]:
    known = {name: policy.thresholds.get(name, limits.auto_threshold_packets) for name, limits in spec.models.items()}
    return np.array([known[model] for model in models], dtype=np.int64)


def _threshold(text: str, mode: str, rest: str) -> tuple[str, int]:
    model, equals, number = (part.strip() for part in rest.partition("="))
    if mode != AUTO or not model or not equals or not number.isascii() or not number.isdigit():
        raise UsageError(
            f"level '{text}'", "not understood", hint="write 'low', 'high', 'auto' or 'auto:lif_conv2d=30'"
        )
    return model, int(number)
