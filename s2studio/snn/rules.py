"""The rules by which network YAML makes synapses: one function and one row in `RULES` each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from s2studio.documents import Document, Section
from s2studio.network.arrays import load_npz
from s2studio.snn.connectivity import Connectivity, DenseWeights, SynapseList

# Of all projections together: twice as many as the PEs of a chip have bytes.
MAX_SYNAPSES = 3 * 10**7
MAX_WEIGHT = 127
# Drawn at a time, so that little memory is taken beside the result.
BLOCK = 2**18


class Ends(NamedTuple):
    """The sizes of the two populations, and whether they are the same one."""

    pre: int
    post: int
    is_same: bool


class Reader(Protocol):
    """What a rule needs of the reader of the document."""

    document: Document

    def whole(self, section: Section, key: str, least: int, most: int) -> int:
        """Return the whole number at `key`, from `least` to `most`."""

    def number(self, section: Section, key: str, positive: bool = False) -> float:
        """Return the number at `key`."""

    def count_synapses(self, section: Section, synapses: int) -> None:
        """Refuse `synapses` more where the network has too many; called before they are made."""


def _all_to_all(reader: Reader, weights: Section, ends: Ends, delay: int) -> Connectivity:
    weight = reader.whole(weights, "weight", -MAX_WEIGHT, MAX_WEIGHT)
    reader.count_synapses(weights, ends.pre * ends.post)
    matrix = np.full((ends.pre, ends.post), weight, np.int8)
    if ends.is_same and not _autapses(reader, weights):
        np.fill_diagonal(matrix, 0)
    return DenseWeights(matrix, delay)


def _one_to_one(reader: Reader, weights: Section, ends: Ends, delay: int) -> Connectivity:
    if ends.pre != ends.post:
        raise reader.document.refuse(
            weights, "rule", f"one_to_one from {ends.pre} to {ends.post} neurons", "equal sizes"
        )
    weight = reader.whole(weights, "weight", -MAX_WEIGHT, MAX_WEIGHT)
    reader.count_synapses(weights, ends.pre)
    neurons = np.arange(ends.pre, dtype=np.int32)
    return _listed(neurons, neurons, np.full(ends.pre, weight), np.full(ends.pre, delay))


def _probability(reader: Reader, weights: Section, ends: Ends, delay: int) -> Connectivity:
    """Draw every pair for itself: the gaps between the pairs that are joined are geometric."""
    weight = reader.whole(weights, "weight", -MAX_WEIGHT, MAX_WEIGHT)
    p = reader.number(weights, "p")
    if not 0 <= p <= 1:
        raise reader.document.refuse(weights, "p", f"'p' is {p:g}", "a probability from 0 to 1 is expected")
    seed = reader.whole(weights, "seed", 0, 2**63 - 1) if "seed" in weights else 0
    pairs = ends.pre * ends.post
    reader.count_synapses(weights, int(p * pairs))
    without_own = ends.is_same and not _autapses(reader, weights)
    sources, targets = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for joined in _bernoulli(np.random.default_rng(seed), p, pairs):
        pre, post = np.divmod(joined, ends.post)
        kept = pre != post if without_own else slice(None)
        sources.append(pre[kept].astype(np.int32))
        targets.append(post[kept].astype(np.int32))
    every_pre, every_post = _joined(sources), _joined(targets)
    count = len(every_pre)
    return SynapseList(every_pre, every_post, np.full(count, weight, np.int8), np.full(count, delay, np.uint8))


def _bernoulli(random: np.random.Generator, p: float, trials: int) -> Iterator[NDArray[np.int64]]:
    """Yield which of `trials` succeed, each with probability `p`, ascending, in time of the successes."""
    last = -1
    while p > 0 and last < trials - 1:
        expected = (trials - last) * p
        gaps = random.geometric(p, min(BLOCK, int(expected + 5 * expected**0.5) + 16))
        # A tiny p makes gaps whose sum would leave int64; past the last trial they are all the same.
        places = last + np.cumsum(np.minimum(gaps, trials + 1), dtype=np.int64)
        last = int(places[-1])
        yield places[places < trials]


def _joined(blocks: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    """Return `blocks` one after the other; the list is empty then, so that nothing is there twice."""
    joined = np.concatenate(blocks)
    blocks.clear()
    return joined


def _gaussian(reader: Reader, weights: Section, ends: Ends, delay: int) -> Connectivity:
    """Weight round(amplitude exp(-d^2 / 2 sigma^2)) - inhibition, d the distance in neurons on a line or a ring."""
    document = reader.document
    if ends.pre != ends.post:
        raise document.refuse(
            weights, "rule", f"gaussian from {ends.pre} to {ends.post} neurons", "equal sizes are expected"
        )
    reader.count_synapses(weights, ends.pre * ends.post)
    amplitude = reader.whole(weights, "amplitude", -MAX_WEIGHT, MAX_WEIGHT)
    sigma = reader.number(weights, "sigma", positive=True)
    inhibition = reader.whole(weights, "inhibition", 0, MAX_WEIGHT) if "inhibition" in weights else 0
    distance = np.abs(np.arange(1 - ends.pre, ends.pre))
    if _flag(reader, weights, "ring", default=False):
        distance = np.minimum(distance, ends.pre - distance)
    with np.errstate(over="ignore"):  # a sigma near 0 leaves the peak alone
        weight = np.rint(amplitude * np.exp(-((distance / sigma) ** 2) / 2)) - inhibition
    if np.abs(weight).max() > MAX_WEIGHT:
        raise document.refuse(weights, "inhibition", f"a weight of {weight.min():g}", f"-{MAX_WEIGHT} to {MAX_WEIGHT}")
    # Row i begins i places further left: its zero distance stands in column i.
    matrix = np.lib.stride_tricks.sliding_window_view(weight.astype(np.int8), ends.pre)[::-1].copy()
    if not _autapses(reader, weights):
        np.fill_diagonal(matrix, 0)
    return DenseWeights(matrix, delay)


def _list(reader: Reader, weights: Section, ends: Ends, delay: int) -> Connectivity:
    rows = weights["connections"]
    whole = isinstance(rows, list) and all(
        isinstance(row, list) and len(row) in (3, 4) and all(type(entry) is int for entry in row) for row in rows
    )
    if not whole:
        limit = "a list of [pre, post, weight] or [pre, post, weight, delay], all whole numbers, is expected"
        raise reader.document.refuse(weights, "connections", "'connections' is malformed", limit)
    table = np.array([row if len(row) == 4 else [*row, delay] for row in rows], np.int64).reshape(-1, 4)
    return _checked(reader, weights, "connections", ends, *table.T)


def _npz(reader: Reader, weights: Section, ends: Ends, delay: int) -> Connectivity:
    """Read a matrix (pre, post) under `key`, or the columns pre, post, weight and maybe delay."""
    document = reader.document
    arrays = _arrays(reader, weights)
    if "key" not in weights and {"pre", "post", "weight"} <= arrays.keys():
        count = len(arrays["weight"])
        delays = arrays["delay"] if "delay" in arrays else np.full(count, delay, np.uint8)
        return _checked(reader, weights, "file", ends, arrays["pre"], arrays["post"], arrays["weight"], delays)
    key = str(weights.get("key") or (next(iter(arrays)) if len(arrays) == 1 else ""))
    if key not in arrays:
        raise document.refuse(weights, "key", f"no array '{key}' in the file", f"there are {', '.join(sorted(arrays))}")
    matrix = arrays[key]
    if matrix.shape != (ends.pre, ends.post):
        found = f"'{key}' has the shape {matrix.shape}"
        raise document.refuse(weights, "file", found, f"({ends.pre}, {ends.post}) is expected: pre, post")
    _check_weights(reader, weights, "file", matrix)
    return DenseWeights(matrix.astype(np.int8), delay)


def _arrays(reader: Reader, weights: Section) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of the archive `file`, which must lie in the document's folder."""
    document, text = reader.document, str(weights["file"])
    path = document.inside(weights, "file", text)
    try:
        return load_npz(path, 8 * MAX_SYNAPSES)
    except ValueError as problem:
        raise document.refuse(weights, "file", f"'{text}' cannot be read: {problem}") from problem


