"""Where the files that ship with s2studio are found, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path

from s2studio.errors import S2StudioError


def resource_path(*parts: str) -> Path:
    """Return the path of a shipped file or folder, such as `resource_path("chips", "spinnaker2.yaml")`.

    A wheel holds `resources/` and `sample_projects/` inside the package, a checkout beside it.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "resources", package, package.parent / "resources", package.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise S2StudioError("/".join(parts), "not among the files of this installation", hint="reinstall s2studio")
