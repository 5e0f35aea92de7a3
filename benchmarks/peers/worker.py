"""What the programs of the peers share: they read a network, and then run it once for each line they are sent.

A peer runs in a virtual environment of its own, without s2studio. It is started as `python PEER.py NETWORK.npz BATCH`,
answers `run` with one line of JSON, {"seconds": ..., "spikes": ...}, and ends with its standard input. Seconds are of
the processor, which a busy machine disturbs least.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def network() -> tuple[dict[str, Any], Any]:
    """Return the description of the network in the first argument and its arrays."""
    arrays = np.load(sys.argv[1], allow_pickle=False)
    return json.loads(str(arrays["description"])), arrays


def batch() -> int:
    """Return the number of samples to run side by side."""
    return int(sys.argv[2])


def serve(run: Callable[[], tuple[float, int]]) -> None:
    """Answer each line of standard input with a run, which returns its seconds and its spikes, inputs not counted."""
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        seconds, spikes = run()
        print(json.dumps({"seconds": float(seconds), "spikes": int(spikes)}), flush=True)
