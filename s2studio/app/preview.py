"""What is in a stimulus file, before any network: events, their rate over time, and what binning makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.stimulus import READERS, RECORDINGS
from s2studio.network.stimulus.columns import Columns
from s2studio.network.stimulus.events import US_PER_S, EventOptions, Events, binned, chosen

Json = dict[str, Any]
MOST_SPANS = 20


def describe_stimulus(path: Path, options: EventOptions) -> Json:
    """Return what is in `path`: of a recording its events, of a table of steps its spikes. Raises NetworkError."""
    if not path.is_file():
        raise NetworkError(str(path), "is a folder" if path.is_dir() else "no such file", hint="check the path")
    if path.suffix in RECORDINGS:
        return {"file": path.name, **_recording(path, RECORDINGS[path.suffix](path), options)}
    if path.suffix in READERS:
        return {"file": path.name, **_steps(READERS[path.suffix](path))}
    raise NetworkError(
        path.name, f"a file of kind '{path.suffix}'", f"stimuli are {', '.join([*READERS, *RECORDINGS])}"
    )


def _recording(path: Path, events: Events, options: EventOptions) -> Json:
    kept = chosen(events, options)
    if not len(kept.time_us):
        raise NetworkError(path.name, f"none of its {len(events.time_us):,} events is left", hint="see --window")
    duration_s = float(kept.time_us.max() + 1) / US_PER_S
    width, height = int(kept.x.max()) + 1, int(kept.y.max()) + 1
    about: Json = {
        "kind": "events",
        "events_in_file": len(events.time_us),
        "events": len(kept.time_us),
        "on": int(kept.is_on.sum()),
        "duration_s": duration_s,
        "width": width,
        "height": height,
        "rate_hz": _rates(kept, duration_s),
        "span_s": duration_s / MOST_SPANS,
        "binned": None,
    }
    if options.bin_s is not None:
        shape = (options.channels, height, width)
        columns = binned(path.name, events, shape, options)
        about["binned"] = {"bin_s": options.bin_s, "shape": list(shape), **_size(columns)}
    return about


def _rates(events: Events, duration_s: float) -> list[float]:
    """Return the events per second in each of `MOST_SPANS` spans of equal length."""
    edges = np.linspace(0, duration_s * US_PER_S, MOST_SPANS + 1)
    counts, _ = np.histogram(events.time_us, edges)
    return [float(count) for count in counts / (duration_s / MOST_SPANS)]


def _steps(columns: Columns) -> Json:
    names = columns.population
    populations = {} if names is None else {str(name): int(np.sum(names == name)) for name in dict.fromkeys(names)}
    return {"kind": "steps", **_size(columns), "populations": populations}


def _size(columns: Columns) -> Json:
    return {
        "spikes": len(columns.step),
        "steps": int(columns.step.max()) + 1 if len(columns.step) else 0,
        "highest_neuron": int(columns.neuron.max()) if len(columns.neuron) else None,
    }
