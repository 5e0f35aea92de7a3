"""The options that several commands share, as tables, and how what was given on the command line changes a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from s2studio.app.project import Project, RunOptions, StimulusSource, open_project
from s2studio.chip.machine import PE
from s2studio.chip.settings import ChipSettings
from s2studio.errors import UsageError
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.mapping import MappingOptions
from s2studio.mapping.pins import parse_pin
from s2studio.network.stimulus.events import EventOptions
from s2studio.sim.level import LevelPolicy

Given = Mapping[str, Any]

Model = Annotated[Path, typer.Argument(metavar="MODEL|PROJECT.yaml", help="A .nir file, a network YAML or a project.")]
ModelOrScript = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL|PROJECT.yaml|SCRIPT.py",
        help="A .nir file, a network YAML, a project, or a script written for py-spinnaker2.",
    ),
]
Subject = Annotated[Path, typer.Argument(metavar="MODEL|PROJECT.yaml|SESSION", help="A model, project or session.")]
RunNumber = Annotated[int, typer.Option("--run", metavar="N", help="Which run of the session.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output and nothing else.")]


def _option(kind: Any, *names: str, panel: str, help: str, metavar: str | None = None) -> Any:  # noqa: A002 - typer's word
    return Annotated[kind, typer.Option(*names, help=help, metavar=metavar, rich_help_panel=panel)]


LOWERING: Mapping[str, Any] = {
    "dt": _option(float | None, "--dt", metavar="S", panel="Lowering", help="Model time of a tick, in s."),
    "integrator": _option(
        str | None,
        "--integrator",
        metavar="forward|exponential",
        panel="Lowering",
        help="Forward or exponential Euler (default: exponential).",
    ),
    "reset": _option(
        str | None,
        "--reset",
        metavar="zero|subtract",
        panel="Lowering",
        help="What a spike does to the voltage (default: subtract).",
    ),
    "scale": _option(
        str | None,
        "--scale",
        metavar="none|max|percentile:P|fixed:F",
        panel="Lowering",
        help="How weights are scaled to integers (default: max).",
    ),
    "rounding": _option(
        str | None,
        "--rounding",
        metavar="nearest|truncate",
        panel="Lowering",
        help="How weights are rounded (default: nearest).",
    ),
}

MAPPING: Mapping[str, Any] = {
    "placer": _option(
        str | None,
        "--placer",
        metavar="sequential|hilbert|greedy|anneal",
        panel="Mapping",
        help="How slices are placed (default: sequential).",
    ),
    "seed": _option(int | None, "--seed", metavar="N", panel="Mapping", help="Seed of every random draw (default: 0)."),
    "neurons_per_pe": _option(
        list[str] | None,
        "--neurons-per-pe",
        "--max-atoms-per-core",
        metavar="POP=N",
        panel="Mapping",
        help="Neurons per PE of a population (repeatable).",
    ),
    "routing": _option(
        str | None,
        "--routing",
        metavar="mc|c2c",
        panel="Mapping",
        help="mc: through the event router; c2c: one packet per target QPE (default: mc).",
    ),
    "forbid": _option(
        list[str] | None, "--forbid", metavar="'PE(1, 1, 0)'", panel="Mapping", help="Keep a PE empty (repeatable)."
    ),
    "pin": _option(
        list[str] | None,
        "--pin",
        metavar="'POP[0]=PE(1, 1, 0)'",
        panel="Mapping",
        help="Put a slice of a population, counted from 0, on a PE (repeatable).",
    ),
    "traffic": _option(
        Path | None,
        "--traffic",
        metavar="SESSION",
        panel="Mapping",
        help="Place by the spikes of an earlier run (default: every neuron spikes once).",
    ),
    "chip": _option(
        str | None,
        "--chip",
        metavar="NAME|FILE",
        panel="Mapping",
        help="Chip by name or YAML file (default: spinnaker2).",
    ),
    "runtime": _option(
        str | None,
        "--runtime",
        metavar="NAME",
        panel="Mapping",
        help="What programs the chip, and so reserves PEs (default: py-spinnaker2).",
    ),
}

EVENTS: Mapping[str, Any] = {
    "bin": _option(
        float | None, "--bin", metavar="S", panel="Run", help="Length of a bin of an event recording, in s."
    ),
    "window": _option(
        str | None, "--window", metavar="A:B", panel="Run", help="Part of an event recording, in s (default: all)."
    ),
    "polarity": _option(
        str | None,
        "--polarity",
        metavar="two|merged|on",
        panel="Run",
        help="Channels of an event recording: off and on, both in one, on alone (default: two).",
    ),
    "downsample": _option(
        int | None, "--downsample", metavar="N", panel="Run", help="Join N x N pixels of an event recording into one."
    ),
}

STIMULUS: Mapping[str, Any] = {
    "input": _option(
        list[str] | None,
        "--input",
        metavar="[POP=]FILE",
        panel="Run",
        help="Spikes in: .csv, .npy, .npz, .bin (N-MNIST), .aedat, .aedat4, .dat, .h5, or poisson:HZ (repeatable).",
    ),
    **EVENTS,
    "steps": _option(
        int | None, "--steps", metavar="N", panel="Run", help="Ticks to run (default: as the stimulus needs)."
    ),
    "record": _option(
        list[str] | None,
        "--record",
        metavar="POP:VARS",
        panel="Run",
        help="What the board records, e.g. out:spikes,v; costs PE memory; 'none' for nothing (repeatable).",
    ),
}

RUN: Mapping[str, Any] = {
    "mapping": _option(Path | None, "--mapping", metavar="M.yaml", panel="Mapping", help="Use a saved mapping."),
    "tick": _option(
        float | None, "--tick", metavar="S", panel="Run", help="Wall time of a tick on the chip, in s (default: 1e-3)."
    ),
    "observe": _option(
        list[str] | None,
        "--observe",
        metavar="POP:VARS",
        panel="Run",
        help="What only the simulator sees, at no cost on the chip (repeatable; default: all spikes).",
    ),
    "level": _option(
        list[str] | None,
        "--level",
        metavar="L",
        panel="Run",
        help="Performance level: low, high or auto; auto:MODEL=N sets the packets that make it high (default: low).",
    ),
}
# What of the chip is nowhere published.
SETTINGS: Mapping[str, Any] = {
    "sleep_level": _option(
        str | None, "--sleep-level", metavar="L", panel="Chip", help="Level at which PEs sleep (default: low)."
    ),
    "unused_pes": _option(
        str | None,
        "--unused-pes",
        metavar="asleep|off",
        panel="Chip",
        help="What PEs do that no program uses (default: asleep).",
    ),
    "switch_time": _option(
        float | None,
        "--switch-time",
        metavar="S",
        panel="Chip",
        help="Time of a change of level, before and after a tick at another than that of sleep (default: the chip's).",
    ),
    "switch_energy": _option(
        float | None,
        "--switch-energy",
        metavar="J",
        panel="Chip",
        help="Energy of a change of level besides (default: the chip file's).",
    ),
}
# What runs a network tick by tick; other commands price or export, whatever ran it.
ENGINE: Mapping[str, Any] = {
    "engine": _option(
        str | None,
        "--engine",
        metavar="E",
        panel="Run",
        help="lockstep: fast, as if no PE were late (default); per_pe: every PE by its own clock, late ones too.",
    ),
    "fifo": _option(
        str | None,
        "--fifo",
        metavar="F",
        panel="Run",
        help="What a full FIFO does with per_pe: drop, overwrite, stall.",
    ),
    "threads": _option(
        int | None,
        "--threads",
        metavar="N",
        panel="Run",
        help="Threads of lockstep, without effect on the result (default: as many as pay and are free).",
    ),
}


def apply(project: Project, given: Given) -> Project:
    """Return `project` with every option that was given put in the place of its own."""
    return replace(
        project,
        **_present(
            given,
            {
                "chip": ("chip", _chip),
                "runtime": ("runtime", str),
                "mapping": ("mapping_file", Path),
                "traffic": ("traffic", Path),
                "threads": ("threads", _at_least_one("--threads")),
            },
        ),
        lowering=_lowering(project.lowering, given),
        mapping=_mapping(project.mapping, given),
        stimuli=_stimuli(project.stimuli, given),
        run=_run(project.run, given),
        settings=_settings(project.settings, given),
    )


def subject_project(subject: Path, given: Given) -> Project:
    """Return the project of a model or document with what was given, or one that names a session.

    Raises UsageError where options are given for a session, which has been run already.
    """
    if not subject.is_dir():
        return apply(open_project(subject), given)
    ignored = [name for name, value in given.items() if value not in (None, [], ())]
    if ignored:
        option = f"--{ignored[0].replace('_', '-')}"
        raise UsageError(option, "a session has been run already", hint="give the model or project instead")
    return Project(subject)


def _present(given: Given, table: Mapping[str, tuple[str, Callable[[Any], Any]]]) -> dict[str, Any]:
    """Return {field: converted value} for each option of `table` {option: (field, convert)} that was given."""
    return {
        field: convert(given[option])
        for option, (field, convert) in table.items()
        if given.get(option) not in (None, [], ())
    }


def _lowering(options: LoweringOptions, given: Given) -> LoweringOptions:
    table: dict[str, tuple[str, Callable[[Any], Any]]] = {"dt": ("dt_s", _positive("--dt"))}
    table |= {name: (name, str) for name in ("integrator", "reset", "scale", "rounding")}
    return replace(options, **_present(given, table))


def _mapping(options: MappingOptions, given: Given) -> MappingOptions:
    return replace(
        options,
        **_present(
            given,
            {
                "placer": ("placer", str),
                "seed": ("seed", _not_negative("--seed")),
                "routing": ("routing", _routing),
                "neurons_per_pe": ("neurons_per_pe", lambda texts: {**options.neurons_per_pe, **_per_pe(texts)}),
                "forbid": ("forbidden", lambda texts: frozenset(PE.parse(text) for text in texts)),
                "pin": ("pinned", lambda texts: {**options.pinned, **dict(map(parse_pin, texts))}),
            },
        ),
    )


def _run(options: RunOptions, given: Given) -> RunOptions:
    return replace(
        options,
        **_present(
            given,
            {
                "steps": ("steps", _at_least_one("--steps")),
                "tick": ("tick_s", _positive("--tick")),
                "level": ("level", LevelPolicy.parse),
                "record": ("record", lambda texts: _variables("--record", texts)),
                "engine": ("engine", str),
                "fifo": ("fifo", str),
                "observe": ("observe", lambda texts: _variables("--observe", texts)),
            },
        ),
    )


def _settings(settings: ChipSettings, given: Given) -> ChipSettings:
    table: dict[str, tuple[str, Callable[[Any], Any]]] = {name: (name, str) for name in ("sleep_level", "unused_pes")}
    table |= {"switch_time": ("switch_time_s", float), "switch_energy": ("switch_energy_j", float)}
    return replace(settings, **_present(given, table))


def _stimuli(sources: tuple[StimulusSource, ...], given: Given) -> tuple[StimulusSource, ...]:
    if given.get("input"):
        sources = tuple(_stimulus(text) for text in given["input"])
    return tuple(replace(source, events=event_options(source.events, given)) for source in sources)


def event_options(options: EventOptions, given: Given) -> EventOptions:
    """Return `options` with what was given on the command line in its place."""
    table: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "bin": ("bin_s", _positive("--bin")),
        "window": ("window_s", _window),
        "polarity": ("polarity", str),
        "downsample": ("downsample", int),
    }
    return replace(options, **_present(given, table))


def _window(text: str) -> tuple[float, float]:
    start, colon, stop = text.partition(":")
    try:
        return float(start or 0), float(stop or "inf") if colon else float("nan")
    except ValueError:
        raise UsageError(
            "--window", f"'{text}'", "two moments in s are expected", "for example --window 0.1:0.4"
        ) from None


def _stimulus(text: str) -> StimulusSource:
    name, equals, rest = text.partition("=")
    population, value = (name, rest) if equals and not Path(text).exists() else (None, text)
    if value.startswith("poisson:"):
        rate = value.removeprefix("poisson:").lower().removesuffix("hz")
        return StimulusSource(population, poisson_hz=_positive(f"--input {text}")(rate))
    return StimulusSource(population, Path(value))


def _variables(option: str, texts: Sequence[str]) -> dict[str, frozenset[str]]:
    if list(texts) == ["none"]:
        return {}
    asked: dict[str, frozenset[str]] = {}
    for text in texts:
        name, colon, variables = text.rpartition(":")
        if not colon:
            raise UsageError(f"{option} {text}", "no variables", hint=f"write {option} {text}:spikes")
        asked[name] = asked.get(name, frozenset()) | frozenset(variables.split(","))
    return asked


def _per_pe(texts: Sequence[str]) -> dict[str, int]:
    parts = [text.rpartition("=") for text in texts]
    return {name: _at_least_one(f"--neurons-per-pe {name}")(number) for name, _, number in parts}


def _routing(text: str) -> str:
    if text not in ("mc", "c2c"):
        raise UsageError("--routing", f"'{text}'", "known are mc and c2c")
    return text


def _chip(text: str) -> str | Path:
    return Path(text) if text.endswith((".yaml", ".yml")) else text


def _number(option: str, kind: Callable[[Any], Any], fits: Callable[[Any], bool], limit: str) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        try:
            number = kind(value)
        except ValueError:
            number = None
        if number is None or not fits(number):
            raise UsageError(option, f"'{value}'", limit)
        return number

    return convert


def _positive(option: str) -> Callable[[Any], Any]:
    return _number(option, float, lambda number: 0 < number < float("inf"), "a positive number is expected")


def _at_least_one(option: str) -> Callable[[Any], Any]:
    return _number(option, int, lambda number: number >= 1, "a whole number of at least 1 is expected")


def _not_negative(option: str) -> Callable[[Any], Any]:
    return _number(option, int, lambda number: number >= 0, "a whole number of at least 0 is expected")
