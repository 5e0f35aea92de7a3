"""The ratios that benchmarks reached when they were last recorded (recorded.yaml), and whether one fell behind.

Where a benchmark has nothing of its own to be compared with, its ratio is that of a yardstick to it: a fixed piece of
work in Python and NumPy, timed in the same process.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import yaml

RECORDED = Path(__file__).with_name("recorded.yaml")
HEAD = """\
# The ratio of each benchmark when it was last recorded: a machine's speed cancels out, more or less.
# Every benchmark writes its own here with `--record`; `make bench` says which fell behind.
"""
# A benchmark has fallen behind when its ratio is lower by this share: medians of a busy machine differ by so much.
MARGIN = 0.3


@cache
def yardstick_s() -> float:
    """Return the processor time of the yardstick, the median of nine, in s."""
    values = np.random.default_rng(0).random(200_000)
    times = []
    for _ in range(9):
        started = time.thread_time()
        np.cumsum(np.sort(values)).sum()
        sum(number * number % 7 for number in range(100_000))
        times.append(time.thread_time() - started)
    return float(np.median(times))


def verdict(name: str, ratio: float) -> str:
    """Return what to say of `ratio`, nothing where it is as recorded."""
    before = _read().get(name)
    if before is None or ratio >= before * (1 - MARGIN):
        return ""
    return f"SLOWER than recorded ({ratio:,.3g} x, recorded {before:,.3g} x, margin {MARGIN:.0%})"


def judge(name: str, ratio: float, is_recorded: bool) -> str:
    """Return what to say of `ratio`, with a blank before it; record it instead where `is_recorded`."""
    if is_recorded:
        record({name: ratio})
        return ""
    said = verdict(name, ratio)
    return said and f" {said}"


def judge_seconds(name: str, seconds: float, is_recorded: bool) -> str:
    """Return what to say of a benchmark that took `seconds`, as a ratio to the yardstick."""
    return judge(name, yardstick_s() / max(seconds, 1e-9), is_recorded)


def record(ratios: Mapping[str, float]) -> None:
    """Write `ratios` over those recorded under the same names."""
    content = _read() | {name: float(f"{ratio:.4g}") for name, ratio in ratios.items()}
    temporary = RECORDED.with_suffix(".tmp")
    temporary.write_text(HEAD + yaml.safe_dump(content, sort_keys=True), encoding="utf-8")
    temporary.replace(RECORDED)


def _read() -> dict[str, float]:
    found = yaml.safe_load(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else None
    return {str(name): float(ratio) for name, ratio in found.items()} if isinstance(found, dict) else {}
