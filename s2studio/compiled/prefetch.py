"""Asks the processor to fetch memory that is needed soon: rows are short and stand far apart."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.compiled.vectors import code

LINE_BYTES = 64


@code
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


@code
def _items_per_line(_context: Any, array: Any) -> Any:
    """Return the signature and the code of a constant: the elements of `array` in a cache line, at least 1."""
    items = max(1, LINE_BYTES * 8 // array.dtype.bitwidth)

    def generate(context: Any, _builder: Any, _signature: Any, _arguments: Any) -> Any:
        return context.get_constant(types.int64, items)

    return types.int64(array), generate


@inner_kernel
def prefetch(array: NDArray[Any], first: int, last: int) -> None:
    """Fetch array[first:last], of a 1-D array, for reading; without effect on what is computed."""
    for index in range(first, last, _items_per_line(array)):
        _prefetch(array, index)
