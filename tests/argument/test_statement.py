"""A proof is bound to every field of its statement, and a policy looks at each of its own."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from argument_samples import CONTEXT, NOW, Sample, policy_for, sample_system, with_statement

from zkmargin.circuits.errors import FalseStatement, InvalidInput, PolicyRefused, TooLarge
from zkmargin.circuits.system import Block, LinearForms, Scatter, System
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.shape import Shape
from zkmargin.verifier.statement import ANY, Context, Policy, Statement
from zkmargin.verifier.verify import verify

OTHER_CONTEXT: dict[str, Any] = {
    "venue": "venue-2",
    "account": "account-8",
    "nonce": "nonce-0002",
    "issued_at": CONTEXT.issued_at + 1,
    "expires_at": CONTEXT.expires_at + 1,
    "documents": hashlib.sha256(b"newer prices").digest(),
}


def test_the_manifest_of_the_context_is_complete() -> None:
    assert {field.name for field in fields(Context)} == set(OTHER_CONTEXT)


@pytest.mark.parametrize("name", OTHER_CONTEXT)
def test_10_every_field_of_the_context_is_bound(
    name: str, honest: Sample, proof: bytes, arithmetic: Arithmetic
) -> None:
    other = with_statement(honest, context=replace(CONTEXT, **{name: OTHER_CONTEXT[name]}))
    with pytest.raises(FalseStatement):
        verify(other.statement, proof, other.policy, arithmetic)


def test_10_every_bit_of_the_documents_digest_is_bound(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    for bit in range(256):
        digest = (int.from_bytes(CONTEXT.documents, "big") ^ 1 << bit).to_bytes(32, "big")
        other = with_statement(honest, context=replace(CONTEXT, documents=digest))
        with pytest.raises(FalseStatement):
            verify(other.statement, proof, other.policy, fast)


def changed_scatter(scatter: Scatter) -> Scatter:
    return replace(scatter, coefficients=(scatter.coefficients[0] + 1, *scatter.coefficients[1:]))


def changed_block(block: Block) -> Block:
    coefficients = block.coefficients.copy()
    coefficients[0, 0] += 1
    return replace(block, coefficients=coefficients)


def changed_systems(system: System) -> dict[str, System]:
    """The system with one number changed, for each kind of number it is made of."""
    linear, side, output = system.linear, system.left, system.output
    other_side = replace(side, constants=(side.constants[0] + 1, *side.constants[1:]))
    return {
        "offset": replace(system, offsets=(system.offsets[0] - 1, *system.offsets[1:])),
        "linear constant": replace(system, linear=replace(linear, constants=(linear.constants[0] + 1,))),
        "linear block": replace(system, linear=replace(linear, blocks=(changed_block(linear.blocks[0]),))),
        "linear scatter": replace(system, linear=replace(linear, scatter=changed_scatter(linear.scatter))),
        "left constant": replace(system, left=other_side),
        "right constant": replace(system, right=other_side),
        "left coefficient": replace(system, left=replace(side, scatter=changed_scatter(side.scatter))),
        "right coefficient": replace(system, right=replace(side, scatter=changed_scatter(side.scatter))),
        "output constant": replace(system, output=replace(output, constants=(1,))),
        "output coefficient": replace(system, output=replace(output, scatter=changed_scatter(output.scatter))),
    }


@pytest.mark.parametrize("name", changed_systems(sample_system(2, 1, 1)))
def test_10_every_number_of_the_system_is_bound(
    name: str, honest: Sample, proof: bytes, arithmetic: Arithmetic
) -> None:
    system = changed_systems(honest.system)[name]
    assert system.digest != honest.system.digest
    other = with_statement(honest, system=system)
    with pytest.raises(FalseStatement):
        verify(other.statement, proof, other.policy, arithmetic)


def test_10_the_digest_tells_shapes_apart() -> None:
    """The same numbers, split differently between blocks, scatter, lanes and entries."""
    one = np.ones((1, 1), np.int64)
    first = np.zeros(1, np.int64)
    block = LinearForms(1, (0,), (Block(0, first, one),))
    scatter = LinearForms(1, (0,), (), Scatter(first, first, (1,)))
    empty = LinearForms(0, ())
    systems = [
        System(1, (1, 1), (0, 0), block),
        System(1, (1, 1), (0, 0), scatter),
        System(2, (1, 1), (0, 0), block),
        System(1, (1, 2), (0, 0), block),
        System(1, (2, 1), (0, 0), block),
        System(1, (1, 1), (0, 1), block),
        System(1, (1, 1), (0, 0), empty, block, block, block),
        System(1, (1, 1), (0, 0), block, block, block, scatter),
        System(1, (1, 1), (0, 0), block, block, scatter, block),
        System(1, (1, 1), (0, 0), block, scatter, block, block),
    ]
    assert len({system.digest for system in systems}) == len(systems)


def test_10_commitments_are_bound(honest: Sample, proof: bytes, arithmetic: Arithmetic) -> None:
    commitment = honest.statement.commitments[0]
    negated = bytes([commitment[0] ^ 0x20]) + commitment[1:]
    other = with_statement(honest, commitments=(negated,))
    with pytest.raises(FalseStatement):
        verify(other.statement, proof, other.policy, arithmetic)


POLICY_REASONS: dict[str, tuple[dict[str, Any], str]] = {
    "system": ({"system": bytes(32)}, "another system"),
    "documents": ({"documents": bytes(32)}, "another documents"),
    "venue": ({"venue": "venue-2"}, "another venue"),
    "account": ({"account": "account-8"}, "another account"),
    "nonce": ({"nonce": "nonce-2"}, "another nonce"),
    "future": ({"now": CONTEXT.issued_at - 1}, "in the future"),
    "age": ({"max_age": 4}, "too old"),
    "expiry": ({"now": CONTEXT.expires_at + 1, "max_age": 1000}, "expired"),
}


@pytest.mark.parametrize("name", POLICY_REASONS)
def test_a_policy_refuses_and_says_why(name: str, honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    changes, reason = POLICY_REASONS[name]
    with pytest.raises(PolicyRefused, match=reason):
        verify(honest.statement, proof, replace(honest.policy, **changes), fast)


def test_a_policy_admits_the_edges_of_time(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    for changes in (
        {"now": CONTEXT.issued_at, "max_age": 0},
        {"now": CONTEXT.issued_at - 3, "clock_skew": 3},
        {"max_age": NOW - CONTEXT.issued_at},
        {"now": CONTEXT.expires_at, "max_age": 65},
    ):
        assert verify(honest.statement, proof, replace(honest.policy, **changes), fast)


def test_a_policy_that_does_not_look_says_so(honest: Sample, proof: bytes, fast: Arithmetic) -> None:
    open_policy = Policy(ANY, ANY, ANY, ANY, ANY, NOW, 30)
    assert verify(honest.statement, proof, open_policy, fast)
    with pytest.raises(TypeError):
        Policy(now=NOW, max_age=30)  # type: ignore[call-arg]


@pytest.mark.parametrize("name", ["now", "max_age", "clock_skew"])
@pytest.mark.parametrize("value", [-1, 1.0, True, "5", None, 1 << 53])
def test_times_of_a_policy_are_whole_seconds(name: str, value: Any, honest: Sample) -> None:
    with pytest.raises(InvalidInput, match=f"policy.{name}"):
        replace(policy_for(honest.statement), **{name: value})


BAD_CONTEXT: list[tuple[str, Any]] = [
    *[(name, value) for name in ("venue", "account", "nonce") for value in ("", "x" * 257, "a\nb", "\ud800", 5, None)],
    *[(name, value) for name in ("issued_at", "expires_at") for value in (-1, 1.5, True, "1", 1 << 53)],
    *[("documents", value) for value in (b"", bytes(31), bytes(33), "0" * 32, bytearray(32))],
    ("expires_at", CONTEXT.issued_at - 1),
]


@pytest.mark.parametrize(("name", "value"), BAD_CONTEXT)
def test_a_bad_context_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidInput, match=rf"context\.{name}"):
        replace(CONTEXT, **{name: value})


def test_13_contexts_do_not_run_into_each_other() -> None:
    first = replace(CONTEXT, venue="ab", account="c")
    second = replace(CONTEXT, venue="a", account="bc")
    assert first.to_bytes() != second.to_bytes()


@pytest.mark.parametrize("commitments", [(), [bytes(48)], (bytes(47),), (bytes(49),), ("x" * 48,), (bytes(96),)])
def test_bad_commitments_are_named(commitments: Any) -> None:
    with pytest.raises(InvalidInput, match="statement"):
        Statement(sample_system(2, 1, 1), commitments, CONTEXT)


def test_a_statement_that_is_too_large_is_refused_before_any_work() -> None:
    with pytest.raises(TooLarge, match="several parts"):
        Shape(sample_system(2, 1, 1), 1 << 21)
