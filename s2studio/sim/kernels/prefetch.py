"""Asks the processor to fetch memory that is needed soon: rows are short and stand far apart."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from s2studio.compiled import kernel


@intrinsic
def _prefetch(_context: Any, array: Any, _index: Any) -> Any:
    """Return the signature and the code of `prefetch` for this kind of array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        view = context.make_array(kind)(context, builder, arguments[0])
        pointer: Any = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
            context, builder, kind, view, [arguments[1]]
        )
        byte = builder.bitcast(pointer, ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch.p0", fnty=ir.FunctionType(ir.VoidType(), [byte.type, number, number, number])
        )
        builder.call(function, [byte, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), generate


@kernel
def prefetch(array: NDArray[Any], index: int) -> None:
    """Fetch the cache line of `array[index]`, a 1-D array, for reading; without effect on what is computed."""
    _prefetch(array, index)  # type: ignore[call-arg]
