"""The project that a session was run from, made of the options in its manifest and the copies of its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from s2studio.app.project import Project, RunOptions, StimulusSource
from s2studio.chip.loader import load_chip
from s2studio.chip.settings import settings_of
from s2studio.errors import S2StudioError
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.mapping import MappingOptions
from s2studio.network.stimulus.events import EventOptions
from s2studio.session.manifest import inside
from s2studio.session.plain import from_plain
from s2studio.session.reader import Session

_ROLES = ("model", "mapping", "stimulus")


def project_of_session(session: Session) -> Project | None:
    """Return the project that `session` was run from, its files those in the session.

    None where the session does not hold it: that of a script, or on a chip that does not ship with s2studio.
    """
    manifest, where = session.manifest, str(session.path)
    files = {
        role: [inside(session.path, entry.path) for entry in manifest.inputs if entry.role == role] for role in _ROLES
    }
    if not files["model"] or not _ships(session):
        return None
    options = manifest.options
    return Project(
        model=files["model"][0],
        chip=manifest.chip.name,
        runtime=manifest.runtime,
        lowering=from_plain(LoweringOptions, options.get("lowering", {}), where),
        mapping=from_plain(MappingOptions, options.get("mapping", {}), where),
        mapping_file=next(iter(files["mapping"]), None),
        stimuli=_stimuli(session, iter(files["stimulus"])),
        run=from_plain(RunOptions, options.get("run", {}), where),
        settings=settings_of(manifest.chip),
    )


@dataclass(frozen=True)
class _Stimuli:
    """What the manifest says of stimuli; their files are among its inputs."""

    stimulus: tuple[_Stimulus, ...] = ()


@dataclass(frozen=True)
class _Stimulus:
    population: str | None
    poisson_hz: float | None
    events: EventOptions


def _stimuli(session: Session, files: Iterator[Path]) -> tuple[StimulusSource, ...]:
    said = from_plain(_Stimuli, dict(session.manifest.options), str(session.path))
    return tuple(
        StimulusSource(
            each.population, next(files, None) if each.poisson_hz is None else None, each.poisson_hz, each.events
        )
        for each in said.stimulus
    )


def _ships(session: Session) -> bool:
    name = session.chip.name
    try:
        # A name, never a path: the manifest may come from a stranger.
        return Path(name).stem == name and load_chip(name, settings_of(session.chip)).digest == session.chip.digest
    except S2StudioError:
        return False
