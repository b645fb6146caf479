"""The public side of the argument: the weight of every bit, and the one linear relation that closes the proof.

Prover and verifier both walk through this file, so that what one shows is what the other checks
(docs/protocol.md, section 4, steps 2 and 4; the letters are the same).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from zkmargin.circuits.system import MODULUS, System
from zkmargin.verifier.arithmetic import Arithmetic
from zkmargin.verifier.shape import BIT_VARIABLES, MaskShape, Shape
from zkmargin.verifier.sumcheck import (
    bit_place,
    eq_at,
    eq_prefix_sum,
)
from zkmargin.verifier.transcript import Transcript

PROTOCOL = b"zkmargin argument v1"


@dataclass(frozen=True)
class ProductStep:
    """What step 1 leaves behind: its challenges, where its rounds ended, and the three values there."""

    rho: int = 0
    tau: list[int] = field(default_factory=list)
    claim: int = 0
    point: list[int] = field(default_factory=list)
    last: int = 0
    values: tuple[int, int, int] = (0, 0, 0)
    vanishing: int = 1
    """`Z` at the point."""


@dataclass(frozen=True)
class LinkChallenges:
    """Step 2: what ties the rows, the account entries and the product values to the bits."""

    beta: Any
    sigma: list[int]
    entry: list[int]
    account_rows: Any
    """`eq((sigma, s_row), (a, j))` for each row `j` of each account `a`."""
    account_columns: Any
    """`eq(s_column, .)`."""
    eta: list[int]
    scale: int
    tau: list[int]
    rho: int


@dataclass(frozen=True)
class Tensor:
    """One half of the bit weights: `eq(account_point, account) * lane_weight * 2^bit`, and its public constant."""

    account_point: list[int]
    lane_weights: Any
    constant: int


@dataclass(frozen=True)
class BitStep:
    """What step 3 leaves behind."""

    claim: int
    point: list[int]
    last: int
    value: int
    vanishing: int


@dataclass(frozen=True)
class Constants:
    """The constants of a system's wires and rows, as vectors."""

    offsets: Any
    linear: Any
    sides: tuple[Any, Any, Any]


@lru_cache(maxsize=32)
def constants_of(system: System, arithmetic: Arithmetic) -> Constants:
    vector = arithmetic.field.vector
    sides = (system.left, system.right, system.output)
    left, right, output = (vector(side.constants) for side in sides)
    return Constants(vector(system.offsets), vector(system.linear.constants), (left, right, output))


def link_challenges(transcript: Transcript, shape: Shape, arithmetic: Arithmetic) -> LinkChallenges:
    """The challenges of step 2, in the order in which the protocol names them."""
    account = shape.account
    beta = arithmetic.field.from_wide(transcript.stream(b"beta", shape.system.linear.rows))
    sigma = transcript.challenges(b"sigma", shape.bits.account_variables)
    entry = transcript.challenges(b"entry", account.row_variables + account.column_variables)
    eta = transcript.challenges(b"eta", 3)
    scale = transcript.challenge(b"lambda")
    tau = transcript.challenges(b"tau bits", shape.bits.variables)
    rho = transcript.challenge(b"rho bits")
    f, split = arithmetic.field, account.row_variables
    rows, columns = f.outer(f.eq(sigma)[: shape.accounts], f.eq(entry[:split])), f.eq(entry[split:])
    return LinkChallenges(beta, sigma, entry, rows, columns, eta, scale, tau, rho)


def bit_weights(shape: Shape, link: LinkChallenges, product: ProductStep, arithmetic: Arithmetic) -> list[Tensor]:
    """The public weight of every bit, as a sum of one or two tensors."""
    tensors = [_linear_tensor(shape, link, arithmetic)]
    if shape.has_products:
        tensors.append(_product_tensor(shape, link, product, arithmetic))
    return tensors


def _linear_tensor(shape: Shape, link: LinkChallenges, arithmetic: Arithmetic) -> Tensor:
    """Linear rows under `beta`, and the entries of the account under `eq(entry, .)`."""
    system, f = shape.system, arithmetic.field
    constants = constants_of(system, arithmetic)
    entries = f.outer(f.eq(link.entry[: shape.account.row_variables]), link.account_columns)[: system.entries]
    rest = f.zeros(system.wires - system.entries)
    weights = f.weigh(link.beta, system.linear, system.wires) + f.join([entries, rest])
    constant = (weights @ constants.offsets - link.beta @ constants.linear) % MODULUS
    return Tensor(link.sigma, f.spread(weights, system.widths), constant)


