"""Vectors of the processor inside compiled kernels: 16 neurons at once, without hoping that a loop becomes that.

`load` and `store` move LANES neighbours of a 1-D array; `+ - *` work lane by lane, each operation rounding to its type;
`at_least` compares and returns one bit per lane. A number beside a vector counts for every lane. LLVM turns these into
whatever the machine has (AVX-512, AVX2, SSE, NEON); what they compute does not depend on it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, cast

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel.models import PrimitiveModel
from numba.extending import intrinsic, overload, register_model

LANES = 16
INT32, INT64 = ir.IntType(32), ir.IntType(64)
# Processors with this feature bring chosen lanes to the front in one step; elsewhere a loop over them is faster.
_COMPRESSES = bool(llvm.get_host_cpu_features().get("avx512f"))


def code(generator: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of compiled code out of `generator`, which returns its signature and what writes its code."""
    return cast(Callable[..., Any], intrinsic(generator))


class Vector(types.Type):
    """LANES values of one numba type."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        super().__init__(name=f"vector({dtype}, {LANES})")


@register_model(Vector)
class _VectorModel(PrimitiveModel):
    """A vector is one LLVM value."""

    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            manager, kind, ir.VectorType(manager.lookup(kind.dtype).get_value_type(), LANES)
        )


def _address(context: Any, builder: Any, kind: Any, array: Any, index: Any, of: Any) -> Any:
    """Return a pointer to a vector of type `of` at `array[index]`."""
    view = context.make_array(kind)(context, builder, array)
    place: Any = cgutils.get_item_pointer(context, builder, kind, view, [index])  # type: ignore[no-untyped-call]
    return builder.bitcast(place, of.as_pointer())


@code
def load(_context: Any, array: Any, _index: Any) -> Any:
    """`load(array, index)`: the vector of array[index : index + LANES]."""
    result = Vector(array.dtype)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = context.get_value_type(result)
        place = _address(context, builder, signature.args[0], arguments[0], arguments[1], kind)
        return builder.load(place, align=array.dtype.bitwidth // 8)

    return result(array, types.int64), generate


@code
def store(_context: Any, array: Any, _index: Any, vector: Any) -> Any:
    """`store(array, index, vector)`: write it to array[index : index + LANES], of the same type."""
    if not isinstance(vector, Vector) or vector.dtype != array.dtype:
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _address(context, builder, signature.args[0], arguments[0], arguments[1], arguments[2].type)
        builder.store(arguments[2], place, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, types.int64, vector), generate


def _widened(context: Any, builder: Any, kind: Any, value: Any, dtype: Any) -> Any:
    """Return `value`, a vector or a number, as the LLVM vector of `dtype`."""
    if isinstance(kind, Vector):
        return value
    lane = context.cast(builder, value, kind, dtype)
    nothing = ir.Constant(ir.VectorType(lane.type, LANES), ir.Undefined)
    first = builder.insert_element(nothing, lane, INT32(0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(INT32, LANES), [0] * LANES))


def _dtype(left: Any, right: Any) -> Any:
    """Return the type of the lanes of an operation, None where neither side is a vector or the two do not fit."""
    kinds = [each.dtype for each in (left, right) if isinstance(each, Vector)]
    return kinds[0] if kinds and kinds[0] == kinds[-1] else None


def _lanewise(symbol: Callable[[Any, Any], Any], on_floats: str, on_integers: str) -> None:
    """Give vectors the operator `symbol`, made by these two methods of the builder."""

    @code
    def combine(_context: Any, left: Any, right: Any) -> Any:
        dtype = _dtype(left, right)

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            sides = [
                _widened(context, builder, kind, value, dtype)
                for kind, value in zip(signature.args, arguments, strict=True)
            ]
            return getattr(builder, on_floats if isinstance(dtype, types.Float) else on_integers)(*sides)

        return Vector(dtype)(left, right), generate

    @overload(symbol, strict=False)
    def overloaded(left: Any, right: Any) -> Any:
        if _dtype(left, right) is None:
            return None
        return lambda left, right: combine(left, right)  # noqa: PLW0108 - numba reads the function's code


_lanewise(operator.add, "fadd", "add")
_lanewise(operator.sub, "fsub", "sub")
_lanewise(operator.mul, "fmul", "mul")


@code
def at_least(_context: Any, left: Any, right: Any) -> Any:
    """`at_least(left, right)`: bit k of the result, uint16, says whether left >= right in lane k; NaN never is."""
    dtype = _dtype(left, right)
    if dtype is None:
        return None

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sides = [
            _widened(context, builder, kind, value, dtype)
            for kind, value in zip(signature.args, arguments, strict=True)
        ]
        compare = builder.fcmp_ordered if isinstance(dtype, types.Float) else builder.icmp_signed
        return builder.bitcast(compare(">=", *sides), ir.IntType(LANES))

    return types.uint16(left, right), generate


@code
def choose(_context: Any, _bits: Any, left: Any, right: Any) -> Any:
    """`choose(bits, left, right)`: lane k of `left` where bit k is set, else of `right`."""

    def generate(_lowering: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        chosen = builder.bitcast(arguments[0], ir.VectorType(ir.IntType(1), LANES))
        return builder.select(chosen, *arguments[1:])

    return left(types.uint16, left, right), generate


def _converted(vector: Any, dtype: Any, method: str) -> Any:
    """Return signature and code of a conversion of every lane to `dtype`."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kind = context.get_value_type(Vector(dtype))
        return arguments[0] if arguments[0].type == kind else getattr(builder, method)(arguments[0], kind)

    return Vector(dtype)(vector), generate


