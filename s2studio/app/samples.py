"""The sample projects that ship: the one list of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from s2studio.app.loading import LAYER_SUFFIXES
from s2studio.app.project import SCHEMA, open_project
from s2studio.documents import document_schema, read_document
from s2studio.errors import UsageError
from s2studio.resources import resource_path


@dataclass(frozen=True)
class SampleProject:
    """A project that ships: what it is called, what it says of itself, and whether it is a network without spikes."""

    name: str
    path: Path
    description: str
    is_deep: bool


def samples() -> tuple[SampleProject, ...]:
    """Return every project below `sample_projects`, by folder."""
    documents = sorted(resource_path("sample_projects").glob("*/*.yaml"))
    return tuple(_sample(path) for path in documents if document_schema(path) == SCHEMA)


def _sample(path: Path) -> SampleProject:
    project = open_project(path)
    description = str(read_document(path, SCHEMA, UsageError).root.get("description", ""))
    return SampleProject(project.name, path, description, project.model.suffix in LAYER_SUFFIXES)
