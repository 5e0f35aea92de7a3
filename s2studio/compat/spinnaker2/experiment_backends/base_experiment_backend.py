"""`spinnaker2.experiment_backends.base_experiment_backend`: the ways to a board, none of which is taken here."""

from __future__ import annotations

from enum import Enum

from s2studio.compat.names import unknown_name


class ExperimentBackendType(Enum):
    """How the host talks to a board. Any word is accepted, since scripts take it from the environment."""

    SPINNMAN2 = "spinnman2"
    STM = "stm"

    @classmethod
    def _missing_(cls, value: object) -> ExperimentBackendType:  # noqa: ARG003 - the protocol's
        return cls.SPINNMAN2


__getattr__ = unknown_name("spinnaker2.experiment_backends.base_experiment_backend", ("ExperimentBackendType",))
