"""A network built to overload PEs: advice names them, per_pe shows what is lost, and the first fix restores it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.conftest import CliJson

# `out` fires where the spikes of `sink` and of `echo` come in one tick: both answer a burst in the tick after it.
NETWORK = """\
s2studio: network/1
populations:
  burst: {size: 600, model: spike_list}
  beat: {size: 4, model: spike_list}
  sink: {size: 200, model: lif_no_delay, params: {threshold: 1000, alpha_decay: 0}}
  echo: {size: 4, model: lif_no_delay, params: {threshold: 1, alpha_decay: 0}}
  out: {size: 2, model: lif_no_delay, params: {threshold: 600, alpha_decay: 0}}
projections:
  - {pre: burst, post: sink, weights: {rule: probability, p: 0.3, weight: 20, seed: 1}}
  - {pre: beat, post: echo, weights: {rule: all_to_all, weight: 1}}
  - {pre: sink, post: out, weights: {rule: all_to_all, weight: 1}}
  - {pre: echo, post: out, weights: {rule: all_to_all, weight: 127}}
outputs: [out]
"""
BURSTS = range(0, 40, 4)


def stimuli(folder: Path) -> list[object]:
    """Write half of 600 neurons to burst, some 10,000 synaptic events and 1.3 ms of work; return the options."""
    fires = np.random.default_rng(0).random((len(BURSTS), 600)) < 0.5
    burst = [f"{neuron},{BURSTS[row]}" for row, neuron in np.argwhere(fires).tolist()]
    beat = [f"{neuron},{tick}" for tick in BURSTS for neuron in range(4)]
    options: list[object] = ["--steps", BURSTS.stop]
    for name, rows in (("burst", burst), ("beat", beat)):
        (folder / f"{name}.csv").write_text("\n".join(["neuron,step", *rows]) + "\n")
        options += ["--input", f"{name}={folder / name}.csv"]
    return options


def test_that_the_first_fix_restores_what_late_pes_lose(cli_json: CliJson, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(NETWORK)
    given = stimuli(tmp_path)

    def outputs(model: Path, engine: str, *more: object) -> tuple[object, int]:
        name = tmp_path / f"{model.stem}-{engine}.s2s"
        summary = cli_json("run", model, *more, "--engine", engine, "-o", name)
        return summary["outputs"], summary["late_ticks"]

    in_time, late = outputs(tmp_path / "net.yaml", "lockstep", *given)
    lost, _ = outputs(tmp_path / "net.yaml", "per_pe", *given)
    assert late > 0
    assert in_time == {"out": [len(BURSTS)] * 2}
    assert lost == {"out": [0, 0]}

    advice = cli_json(
        "advise", tmp_path / "net.yaml", *given, "--tick", "1e-3", "--apply", 1, "-o", tmp_path / "fixed.yaml"
    )
    cause = cli_json("why", tmp_path / "net-per_pe.s2s")
    assert advice["deadline"]["population"] == cause["population"] == "sink"
    assert advice["deadline"]["phase"] == cause["phases"][0]["kind"] == "synapses"
    assert advice["fixes"][0]["after"]["late_ticks"] == 0

    assert outputs(tmp_path / "fixed.yaml", "per_pe") == (in_time, 0)
