"""The one way in which s2studio compiles a numeric kernel: exact fp32, no fused operations, cached for the user."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import platformdirs
from numba.core.caching import FunctionCache
from numba.core.runtime.nrt import rtsys

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


class _Cache(FunctionCache):
    """numba's cache on disk, but what is found is loaded without all that numba imports to compile (0.2 s).

    What is not found is compiled, and the compiler brings it in itself.
    """

    def __init__(self, function: Callable[..., Any], makes_arrays: bool) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._makes_arrays = makes_arrays

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function for the signature, None where the cache has none."""
        if self._makes_arrays:
            rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


def _compiled(function: F, makes_arrays: bool, **more: Any) -> F:
    """Return the dispatcher of `function`, with its cache."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "_nrt": makes_arrays, **more}
    dispatcher: Any = numba.njit(**options)(function)
    setattr(dispatcher, "_cache", _Cache(function, makes_arrays))  # noqa: B010 - no public way
    return cast(F, dispatcher)


def kernel(function: F) -> F:
    """Compile `function` with numba.

    fastmath stays off and no multiply-add is fused: each operation rounds to its type, as on the chip
    (tests compare every kernel with its NumPy reference bit for bit).
    """
    return _compiled(function, makes_arrays=True)


def bare_kernel(function: F) -> F:
    """Compile `function` as `kernel` does; it makes and returns no array, and so is loaded and called sooner."""
    return _compiled(function, makes_arrays=False)


def inner_kernel(function: F) -> F:
    """Compile `function` as `kernel` does, for calls out of kernels only, many times in a tick.

    It does not count references to the arrays that it is given or slices, which costs more than the work where that is
    little. So it makes no array, and returns none to a `kernel`.
    """
    return _compiled(function, makes_arrays=False, forceinline=True)