def _checked(
    reader: Reader,
    weights: Section,
    key: str,
    ends: Ends,
    pre: NDArray[Any],
    post: NDArray[Any],
    weight: NDArray[Any],
    delay: NDArray[Any],
) -> SynapseList:
    """Return columns from a file as a list of synapses; the ranges that the model allows are checked later."""
    document, columns = reader.document, (pre, post, weight, delay)
    if any(column.ndim != 1 or column.dtype.kind not in "iu" or len(column) != len(pre) for column in columns):
        raise document.refuse(weights, key, "its columns differ in length or hold no whole numbers")
    reader.count_synapses(weights, len(pre))
    _check_weights(reader, weights, key, weight)
    for name, column, most in (("pre", pre, ends.pre - 1), ("post", post, ends.post - 1), ("delay", delay, 255)):
        if column.min(initial=0) < 0 or column.max(initial=0) > most:
            row = int(np.argmax((column < 0) | (column > most)))
            raise document.refuse(weights, key, f"{name} {column[row]} in synapse {row}", f"0 to {most} are possible")
    return _listed(*columns)


def _listed(pre: NDArray[Any], post: NDArray[Any], weight: NDArray[Any], delay: NDArray[Any]) -> SynapseList:
    return SynapseList(
        pre.astype(np.int32, copy=False),
        post.astype(np.int32, copy=False),
        weight.astype(np.int8, copy=False),
        delay.astype(np.uint8, copy=False),
    )


def _check_weights(reader: Reader, weights: Section, key: str, values: NDArray[Any]) -> None:
    is_float = values.dtype.kind == "f" and np.isfinite(values).all()
    whole = values.dtype.kind in "iu" or (is_float and not np.any(values != np.rint(values)))
    if not whole or values.min(initial=0) < -MAX_WEIGHT or values.max(initial=0) > MAX_WEIGHT:
        limit = f"whole numbers from -{MAX_WEIGHT} to {MAX_WEIGHT} are expected"
        raise reader.document.refuse(weights, key, "weights that the chip cannot hold", limit, "scale and round them")


def _autapses(reader: Reader, weights: Section) -> bool:
    return _flag(reader, weights, "autapses", default=True)


def _flag(reader: Reader, weights: Section, key: str, default: bool) -> bool:
    value = weights.get(key, default)
    if not isinstance(value, bool):
        raise reader.document.refuse(weights, key, f"'{key}' is {value!r}", "true or false is expected")
    return value


Rule = Callable[[Any, Section, Ends, int], Connectivity]
# {rule: (keys it must have, keys it may have, function)}
RULES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], Rule]] = {
    "all_to_all": (("weight",), ("autapses",), _all_to_all),
    "one_to_one": (("weight",), (), _one_to_one),
    "probability": (("p", "weight"), ("seed", "autapses"), _probability),
    "gaussian": (("amplitude", "sigma"), ("inhibition", "ring", "autapses"), _gaussian),
    "list": (("connections",), (), _list),
    "npz": (("file",), ("key",), _npz),
}
