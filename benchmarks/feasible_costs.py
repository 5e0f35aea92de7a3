"""The anchors beside the model, the cycle costs that agree with them, and what each would be if left out.

python benchmarks/feasible_costs.py [CHIP]        (`make anchors`)

Ends with 1 where a figure is further off than its tolerance.
"""

from __future__ import annotations

import sys

from s2studio.analysis.feasible import AnchorRow, LeftOut, anchor_table, left_out_table
from s2studio.chip.loader import load_chip
from s2studio.chip.spec import ChipSpec
from s2studio.sim.cost_bounds import COST_NAMES, feasible_costs


def print_anchors(rows: tuple[AnchorRow, ...]) -> None:
    """Print a line for each published figure."""
    print(f"{'published figure':38}{'model':>12}{'published':>12}  {'unit':11}{'error':>8}")
    for row in rows:
        span = "" if row.interval is None else f"  [{row.interval[0]:,.4g}, {row.interval[1]:,.4g}]"
        verdict = "" if row.agrees else "  FAILS"
        role = " (input)" if row.role == "input" else " (at least)" if row.is_bound else ""
        values = f"{row.title:38}{row.model:12,.6g}{row.published:12,.6g}  {row.unit:11}{row.error:+8.2%}"
        print(f"{values}{role}{span}{verdict}")
        if row.note and not row.is_bound:
            print(f"    {row.note}")


def print_set(spec: ChipSpec) -> None:
    """Print the ranges, and the corners that cost most for each model."""
    costs = feasible_costs(spec)
    print("\ncycle costs: value, interval over the feasible set")
    for key in costs.ranges:
        low, high = costs.interval(key)
        quantity = spec.quantities[key]
        print(f"{key:42}{quantity.value!s:>8}  [{low:g}, {high:g}]  {quantity.mark}")
    for key in costs.contradicted:
        print(f"contradicted by these ranges, and not used: {key}")
    print("\ncorners of the set that cost most (lif_curr_exp): " + ", ".join(COST_NAMES))
    for corner in costs.corners("lif_curr_exp").most:
        print("  " + "".join(f"{value:10.2f}" for value in corner))


def print_left_out(rows: tuple[LeftOut, ...]) -> None:
    """Print a line for each figure that was left out."""
    print("\nleave one anchor out")
    for row in rows:
        predicted = "       -" if row.predicted is None else f"{row.predicted:8.4g}"
        error = "       -" if row.error is None else f"{row.error:+8.1%}"
        span = "" if row.interval is None else f" [{row.interval[0]:.4g}, {row.interval[1]:.4g}]"
        print(f"{row.key:38}{predicted} for {row.published:g} {row.unit:7}{error}  {row.how}{span}")


def main() -> int:
    """Print everything and return the exit code."""
    spec = load_chip(sys.argv[1] if len(sys.argv) > 1 else "spinnaker2")
    rows = anchor_table(spec)
    print_anchors(rows)
    print_set(spec)
    print_left_out(left_out_table(spec))
    return 0 if all(row.agrees for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
