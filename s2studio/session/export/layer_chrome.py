"""Chrome trace export of runs of layers, for Perfetto: PEs as tracks, stages as slices, DRAM and power as counters."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from s2studio.session.export.layer_part import LayerExport
from s2studio.session.export.text import lines
from s2studio.session.layer_run import LayerRun
from s2studio.session.run import Progress
from s2studio.sim.layers.stages import TITLES

LAYER_CHROME_CHANNELS = ("stages", "layers", "dram", "power")
_NS_PER_US = 1000
_COMPRESSION = 5
_CHIP, _PES = 1, 2
_LAYERS = 0


def write_layer_chrome(part: LayerExport, path: Path, progress: Progress) -> None:
    """Write `part` to `path`, compressed where its name ends in `.gz`.

    A process for the chip with the layers as slices and counters of DRAM and power, one for the PEs with a thread for
    each. Times are chip time in microseconds, to the nanosecond.
    """
    with ExitStack() as stack:
        file: Any = stack.enter_context(path.open("wb"))
        if path.name.endswith(".gz"):
            # Without a name and a time inside, equal traces are equal files.
            file = stack.enter_context(gzip.GzipFile("", "wb", _COMPRESSION, file, mtime=0))
        about: dict[str, Any] = {
            "session": str(part.run.session),
            "network": part.run.about.network,
            "estimates": "all times",
        }
        about |= {"ends": _ends(part.run)}
        file.write(f'{{"displayTimeUnit":"ns","otherData":{json.dumps(about)},"traceEvents":[\n'.encode())
        file.write(",\n".join(json.dumps(event) for event in _names(part)).encode())
        for text in _events(part, progress):
            file.write(text)
        file.write(b"\n]}\n")


def _ends(run: LayerRun) -> dict[str, Any]:
    """Return both ends of the last inference that is shown, and of its layers in their order."""
    ends = run.ends[-1]
    return {
        "inference_s": ends.latency_s,
        "energy_j": ends.energy_j,
        "mean_power_w": ends.power_w,
        "layers_s": ends.time_s.T.tolist(),
    }


def _names(part: LayerExport) -> Iterator[dict[str, Any]]:
    for pid, name in ((_CHIP, "chip"), (_PES, "PEs")):
        yield {"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "ts": 0, "args": {"name": name}}
    yield {"ph": "M", "name": "thread_name", "pid": _CHIP, "tid": _LAYERS, "ts": 0, "args": {"name": "layers"}}
    for thread, pe in enumerate(part.run.about.mapping.pes, 1):
        name = f"{pe} scheduler" if thread == 1 else str(pe)
        place = {"pid": _PES, "tid": thread, "ts": 0}
        yield {"ph": "M", "name": "thread_name", **place, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", **place, "args": {"sort_index": thread}}


def _events(part: LayerExport, progress: Progress) -> Iterator[bytes]:
    """Yield the events of each channel, each beginning with a comma."""
    thread = {str(pe): number for number, pe in enumerate(part.run.about.mapping.pes, 1)}
    for name in part.channels:
        for rows in part.blocks(name, progress):
            columns: Any = rows
            if name == "stages":
                texts, pe = columns["pe"]
                stages, stage = columns["stage"]
                tid = np.array([thread.get(text, 0) for text in texts], np.int64)[pe]
                yield _slices([TITLES.get(text, text) for text in stages], stage, _PES, tid, columns)
            elif name == "layers":
                texts, layer = columns["name"]
                yield _slices(texts, layer, _CHIP, np.full(len(layer), _LAYERS), columns)
            elif name == "dram":
                yield _counter("DRAM (GB/s)", columns["time_ns"], columns["bytes_per_s"] / 1e9)
            else:
                yield _counter("power (W)", columns["time_ns"], columns["power_w"])


def _slices(texts: Any, index: Any, process: int, thread: Any, columns: Any) -> bytes:
    quoted = [json.dumps(text) for text in texts]
    lasts_us = (columns["stop_ns"] - columns["start_ns"]) / _NS_PER_US
    return lines(
        [
            ',\n{"ph":"X","cat":"stage","name":', (quoted, index), f',"pid":{process},"tid":', thread,
            ',"ts":', columns["start_ns"] / _NS_PER_US, ',"dur":', lasts_us,
            ',"args":{"layer":', columns["layer"], ',"inference":', columns["inference"], "}}",
        ]
    )  # fmt: skip


def _counter(name: str, time_ns: Any, values: Any) -> bytes:
    head = f',\n{{"ph":"C","name":{json.dumps(name)},"pid":{_CHIP},"tid":0,"ts":'
    return lines([head, time_ns / _NS_PER_US, ',"args":{"value":', values, "}}"])
