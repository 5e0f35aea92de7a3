"""The ratios that benchmarks reached when they were last recorded (recorded.yaml), and whether one fell behind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

RECORDED = Path(__file__).with_name("recorded.yaml")
HEAD = """\
# The ratio of each benchmark when it was last recorded: a machine's speed cancels out, more or less.
# `python benchmarks/simulation.py --record` and `python benchmarks/sessions.py --record` write this file.
"""
# A benchmark has fallen behind when its ratio is lower by this share: medians of a busy machine differ by so much.
MARGIN = 0.3


def verdict(name: str, ratio: float) -> str:
    """Return what to say of `ratio`, nothing where it is as recorded."""
    before = _read().get(name)
    if before is None or ratio >= before * (1 - MARGIN):
        return ""
    return f"SLOWER than recorded ({ratio:.1f} x, recorded {before:.1f} x, margin {MARGIN:.0%})"


def record(ratios: Mapping[str, float]) -> None:
    """Write `ratios` over those recorded under the same names."""
    content = _read() | {name: round(ratio, 2) for name, ratio in ratios.items()}
    temporary = RECORDED.with_suffix(".tmp")
    temporary.write_text(HEAD + yaml.safe_dump(content, sort_keys=True), encoding="utf-8")
    temporary.replace(RECORDED)


def _read() -> dict[str, float]:
    found = yaml.safe_load(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else None
    return {str(name): float(ratio) for name, ratio in found.items()} if isinstance(found, dict) else {}
