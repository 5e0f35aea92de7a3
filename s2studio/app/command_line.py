"""A project as the line that does the same in a terminal: the window's "copy as command line"."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from s2studio.app.project import Project, RunOptions
from s2studio.chip.settings import ChipSettings
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.mapping import MappingOptions
from s2studio.network.stimulus.events import EventOptions

_WITH_SETTINGS = frozenset({"run", "evaluate", "sweep", "estimate", "advise", "levels", "race"})


def command_line(project: Project, command: str = "run", *more: str) -> str:
    """Return `s2studio COMMAND MODEL` with every option of `project` that is not the default, quoted for a shell.

    `more` are words that the command takes beside those of the project. Options of recordings are given once for all
    stimuli, as the command line has them: those of the first.
    """
    words = ["s2studio", command, str(project.model), *_lowering(project.lowering)]
    words += _mapping(project)
    words += _stimuli(project)
    words += _run(project.run, is_mapped_only=command in ("info", "map"))
    if project.mapping_file is not None and command not in ("info", "map"):
        words += ["--mapping", str(project.mapping_file)]
    if command in _WITH_SETTINGS:
        words += _settings(project.settings)
    return shlex.join([*words, *more])


def _lowering(options: LoweringOptions) -> Iterator[str]:
    default = LoweringOptions()
    if options.dt_s is not None:
        yield from ("--dt", f"{options.dt_s:.12g}")
    for name in ("integrator", "reset", "scale", "rounding"):
        if getattr(options, name) != getattr(default, name):
            yield from (f"--{name}", str(getattr(options, name)))


def _mapping(project: Project) -> Iterator[str]:
    options, default = project.mapping, MappingOptions()
    for name in ("placer", "seed", "routing"):
        if getattr(options, name) != getattr(default, name):
            yield from (f"--{name}", str(getattr(options, name)))
    for population, neurons in options.neurons_per_pe.items():
        yield from ("--neurons-per-pe", f"{population}={neurons}")
    for pe in sorted(options.forbidden):
        yield from ("--forbid", str(pe))
    for name, pe in options.pinned.items():
        yield from ("--pin", f"{name}={pe}")
    if project.traffic is not None:
        yield from ("--traffic", str(project.traffic))
    if isinstance(project.chip, Path) or project.chip != "spinnaker2":
        yield from ("--chip", str(project.chip))
    if project.runtime is not None:
        yield from ("--runtime", project.runtime)


def _stimuli(project: Project) -> Iterator[str]:
    for source in project.stimuli:
        what = f"poisson:{source.poisson_hz:.12g}" if source.path is None else str(source.path)
        yield from ("--input", what if source.population is None else f"{source.population}={what}")
    if project.stimuli:
        events, default = project.stimuli[0].events, EventOptions()
        if events.bin_s is not None:
            yield from ("--bin", f"{events.bin_s:.12g}")
        if events.window_s is not None:
            yield from ("--window", "{:.12g}:{:.12g}".format(*events.window_s))
        if events.polarity != default.polarity:
            yield from ("--polarity", events.polarity)
        if events.downsample != default.downsample:
            yield from ("--downsample", str(events.downsample))


def _run(options: RunOptions, is_mapped_only: bool) -> Iterator[str]:
    default = RunOptions()
    if options.steps is not None:
        yield from ("--steps", str(options.steps))
    yield from _variables("--record", options.record)
    if is_mapped_only:
        return
    if options.tick_s != default.tick_s:
        yield from ("--tick", f"{options.tick_s:.12g}")
    if options.level != default.level:
        for text in options.level.texts:
            yield from ("--level", text)
    for name in ("engine", "fifo"):
        if getattr(options, name) != getattr(default, name):
            yield from (f"--{name}", getattr(options, name))
    yield from _variables("--observe", options.observe)


def _settings(settings: ChipSettings) -> Iterator[str]:
    for name in ("sleep_level", "unused_pes"):
        if getattr(settings, name) is not None:
            yield from (f"--{name.replace('_', '-')}", getattr(settings, name))
    for name, value in (("--switch-time", settings.switch_time_s), ("--switch-energy", settings.switch_energy_j)):
        if value is not None:
            yield from (name, f"{value:.12g}")


def _variables(option: str, kept: Mapping[str, frozenset[str]] | None) -> Iterator[str]:
    if kept is None:
        return
    for population, variables in kept.items():
        yield from (option, f"{population}:{','.join(sorted(variables))}")
    if not kept:
        yield from (option, "none")
