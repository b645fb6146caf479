"""The lowest level of the generator: types, constants and exchanges of 512-bit registers, and a kernel's memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from zkmargin.verifier.ifma.description import LANES, VECTOR_BYTES

I64 = ir.IntType(64)
I1 = ir.IntType(1)
VECTOR = ir.VectorType(I64, LANES)
MASK = ir.VectorType(I1, LANES)
INDEX = ir.VectorType(ir.IntType(32), LANES)
VOID = ir.VoidType()


@cache
def splat(value: int) -> ir.Constant:
    return ir.Constant(VECTOR, [ir.Constant(I64, value % (1 << 64))] * LANES)


def broadcast(builder: ir.IRBuilder, value: Any) -> Any:
    """One integer in all lanes."""
    single = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(single, single, ir.Constant(INDEX, [0] * LANES))


def repeat(
    builder: ir.IRBuilder, times: Any, values: Sequence[Any], body: Callable[[Sequence[Any]], Sequence[Any]]
) -> list[Any]:
    """A loop: what `body` makes of the values, so many times and at least once."""
    before, loop, after = builder.block, builder.append_basic_block("loop"), builder.append_basic_block("after")
    builder.branch(loop)
    builder.position_at_end(loop)
    left, *now = (builder.phi(value.type) for value in (times, *values))
    fewer, *later = builder.sub(left, ir.Constant(I64, 1)), *body(now)
    for phi, first, new in zip([left, *now], [times, *values], [fewer, *later], strict=True):
        phi.add_incoming(first, before)
        phi.add_incoming(new, builder.block)
    builder.cbranch(builder.icmp_signed(">", fewer, ir.Constant(I64, 0)), loop, after)
    builder.position_at_end(after)
    return later


def declared(module: ir.Module, name: str, kind: ir.FunctionType) -> ir.Function:
    found = module.globals.get(name)
    return found if found is not None else ir.Function(module, kind, name)


def transpose(builder: ir.IRBuilder, rows: Sequence[Any]) -> list[Any]:
    """Turn eight rows of eight into columns, in three passes of exchanges between rows 1, 2 and 4 apart."""
    rows = list(rows)
    for step in (1, 2, 4):
        lower = [e if not e & step else e - step + LANES for e in range(LANES)]
        upper = [e + step if not e & step else e + LANES for e in range(LANES)]
        for at in (at for at in range(LANES) if not at & step):
            pair = rows[at], rows[at + step]
            rows[at] = builder.shuffle_vector(*pair, ir.Constant(INDEX, lower))
            rows[at + step] = builder.shuffle_vector(*pair, ir.Constant(INDEX, upper))
    return rows


def _address(_typing: Any, array: Any) -> Any:
    """Where an array's data begin. Unlike the attribute that numba offers, this touches no reference count."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return data_address(context, builder, signature.args[0], arguments[0])

    return types.int64(array), emit


def data_address(context: Any, builder: Any, kind: Any, array: Any) -> Any:
    return builder.ptrtoint(context.make_array(kind)(context, builder, array).data, I64)


address: Any = intrinsic(_address)


def stack(size: int) -> Any:
    """A function that gives a kernel so many bytes until it returns; each call in its text gives others."""

    @intrinsic
    def call(_typing: Any) -> Any:
        def emit(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
            with builder.goto_entry_block():
                room = builder.alloca(ir.ArrayType(ir.IntType(8), size))
                room.align = VECTOR_BYTES
                return builder.ptrtoint(room, I64)

        return types.int64(), emit

    return call


def _lane_numbers(_typing: Any) -> Any:
    """An array of eight integers that lives until the kernel returns.

    numba frees an array of its own after the last statement that names it, and that may come before the routine that
    was given its address has run.
    """
    kind = types.Array(types.int64, 1, "C")

    def emit(context: Any, builder: Any, _signature: Any, _arguments: Any) -> Any:
        with builder.goto_entry_block():
            room = builder.alloca(ir.ArrayType(I64, LANES))
            room.align = VECTOR_BYTES
        array = context.make_array(kind)(context, builder)
        shape = {"shape": [I64(LANES)], "strides": [I64(8)], "itemsize": I64(8)}
        data = builder.bitcast(room, array.data.type)
        populate_array(array, data, meminfo=None, **shape)  # type: ignore[no-untyped-call]
        return array._getvalue()

    return kind(), emit


lane_numbers: Any = intrinsic(_lane_numbers)
