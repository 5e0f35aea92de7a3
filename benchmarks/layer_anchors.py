"""The published figures of deep networks on the chip beside the model's.

python benchmarks/layer_anchors.py [CHIP]        (part of `make anchors`)

Ends with 1 where a figure is further off than its tolerance.
"""

from __future__ import annotations

import sys

from deep_shapes import NETWORKS
from feasible_costs import print_anchors

from s2studio.analysis.layer_anchors import SIMULATED, layer_anchors
from s2studio.chip.loader import load_chip
from s2studio.mapping.layers.of_part import works_of


def main() -> int:
    """Print a line for each figure and return the exit code."""
    spec = load_chip(sys.argv[1] if len(sys.argv) > 1 else "spinnaker2")
    networks = {name: works_of(NETWORKS[name]()) for name in SIMULATED.values()}
    rows = layer_anchors(spec, networks)
    print()
    print_anchors(rows)
    return 0 if all(row.agrees for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