@code
def to_float32(_context: Any, vector: Any) -> Any:
    """`to_float32(vector)`: signed integers, each rounded to the nearest float32."""
    return _converted(vector, types.float32, "sitofp")


@code
def to_int16(_context: Any, vector: Any) -> Any:
    """`to_int16(vector)`: a vector of int8."""
    return _converted(vector, types.int16, "sext")


@code
def to_int32(_context: Any, vector: Any) -> Any:
    """`to_int32(vector)`: a vector of int8, int16 or int32."""
    return _converted(vector, types.int32, "sext")


@code
def zeros(_context: Any, dtype: Any) -> Any:
    """`zeros(np.int16)`: a vector of zeros of that type."""

    def generate(context: Any, _builder: Any, signature: Any, _arguments: Any) -> Any:
        return ir.Constant(context.get_value_type(signature.return_type), None)

    return Vector(dtype.dtype)(dtype), generate


@code
def lane_numbers(_context: Any) -> Any:
    """`lane_numbers()`: the vector 0, 1, 2 ... of int32."""

    def generate(_lowering: Any, _builder: Any, _signature: Any, _arguments: Any) -> Any:
        return ir.Constant(ir.VectorType(INT32, LANES), list(range(LANES)))

    return Vector(types.int32)(), generate


@code
def number_of_bits(_context: Any, bits: Any) -> Any:
    """`number_of_bits(bits)`: how many bits are set in an unsigned number."""

    def generate(_lowering: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        found = builder.ctpop(arguments[0])
        return found if found.type.width == INT64.width else builder.zext(found, INT64)

    return types.int64(bits), generate


@code
def _to_front(_context: Any, vector: Any, _bits: Any) -> Any:
    """`_to_front(vector, bits)`: the lanes of int32 whose bits are set, one after the other, then 0."""

    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kind, chosen = context.get_value_type(vector), ir.VectorType(ir.IntType(1), LANES)
        function = builder.module.declare_intrinsic(
            f"llvm.experimental.vector.compress.v{LANES}i32", fnty=ir.FunctionType(kind, [kind, chosen, kind])
        )
        return builder.call(function, [arguments[0], builder.bitcast(arguments[1], chosen), ir.Constant(kind, None)])

    return vector(vector, types.uint16), generate


@code
def lane(_context: Any, vector: Any, _number: Any) -> Any:
    """`lane(vector, k)`: the value of one lane."""

    def generate(_lowering: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.extract_element(arguments[0], arguments[1])

    return vector.dtype(vector, types.int64), generate


@code
def lowest_bit(_context: Any, bits: Any) -> Any:
    """`lowest_bit(bits)`: the number of the lowest bit set in an unsigned number that is not 0."""

    def generate(_lowering: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        found = builder.cttz(arguments[0], ir.IntType(1)(1))
        return found if found.type.width == INT64.width else builder.zext(found, INT64)

    return types.int64(bits), generate


@code
def without_lowest_bit(_context: Any, bits: Any) -> Any:
    """`without_lowest_bit(bits)`: an unsigned number that is not 0, its lowest bit cleared."""

    def generate(_lowering: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.and_(arguments[0], builder.sub(arguments[0], arguments[0].type(1)))

    return bits(bits), generate


def at(_parameter: Any, _index: int) -> Any:
    """`at(parameter, index)`: its value there; a parameter is an array, or one number for all neurons."""
    raise NotImplementedError("only inside compiled code")


def lanes_at(_parameter: Any, _index: int) -> Any:
    """`lanes_at(parameter, index)`: the vector of its values from there on, or the one number."""
    raise NotImplementedError("only inside compiled code")


@overload(at, strict=False)
def _at(parameter: Any, _index: Any) -> Any:
    if isinstance(parameter, types.Array):
        return lambda parameter, index: parameter[index]
    return lambda parameter, index: parameter


@overload(lanes_at, strict=False)
def _lanes_at(parameter: Any, _index: Any) -> Any:
    if isinstance(parameter, types.Array):
        return lambda parameter, index: load(parameter, index)  # noqa: PLW0108 - numba reads the function's code
    return lambda parameter, index: parameter


def append(_into: Any, _index: int, _first: int, _bits: Any) -> int:
    """`append(into, index, first, bits)`: write `first` + the number of each bit set in uint64 `bits`, ascending.

    `into`, of int32, begins to be filled at `index` and needs room for 64 numbers, whatever the bits. Returns the index
    behind the last.
    """
    raise NotImplementedError("only inside compiled code")


@overload(append, strict=False)
def _append(_into: Any, _index: Any, _first: Any, _bits: Any) -> Any:
    return append_lanes if _COMPRESSES else append_bits


def append_lanes(_into: Any, _index: Any, _first: Any, _bits: Any) -> Any:
    """Write the numbers of a vector at once: how many there are is no branch, which could not be foreseen."""
    numbers = lane_numbers() + np.int32(_first)
    for _ in range(4):
        chosen = np.uint16(_bits)
        store(_into, _index, _to_front(numbers, chosen))
        _index += number_of_bits(chosen)
        numbers = numbers + np.int32(LANES)
        _bits >>= np.uint64(LANES)
    return _index


def append_bits(_into: Any, _index: Any, _first: Any, _bits: Any) -> Any:
    """Write one number after the other."""
    while _bits:
        _into[_index] = _first + lowest_bit(_bits)
        _bits = without_lowest_bit(_bits)
        _index += 1
    return _index
