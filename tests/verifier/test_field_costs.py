"""The counted products against a count by hand, and against what a larger statement must cost."""

from __future__ import annotations

from fractions import Fraction

from zkmargin.verifier.field.costs import bit_sumcheck_products


def test_one_lane_of_one_account() -> None:
    """Nothing is bound on patterns: 16 bits, the kernel of four variables, 15 pairs; the words are one number."""
    bits = 15 + (1 << 1) + 15 * (3 + Fraction(32, 28))
    accounts, lanes = Fraction(16, 28), Fraction(16, 28)
    last = 16 * Fraction(16, 28) + 15 * (2 + Fraction(32, 28))
    words = 2 * Fraction(4, 28) + 1
    assert bit_sumcheck_products(1, 1, 1) == round(bits + accounts + lanes + last + words)


def test_eight_accounts_of_one_lane() -> None:
    """All account variables are bound on patterns of eight bits: one row of sixteen entries is left."""
    bits = 15 + 256 + 15 * (3 + Fraction(32, 28))
    accounts = 8 * Fraction(16, 28) + 7 * (2 + Fraction(32, 28))
    last = Fraction(16, 28) + 16 * Fraction(16, 28) + 15 * (2 + Fraction(32, 28))
    words = 2 * 8 * Fraction(4, 28) + 1
    assert bit_sumcheck_products(8, 1, 1) == round(bits + accounts + last + words)


def test_a_batch_costs_less_than_its_accounts() -> None:
    alone, batch = bit_sumcheck_products(1, 354, 2), bit_sumcheck_products(1024, 354, 2)
    assert 1024 * 0.2 * alone < batch < 1024 * 0.5 * alone


def test_more_lanes_cost_more() -> None:
    costs = [bit_sumcheck_products(3, lanes, 2) for lanes in range(1, 100)]
    assert costs == sorted(costs)
    assert len(set(costs)) == len(costs)
