"""A project as a document (`s2studio: project/1`): what `open_project` reads back, with its files beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from s2studio.app.project import SCHEMA, Project, RunOptions, StimulusSource
from s2studio.chip.settings import ChipSettings
from s2studio.errors import UsageError
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.file import write_mapping
from s2studio.mapping.mapping import ChipMapping, MappingOptions
from s2studio.whole_file import not_written, write_whole

Section = dict[str, Any]
MAPPING_NAME = "mapping.yaml"


def write_project(project: Project, path: Path, mapping: ChipMapping | None = None) -> Project:
    """Write `project` to `path` and return it as it is read back.

    A project reads nothing outside its folder, so files that lie elsewhere are copied beside it; of two with the same
    name the second gets a number. `mapping` is a placement made by hand, which is written as the project's own. Raises
    UsageError where something cannot be written; the document itself is replaced only once it is complete.
    """
    folder = path.resolve().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if mapping is not None:
            write_mapping(mapping, folder / MAPPING_NAME)
            project = replace(project, mapping_file=folder / MAPPING_NAME)
        moved = _moved(project, _Copies(folder).place)
        text = yaml.safe_dump(_document(moved, folder), sort_keys=False, allow_unicode=True)
        write_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"), UsageError)
    except OSError as problem:
        raise not_written(Path(problem.filename or path), problem, UsageError) from problem
    return replace(moved, document=path)


class _Copies:
    """Puts files into one folder, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._placed: dict[Path, Path] = {}

    def place(self, path: Path) -> Path:
        """Return where `path` is inside the folder, copied there if it was not."""
        source = path.resolve()
        if source.is_relative_to(self._folder):
            return source
        if source not in self._placed:
            self._placed[source] = target = self._free(source)
            if source.is_dir():
                shutil.copytree(source, target)
            elif not target.exists():
                write_whole(target, lambda unfinished: shutil.copyfile(source, unfinished), UsageError)
        return self._placed[source]

    def _free(self, source: Path) -> Path:
        """Return the name for a copy of `source`: its own where that is free, or holds the same already."""
        number, target = 1, self._folder / source.name
        while target.exists() and not _is_same(source, target):
            number += 1
            target = self._folder / f"{source.stem}-{number}{source.suffix}"
        return target


def _is_same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()
    return False


def _moved(project: Project, place: Callable[[Path], Path]) -> Project:
    """Return `project` with its files where `place` puts them."""

    def moved(path: Path | None) -> Path | None:
        return None if path is None else place(path)

    return replace(
        project,
        model=place(project.model),
        chip=place(project.chip) if isinstance(project.chip, Path) else project.chip,
        mapping_file=moved(project.mapping_file),
        traffic=moved(project.traffic),
        calibration=moved(project.calibration),
        stimuli=tuple(replace(source, path=moved(source.path)) for source in project.stimuli),
    )


def _document(project: Project, folder: Path) -> Section:
    def name(path: Path) -> str:
        return path.resolve().relative_to(folder).as_posix()

    sections: Section = {
        "s2studio": SCHEMA,
        "model": name(project.model),
        "chip": name(project.chip) if isinstance(project.chip, Path) else project.chip,
    }
    if project.runtime is not None:
        sections["runtime"] = project.runtime
    sections["lowering"] = _lowering(project.lowering)
    sections["mapping"] = _mapping(project, name)
    sections["stimulus"] = _stimuli(project.stimuli, name)
    sections["run"] = _run(project.run)
    sections["settings"] = _settings(project.settings)
    if project.calibration is not None:
        sections["calibration"] = name(project.calibration)
    return {key: value for key, value in sections.items() if value not in ({}, None)}


def _lowering(options: LoweringOptions) -> Section:
    fields = {key: getattr(options, key) for key in ("integrator", "reset", "scale", "rounding")}
    return ({} if options.dt_s is None else {"dt": options.dt_s}) | fields


def _mapping(project: Project, name: Callable[[Path], str]) -> Section:
    options, default = project.mapping, MappingOptions()
    section: Section = {"placer": options.placer, "routing": options.routing, "seed": options.seed}
    if options.neurons_per_pe:
        section["neurons_per_pe"] = dict(options.neurons_per_pe)
    if options.forbidden != default.forbidden:
        section["forbid"] = sorted(str(pe) for pe in options.forbidden)
    if options.pinned:
        section["pin"] = {slice_name: str(pe) for slice_name, pe in options.pinned.items()}
    if project.mapping_file is not None:
        section["file"] = name(project.mapping_file)
    if project.traffic is not None:
        section["traffic"] = name(project.traffic)
    return section


def _stimuli(sources: tuple[StimulusSource, ...], name: Callable[[Path], str]) -> Section | None:
    if not sources:
        return None
    written = {source.population: _stimulus(source, name) for source in sources}
    if None in written:
        return written[None]
    return {population: section for population, section in written.items() if population is not None}


def _stimulus(source: StimulusSource, name: Callable[[Path], str]) -> Section:
    events = source.events
    section: Section = {"file": name(source.path)} if source.path is not None else {"poisson": source.poisson_hz}
    if events.bin_s is not None:
        section["bin"] = events.bin_s
    if events.window_s is not None:
        section["window"] = list(events.window_s)
    if events.polarity != "two":
        section["polarity"] = events.polarity
    if events.downsample != 1:
        section["downsample"] = events.downsample
    return section


def _run(options: RunOptions) -> Section:
    section: Section = {} if options.steps is None else {"steps": options.steps}
    section |= {"tick": options.tick_s, "level": list(options.level.texts)}
    default = RunOptions()
    section |= {
        key: getattr(options, key) for key in ("engine", "fifo") if getattr(options, key) != getattr(default, key)
    }
    for key, kept in (("record", options.record), ("observe", options.observe)):
        if kept is not None:
            section[key] = _variables(kept)
    return section


def _settings(settings: ChipSettings) -> Section:
    named = {"sleep_level": "sleep_level", "unused_pes": "unused_pes"}
    named |= {"switch_time": "switch_time_s", "switch_energy": "switch_energy_j"}
    found = {key: getattr(settings, field) for key, field in named.items()}
    return {key: value for key, value in found.items() if value is not None}


def _variables(kept: Mapping[str, frozenset[str]]) -> Section:
    return {population: sorted(variables) for population, variables in kept.items()}
