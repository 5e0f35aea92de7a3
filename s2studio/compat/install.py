"""Makes `import spinnaker2` mean s2studio's, in this process only."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from s2studio.compat.names import PAGE
from s2studio.errors import UsageError

PACKAGE = "spinnaker2"
OURS = f"s2studio.compat.{PACKAGE}"


def install(session: str | Path | None = None, **options: Any) -> None:
    """Run what this process does with `spinnaker2` in S2 Studio; call it before the first `import spinnaker2`.

    Every `hw.run` becomes a run of `session`; None stores none. `options` are fields of `StudioOptions`: level,
    rounding, overwrite and so on. Called again, it ends the session before and begins another one.
    """
    from s2studio.compat.studio import Studio, StudioOptions

    Studio.begin(StudioOptions(session=None if session is None else Path(session), **options))
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    foreign = sys.modules.get(PACKAGE)
    if foreign is not None:
        raise UsageError(
            "s2studio.compat.install()",
            f"'{PACKAGE}' is imported already, from {getattr(foreign, '__file__', 'elsewhere')}",
            hint="call install() before the first import of spinnaker2",
        )
    sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds `spinnaker2` and its submodules in s2studio."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != PACKAGE:
            return None
        name = OURS + fullname.removeprefix(PACKAGE)
        found = find_spec(name)
        if found is None:
            # Without `name`, as `from spinnaker2 import x` would swallow the message of a missing submodule.
            raise ModuleNotFoundError(_missing(fullname))
        is_package = found.submodule_search_locations is not None
        return ModuleSpec(fullname, _Loader(name), origin=found.origin, is_package=is_package)


class _Loader(Loader):
    """Gives the module that s2studio has under its own name: one module, two names."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._spec: ModuleSpec | None = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002 - the protocol's
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


def _missing(fullname: str) -> str:
    parent = import_module(OURS + fullname.rpartition(".")[0].removeprefix(PACKAGE))
    there = ", ".join(getattr(parent, "SUBMODULES", ())) or "no submodules"
    return f"s2studio's spinnaker2 has no module '{fullname}'; '{fullname.rpartition('.')[0]}' has {there} ({PAGE})"
