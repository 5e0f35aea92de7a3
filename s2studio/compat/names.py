"""What a script is told when it asks for a name that s2studio's `spinnaker2` does not have."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Collection
from opcode import opmap
from types import FrameType
from typing import Any

from s2studio.errors import NetworkError
from s2studio.snn.models import MODELS

PAGE = "docs/coming-from-py-spinnaker2.md says what is covered"
# A spike list under its second name in py-spinnaker2: one spike per neuron.
ARRAY_SOURCE = "spikes_from_array"
MODEL_NAMES = (*MODELS, ARRAY_SOURCE)


class CompatWarning(UserWarning):
    """Something that a script asks for and the board treats in another way than it is written."""


def warn(message: str) -> None:
    """Show `message` with the line of the script that called the public function which called this."""
    warnings.warn(message, CompatWarning, stacklevel=_frames_of_ours())


def unknown_name(module: str, names: Collection[str], load: Callable[[str], Any] | None = None) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module: it names what is missing and lists what is there.

    `load` gets those of `names` that are not there before they are asked for.
    """

    def missing(name: str) -> Any:
        if load is not None and name in names:
            return load(name)
        message = f"s2studio's '{module}' has no '{name}'; it has {', '.join(names)} ({PAGE})"
        # `from x import y` puts its own words in place of those of an AttributeError, which `hasattr` needs.
        raise (ImportError if _is_imported(sys._getframe(1)) else AttributeError)(message)  # noqa: SLF001

    return missing


def _is_imported(frame: FrameType) -> bool:
    """Return whether `frame` stands at the `y` of a `from x import y`."""
    return frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_FROM"]


def check_model(subject: str, model: str) -> None:
    """Raise NetworkError where the equations of a neuron model are not published, or nobody has heard of it."""
    if model not in MODEL_NAMES:
        limit = f"those that run are {', '.join(MODEL_NAMES)}"
        raise NetworkError(subject, f"the neuron model '{model}' does not run here", limit, PAGE)


def _frames_of_ours() -> int:
    """Return how many frames up the first one outside of s2studio is, as `warnings.warn` counts from its caller."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith("s2studio."):
        level, frame = level + 1, frame.f_back
    return level
