"""A project: everything that decides a run, from one model file or from a `s2studio: project/1` document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from s2studio.chip.machine import PE
from s2studio.chip.settings import ChipSettings
from s2studio.documents import Document, Section, document_schema, read_document
from s2studio.errors import NetworkError, S2StudioError, UsageError
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.mapping import MappingOptions
from s2studio.mapping.pins import parse_pin
from s2studio.network.stimulus.events import EventOptions
from s2studio.sim.level import LevelPolicy

SCHEMA = "project/1"
MAX_INTEGER = 2**63 - 1

Built = TypeVar("Built")


@dataclass(frozen=True)
class StimulusSource:
    """Where spikes of a run come from: a file, or `poisson` at a rate in Hz; `population` None means the only input."""

    population: str | None
    path: Path | None = None
    poisson_hz: float | None = None
    events: EventOptions = field(default_factory=EventOptions)


@dataclass(frozen=True)
class RunOptions:
    """How to run. `steps` None: as many as the stimulus needs. `tick_s` is the wall time of a tick on the chip.

    `record` is what the board records (None: spikes of the output populations), which costs PE memory; `observe` what
    only the simulator sees (None: spikes of every population). `engine` is a key of `sim.engine.ENGINES`, `fifo` what a
    full FIFO does in those that have one.
    """

    steps: int | None = None
    tick_s: float = 1e-3
    level: LevelPolicy = field(default_factory=LevelPolicy)
    record: Mapping[str, frozenset[str]] | None = None
    observe: Mapping[str, frozenset[str]] | None = None
    engine: str = "lockstep"
    fifo: str = "drop"


@dataclass(frozen=True)
class Project:
    """A model with its options. Every command works on one; a bare model file is a project of defaults.

    `calibration` are samples on which the int8 steps of a deep network are chosen where a command names no others.
    `threads` run it (None: as many as pay); they are no part of what is run, whose result does not depend on them.
    """

    model: Path
    chip: str | Path = "spinnaker2"
    runtime: str | None = None
    lowering: LoweringOptions = field(default_factory=LoweringOptions)
    mapping: MappingOptions = field(default_factory=MappingOptions)
    mapping_file: Path | None = None
    traffic: Path | None = None
    stimuli: tuple[StimulusSource, ...] = ()
    run: RunOptions = field(default_factory=RunOptions)
    settings: ChipSettings = field(default_factory=ChipSettings)
    calibration: Path | None = None
    document: Path | None = None
    threads: int | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """What people call it: the name of its file, or of the folder where the file has a name that says nothing."""
        path = self.document or self.model
        return path.resolve().parent.name if path.stem in ("project", "model", "network") else path.stem


def open_project(path: Path) -> Project:
    """Return the project in the document `path`, or a project of defaults around the model file `path`."""
    if not path.exists():
        raise NetworkError(str(path), "no such file", hint="check the path")
    if not path.is_file() and not path.is_dir():
        raise NetworkError(str(path), "is no file", hint="check the path")
    if path.suffix in (".yaml", ".yml") and document_schema(path) == SCHEMA:
        return _ProjectReader(read_document(path, SCHEMA, UsageError)).read()
    return Project(model=path)


class _ProjectReader:
    """Turns the sections of a project document into options, each error with its line.

    Every path must stay in the project's folder: a project may come from a stranger.
    """

    def __init__(self, document: Document) -> None:
        self.document = document

    def read(self) -> Project:
        root = self.document.root
        known = (
            "s2studio",
            "model",
            "chip",
            "runtime",
            "lowering",
            "mapping",
            "stimulus",
            "run",
            "settings",
            "calibration",
            "description",
        )
        self.document.check_keys(root, known, required=("model",))
        mapping = self._section(
            "mapping", ("placer", "seed", "routing", "neurons_per_pe", "forbid", "pin", "traffic", "file")
        )
        chip = self._text(root, "chip", "spinnaker2")
        return Project(
            model=self._path(root, "model"),
            chip=self._path(root, "chip") if chip.lower().endswith((".yaml", ".yml")) or "/" in chip else chip,
            runtime=root.get("runtime"),
            lowering=self._lowering(),
            mapping=self._mapping(mapping),
            mapping_file=self._path(mapping, "file") if "file" in mapping else None,
            traffic=self._path(mapping, "traffic") if "traffic" in mapping else None,
            stimuli=self._stimuli(),
            run=self._run(),
            settings=self._settings(),
            calibration=self._path(root, "calibration") if "calibration" in root else None,
            document=self.document.path,
        )

    def _section(self, key: str, known: tuple[str, ...]) -> Section:
        section = self.document.section(self.document.root, key)
        self.document.check_keys(section, known)
        return section

    def _lowering(self) -> LoweringOptions:
        section = self._section("lowering", ("dt", "integrator", "reset", "scale", "rounding"))
        options = LoweringOptions()
        if "dt" in section:
            options = replace(options, dt_s=self._number(section, "dt"))
        texts: dict[str, Any] = {
            key: str(section[key]) for key in ("integrator", "reset", "scale", "rounding") if key in section
        }
        return self._built(section, lambda: replace(options, **texts))

    def _mapping(self, section: Section) -> MappingOptions:
        options = MappingOptions(
            placer=self._text(section, "placer", MappingOptions.placer),
            seed=self._integer(section, "seed", 0),
            neurons_per_pe={
                name: self._integer(self.document.section(section, "neurons_per_pe"), name, 1)
                for name in self.document.section(section, "neurons_per_pe")
            },
            forbidden=self._built(
                section, lambda: frozenset(PE.parse(str(text)) for text in section.get("forbid", []))
            ),
        )
        pins = self.document.section(section, "pin")
        pinned = self._built(pins, lambda: dict(parse_pin(f"{name}={pins[name]}") for name in pins))
        routing = section.get("routing", options.routing)
        if routing not in ("mc", "c2c"):
            raise self.document.refuse(section, "routing", f"routing '{routing}'", "known are mc and c2c")
        return replace(options, routing=routing, pinned=pinned)

    def _stimuli(self) -> tuple[StimulusSource, ...]:
        root = self.document.root
        value = root.get("stimulus")
        if value is None:
            return ()
        if isinstance(value, str):
            return (StimulusSource(None, self._path(root, "stimulus")),)
        section = self.document.section(root, "stimulus")
        if set(section) & {"file", "poisson", "bin"}:
            return (self._stimulus(None, section),)
        return tuple(
            StimulusSource(name, self._path(section, name))
            if isinstance(entry, str)
            else self._stimulus(name, self.document.section(section, name))
            for name, entry in section.items()
        )

    def _stimulus(self, population: str | None, section: Section) -> StimulusSource:
        self.document.check_keys(section, ("file", "poisson", "bin", "window", "polarity", "downsample"))
        if ("file" in section) == ("poisson" in section):
            raise self.document.refuse(
                section, None, "a stimulus", "either 'file' or 'poisson' (a rate in Hz) is expected"
            )
        events = self._built(
            section,
            lambda: EventOptions(
                bin_s=self._number(section, "bin") if "bin" in section else None,
                window_s=self._window(section),
                polarity=section.get("polarity", EventOptions.polarity),
                downsample=self._integer(section, "downsample", 1),
            ),
        )
        return StimulusSource(
            population,
            self._path(section, "file") if "file" in section else None,
            self._number(section, "poisson") if "poisson" in section else None,
            events,
        )

    def _window(self, section: Section) -> tuple[float, float] | None:
        if "window" not in section:
            return None
        try:
            start, stop = map(float, section["window"])
        except (TypeError, ValueError):
            found = f"'window' is {section['window']!r}"
            raise self.document.refuse(section, "window", found, "[start, stop] in s is expected") from None
        return start, stop

    def _run(self) -> RunOptions:
        section = self._section("run", ("steps", "tick", "level", "record", "observe", "engine", "fifo"))
        levels = section.get("level", "low")
        texts = [str(text) for text in levels] if isinstance(levels, list) else [str(levels)]
        return RunOptions(
            steps=self._integer(section, "steps", 1) if "steps" in section else None,
            tick_s=self._number(section, "tick") if "tick" in section else RunOptions.tick_s,
            level=self._built(section, lambda: LevelPolicy.parse(texts)),
            record=self._variables(section, "record"),
            observe=self._variables(section, "observe"),
            engine=self._text(section, "engine", RunOptions.engine),
            fifo=self._text(section, "fifo", RunOptions.fifo),
        )

    def _settings(self) -> ChipSettings:
        section = self._section("settings", ("sleep_level", "unused_pes", "switch_time", "switch_energy"))
        unused = section.get("unused_pes")
        return self._built(
            section,
            lambda: ChipSettings(
                sleep_level=self._text(section, "sleep_level", "") or None,
                # YAML reads a bare `off` as False.
                unused_pes="off" if unused is False else self._text(section, "unused_pes", "") or None,
                switch_time_s=self._cost(section, "switch_time"),
                switch_energy_j=self._cost(section, "switch_energy"),
            ),
        )

    def _variables(self, parent: Section, key: str) -> Mapping[str, frozenset[str]] | None:
        if key not in parent:
            return None
        section = self.document.section(parent, key)
        return {
            name: frozenset(map(str, names)) if isinstance(names, list) else frozenset(str(names).split(","))
            for name, names in section.items()
        }

    def _path(self, section: Section, key: str) -> Path:
        return self.document.inside(section, key, self._text(section, key, ""))

    def _text(self, section: Section, key: str, default: str) -> str:
        value = section.get(key, default)
        if not isinstance(value, str):
            raise self.document.refuse(section, key, f"'{key}' is {value!r}", "a text is expected")
        return value

    def _integer(self, section: Section, key: str, least: int) -> int:
        value = section.get(key, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_INTEGER:
            limit = f"a whole number of at least {least} is expected"
            limit += f", at most {MAX_INTEGER:,}" if isinstance(value, int) and value > least else ""
            raise self.document.refuse(section, key, f"'{key}' is {value!r}", limit)
        return value

    def _number(self, section: Section, key: str) -> float:
        """Return a positive number; YAML reads `1e-3` (no dot) as a text."""
        try:
            value = float(section[key])
        except (TypeError, ValueError):
            value = 0.0
        if not 0 < value < float("inf"):
            raise self.document.refuse(section, key, f"'{key}' is {section[key]!r}", "a positive number is expected")
        return value

    def _cost(self, section: Section, key: str) -> float | None:
        """Return a positive number or 0, None where there is none."""
        if key not in section:
            return None
        return 0.0 if section[key] == 0 else self._number(section, key)

    def _built(self, section: Section, build: Callable[[], Built]) -> Built:
        """Return `build()`, its errors given the line of `section`."""
        try:
            return build()
        except S2StudioError as error:
            raise self.document.refuse(
                section, None, f"{error.subject}: {error.found}", error.limit, error.hint
            ) from error
