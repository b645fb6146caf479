"""Routines compiled once for all kernels.

numba compiles each kernel by itself, and would compile an addition of points again in each kernel that adds. Here all
routines of a module are compiled together, kept on disk beside the kernels, and known to kernels by name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite  # type: ignore[import-untyped]
import llvmlite.binding as llvm  # type: ignore[import-untyped]
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from zkmargin.verifier.ifma.compiler import cache_directory
from zkmargin.verifier.ifma.description import PrimeField
from zkmargin.verifier.ifma.lanes import Emitter, function
from zkmargin.verifier.ifma.registers import I64, VOID, data_address, declared

OPTIMISATION = 3

_engines: list[Any] = []
"""Kernels may call a routine as long as the process lives, so none is ever unloaded."""


class Library:
    """Routines that are emitted into one module. `load` must come before kernels that call them run."""

    def __init__(self, name: str, kept: bool = True) -> None:
        self._name = f"zkmargin_ifma_{name}"
        self._kept = kept
        self._bodies: dict[str, tuple[PrimeField, int, Callable[[Emitter], None], bool]] = {}
        self._loaded = False

    def routine(
        self, field: PrimeField, name: str, arity: int, body: Callable[[Emitter], None], inlined: bool = False
    ) -> Any:
        """A function for kernels; its arguments are addresses of blocks, or of rows of a table, or arrays for theirs.

        Addresses, so that a kernel can walk memory without making views. Whoever calls a kernel holds the arrays, so
        they outlive it. `inlined` is said of routines in which the time goes: see `Emitter`.
        """
        symbol = f"{self._name}_{name}"
        self._bodies[symbol] = field, arity, body, inlined
        kind_of_call = ir.FunctionType(VOID, [I64] * arity)

        @intrinsic
        def call(_typing: Any, *arguments: Any) -> Any:
            if len(arguments) != arity:
                return None
            given = [kind if isinstance(kind, types.Array) else types.int64 for kind in arguments]

            def emit(context: Any, builder: Any, _signature: Any, packed: Any) -> Any:
                values = [builder.extract_value(packed[0], at) for at in range(arity)]
                addresses = [
                    data_address(context, builder, kind, value) if isinstance(kind, types.Array) else value
                    for kind, value in zip(given, values, strict=True)
                ]
                builder.call(declared(builder.module, symbol, kind_of_call), addresses)
                return context.get_dummy_value()

            return types.void(types.StarArgTuple(given)), emit  # type: ignore[no-untyped-call]

        return call

    def load(self) -> None:
        """Make the routines known to the process, compiled or as they were kept."""
        if self._loaded:
            return
        machine = _machine()
        path = self._path()
        code = path.read_bytes() if path is not None and path.exists() else self._compiled(machine, path)
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        for symbol in self._bodies:
            llvm.add_symbol(symbol, engine.get_function_address(symbol))
        _engines.append(engine)
        self._loaded = True

    def _compiled(self, machine: Any, path: Path | None) -> bytes:
        module = ir.Module(self._name)
        for symbol, (field, arity, body, inlined) in self._bodies.items():
            function(module, field, symbol, arity, body, "external", inlined)
        parsed = llvm.parse_assembly(str(module))
        parsed.verify()
        # Straight-line code in its final form: passes over it take half as long as the rest, and find nothing.
        code: bytes = machine.emit_object(parsed)
        if path is not None:
            _write(path, code)
        return code

    def _path(self) -> Path | None:
        """A file for this compiler and this processor, in the directory of these sources."""
        directory = cache_directory()
        if directory is None or not self._kept:
            return None
        host = f"{llvmlite.__version__} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"
        return directory / f"{self._name}-{hashlib.sha256(host.encode()).hexdigest()[:16]}.o"


def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=OPTIMISATION, codemodel="jitdefault", jit=True
    )


def _write(path: Path, code: bytes) -> None:
    """Whole or not at all: other processes may be reading."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(code)
    unfinished.replace(path)