def _product_tensor(shape: Shape, link: LinkChallenges, product: ProductStep, arithmetic: Arithmetic) -> Tensor:
    """The three sides of the product rows under `eta`, each row under `eq(r1, row)`."""
    system, f = shape.system, arithmetic.field
    constants = constants_of(system, arithmetic)
    split = shape.bits.account_variables
    rows = f.eq(product.point[split:])[: system.products]
    weights = f.zeros(system.wires)
    constant = 0
    for eta, side, numbers in zip(link.eta, (system.left, system.right, system.output), constants.sides, strict=True):
        weights = weights + f.weigh(rows, side, system.wires) * eta
        constant -= eta * (rows @ numbers)
    constant += weights @ constants.offsets
    return Tensor(product.point[:split], f.spread(weights, system.widths), constant % MODULUS)


def public_target(shape: Shape, link: LinkChallenges, product: ProductStep, tensors: Sequence[Tensor]) -> int:
    """The part of `T` that everybody knows: offsets, constants, and the values of the product rows."""
    total = sum(eta * value for eta, value in zip(link.eta, product.values, strict=True))
    for tensor in tensors:
        total += eq_prefix_sum(tensor.account_point, shape.accounts) * tensor.constant
    return total % MODULUS


def weight_at(shape: Shape, tensors: Sequence[Tensor], point: list[int], arithmetic: Arithmetic) -> int:
    """`pub(r2)`: the multilinear extension of the bit weights, in one pass over the lanes."""
    accounts, lanes = shape.bits.account_variables, shape.bits.lane_variables
    kernel = arithmetic.field.eq(point[accounts : accounts + lanes])[: shape.bits.lane_count]
    total = 0
    for tensor in tensors:
        total += eq_at(tensor.account_point, point[:accounts]) * (tensor.lane_weights @ kernel)
    return total * bit_place(point[-BIT_VARIABLES:]) % MODULUS


@dataclass(frozen=True)
class Relation:
    """`<weights, (u | x* | g1 | g2 | d)> = value`."""

    weights: Any
    value: int


def closing_relation(
    shape: Shape,
    kappa: int,
    link: LinkChallenges,
    product: ProductStep,
    bits: BitStep,
    target: int,
    pub: int,
    arithmetic: Arithmetic,
) -> Relation:
    """Step 4: the five linear relations on the committed vector, folded by powers of `kappa`.

    `target` is `public_target`, `pub` is `weight_at`.
    """
    k = [pow(kappa, power, MODULUS) for power in range(5)]
    f = arithmetic.field
    columns = bits.point[-shape.bits.column_variables :]
    square = eq_at(link.tau, bits.point) * (bits.value * bits.value - bits.value)
    value = k[2] * (bits.claim - link.scale * target)
    value += k[3] * (bits.last - square - link.scale * pub * bits.value) + k[4] * bits.value
    masks = []
    if shape.has_products:
        va, vb, vc = product.values
        value += k[0] * product.claim + k[1] * (product.last - eq_at(product.tau, product.point) * (va * vb - vc))
        factors = product.rho * k[0] % MODULUS, product.rho * k[1] % MODULUS
        masks.append(mask_weights(shape.product_mask, *factors, product.point, arithmetic))
    factors = link.rho * k[2] % MODULUS, link.rho * k[3] % MODULUS
    masks.append(mask_weights(shape.bit_mask, *factors, bits.point, arithmetic))
    # T holds -Z(r1) (eta . d), and v_D = <u, eq> + d_D Z(r2).
    shifts = [-k[2] * link.scale * product.vanishing * eta for eta in link.eta] if shape.has_products else [0, 0, 0]
    shifts.append(k[4] * bits.vanishing)
    parts = [f.eq(columns) * k[4], link.account_columns * (k[2] * link.scale), *masks, f.vector(shifts)]
    return Relation(f.join(parts), value % MODULUS)


def mask_total(mask: MaskShape, coefficients: Any, arithmetic: Arithmetic) -> int:
    """The sum of a mask over the cube."""
    total: int = coefficients @ _sum_weights(mask.size, arithmetic)
    return pow(2, mask.variables - 1, MODULUS) * total % MODULUS


def mask_weights(mask: MaskShape, claim: int, end: int, point: list[int], arithmetic: Arithmetic) -> Any:
    """`claim` times the weights of a mask's coefficients in its sum, and `end` times those in its value at `point`."""
    half = pow(2, mask.variables - 1, MODULUS)
    return _sum_weights(mask.size, arithmetic) * (claim * half) + arithmetic.field.powers(point, mask.degrees) * end


@lru_cache(maxsize=64)
def _sum_weights(size: int, arithmetic: Arithmetic) -> Any:
    """In a sum over `2 h` corners the constant counts `2 h` times, and each power of a variable `h` times: over `h`."""
    return arithmetic.field.vector([2] + [1] * (size - 1))
