"""`spinnaker2.experiment_backends.backend_settings`: the settings that scripts change without handing them on."""

from __future__ import annotations

from enum import Enum
from typing import Any, ClassVar

from s2studio.compat.names import unknown_name


class ROUTING(Enum):
    """Spikes straight from PE to PE over the mesh, or as multicast packets through the router."""

    C2C = "c2c"
    MC = "mc"


class BackendSettings:
    """One object for the whole process, as on the board: scripts make it, change it, and pass it to nobody.

    Only `routing_type` counts (None: multicast); whatever else is set is about a board.
    """

    _only: ClassVar[BackendSettings | None] = None
    routing_type: ROUTING | None

    def __new__(cls, *_arguments: Any, **_options: Any) -> BackendSettings:
        """Return the one object."""
        if cls._only is None:
            cls._only = super().__new__(cls)
            cls._only.routing_type = None
        return cls._only

    def __init__(self, *_arguments: Any, **options: Any) -> None:
        for name, value in options.items():
            setattr(self, name, value)


__getattr__ = unknown_name("spinnaker2.experiment_backends.backend_settings", ("BackendSettings", "ROUTING"))
