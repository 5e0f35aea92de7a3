"""Where threads inside compiled code wait for each other: a counter that each of them raises, and reads until all have.

Waiting spins: the threads meet again within microseconds. One that waits longer gives its processor away between two
looks, so that more threads than processors are slow, not stuck.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.compiled.vectors import INT32, code

# Looks at the counter before the processor is given away: some microseconds.
_LOOKS = 2000


def _place(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    """Return a pointer to `array[index]`."""
    view = context.make_array(kind)(context, builder, array)
    return cgutils.get_item_pointer(context, builder, kind, view, [index])  # type: ignore[no-untyped-call]


@code
def add_at(_context: Any, array: Any, _index: Any, _value: Any) -> Any:
    """`add_at(array, index, value)`: add to an int64 in one step that no other thread comes between."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments[:2])
        return builder.atomic_rmw("add", place, arguments[2], "seq_cst")

    return types.int64(array, types.int64, types.int64), generate


@code
def read_at(_context: Any, array: Any, _index: Any) -> Any:
    """`read_at(array, index)`: an int64 as other threads last wrote it, and with it all that they wrote before."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature.args[0], *arguments)
        return builder.load_atomic(place, "seq_cst", 8)

    return types.int64(array, types.int64), generate


@code
def give_way(_context: Any) -> Any:
    """`give_way()`: let another thread have the processor, where the system has a call for it."""

    def generate(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        if sys.platform != "win32":
            function = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
                builder.module, ir.FunctionType(INT32, []), "sched_yield"
            )
            builder.call(function, [])
        return context.get_dummy_value()

    return types.void(), generate


@inner_kernel
def meet(meeting: NDArray[np.int64], threads: int, times: int) -> None:
    """Wait until all `threads` are here for the `times`th time; `meeting[0]` counts from 0 on how often one came."""
    if threads == 1:
        return
    add_at(meeting, 0, 1)
    looks = 0
    while read_at(meeting, 0) < threads * times:
        looks += 1
        if looks > _LOOKS:
            give_way()
