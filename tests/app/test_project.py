"""What people call a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from s2studio.app.project import Project


@pytest.mark.parametrize(
    ("project", "name"),
    [
        (Project(Path("/nets/gesture.nir")), "gesture"),
        (Project(Path("/nets/digits/model.nir")), "digits"),
        (Project(Path("/nets/digits/model.nir"), document=Path("/work/mine/project.yaml")), "mine"),
        (Project(Path("/nets/digits/model.nir"), document=Path("/work/second.yaml")), "second"),
    ],
)
def test_that_a_name_that_says_nothing_gives_way_to_the_folder(project: Project, name: str) -> None:
    assert project.name == name
