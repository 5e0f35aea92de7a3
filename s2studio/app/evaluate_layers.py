"""A data set through a deep network, float and int8 side by side: accuracy, loss, confusion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.app.describe_layers import Json
from s2studio.app.layer_samples import LayerSamples
from s2studio.app.lower_layers import quantise_layers
from s2studio.chip.spec import ChipSpec
from s2studio.lowering.int8.network import Quantised, run_quantised
from s2studio.lowering.int8.options import Int8Options
from s2studio.network.operators.reductions import Softmax
from s2studio.network.tensors import LayerGraph, evaluate

# A confusion matrix of more answers is no table to look at.
MOST_ANSWERS = 100
# A probability that int8 rounds to 0 counts as half its step at least.
LEAST_PROBABILITY = 2.0**-9


@dataclass(frozen=True)
class Scores:
    """What one way of computing got right: answers equal to their label, and the mean of -ln p(label) in nats."""

    right: int
    loss: float


@dataclass(frozen=True)
class LayerEvaluation:
    """A data set through a network, float and in int8.

    `answers` counts places where the network chooses, several in a sample where its output has more than one row.
    `confusion` (labels, predictions) is of int8; it and the scores are None without labels, and for many answers.
    """

    quantised: Quantised
    samples: int
    answers: int
    same: int
    float_scores: Scores | None
    int8_scores: Scores | None
    confusion: NDArray[np.int64] | None
    largest_sum: int


def evaluate_layers(
    graph: LayerGraph,
    data: LayerSamples,
    spec: ChipSpec,
    calibration: LayerSamples | None = None,
    options: Int8Options | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> LayerEvaluation:
    """Return how `graph` does on `data`, its int8 steps chosen on `calibration` (None: the first of `data`).

    `progress` is told (samples done, of how many). Raises NetworkError for layers that are not covered.
    """
    quantised = quantise_layers(graph, calibration or data, spec, options)
    ours, theirs = (_Tally(quantised.graph, data) for _ in range(2))
    same = answers = largest = 0
    (output, *_) = quantised.part.outputs
    for index, sample in enumerate(data.samples):
        floats, values = evaluate(quantised.graph, sample)[output.name], run_quantised(quantised.part, sample)
        whole = output.to_float(values.tensors[output.name])
        theirs.add(index, floats)
        ours.add(index, whole)
        answers += floats[..., 0].size
        same += int((floats.argmax(-1) == whole.argmax(-1)).sum())
        largest = max(largest, *values.largest_sums.values(), 0)
        progress(index + 1, len(data.samples))
    scores = (theirs.scores(answers), ours.scores(answers))
    return LayerEvaluation(quantised, len(data.samples), answers, same, *scores, ours.confusion, largest)


@dataclass
class _Tally:
    """What was right so far."""

    graph: LayerGraph
    data: LayerSamples
    right: int = 0
    loss: float = 0.0
    confusion: NDArray[np.int64] | None = field(init=False)

    def __post_init__(self) -> None:
        classes = self.graph.shapes[self.graph.outputs[0]][-1]
        shown = self.data.labels is not None and classes <= MOST_ANSWERS
        self.confusion = np.zeros((classes, classes), np.int64) if shown else None
        last = next(layer for layer in self.graph.layers if layer.output == self.graph.outputs[0])
        self.is_probability = isinstance(last.operator, Softmax)

    def add(self, index: int, output: NDArray[Any]) -> None:
        """Add the output of a sample."""
        if self.data.labels is None:
            return
        rows, labels = output.reshape(-1, output.shape[-1]).astype(np.float64), self.data.labels[index].reshape(-1)
        chosen = rows.argmax(-1)
        self.right += int((chosen == labels).sum())
        if self.is_probability:
            logs = np.log(np.maximum(rows, LEAST_PROBABILITY))
        else:
            logs = rows - rows.max(-1, keepdims=True)
            logs -= np.log(np.exp(logs).sum(-1, keepdims=True))
        self.loss -= float(logs[np.arange(len(labels)), labels].sum())
        if self.confusion is not None:
            np.add.at(self.confusion, (labels, chosen), 1)

    def scores(self, answers: int) -> Scores | None:
        """Return the sums over all `answers`, None without labels."""
        return None if self.data.labels is None else Scores(self.right, self.loss / answers)


def describe_evaluation(graph: LayerGraph, found: LayerEvaluation, spec: ChipSpec) -> Json:
    """Return what `evaluate` says of a deep network."""
    limit = 2 ** (spec.whole("mac_array.accumulator_bits") - 1) - 1
    return {
        "network": graph.name,
        "samples": found.samples,
        "answers": found.answers,
        "same_answer": found.same,
        "float": _scores(found.float_scores, found.answers),
        "int8": _scores(found.int8_scores, found.answers),
        "confusion": None if found.confusion is None else found.confusion.tolist(),
        "largest_sum": found.largest_sum,
        "accumulator_limit": limit,
    }


def _scores(scores: Scores | None, answers: int) -> Json | None:
    if scores is None:
        return None
    return {"right": scores.right, "accuracy": scores.right / answers, "loss": scores.loss}
