"""The one way in which s2studio compiles a numeric kernel: exact fp32, no fused operations, cached for the user."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs

F = TypeVar("F", bound=Callable[..., Any])


def _source_digest() -> str:
    """Return a digest of every source file that holds kernels: numba does not notice when a called kernel changed."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(numba.__version__.encode())
    rooms = ("compiled", "snn/models", "sim/kernels", "dnn/kernels")
    for path in sorted(path for room in rooms for path in package.glob(f"{room}/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


# The cache lives in the user's folder, so that a read-only installation works and an upgrade never meets old code.
_CACHE = Path(platformdirs.user_cache_dir("s2studio")) / "kernels" / _source_digest()
setattr(numba.config, "CACHE_DIR", str(_CACHE))  # noqa: B010 - numba sets its settings at run time


def kernel(function: F) -> F:
    """Compile `function` with numba.

    fastmath stays off and no multiply-add is fused: each operation rounds to its type, as on the chip
    (tests compare every kernel with its NumPy reference bit for bit).
    """
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inner_kernel(function: F) -> F:
    """Compile `function` as `kernel` does, for calls out of kernels only, many times in a tick.

    It does not count references to the arrays that it is given or slices, which costs more than the work where that is
    little. So it makes no array, and returns none to a `kernel`.
    """
    options: Any = {"_nrt": False, "forceinline": True}
    return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy", **options)(function))
