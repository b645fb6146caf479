"""What can be stated, and proved, about an account: its state, its headroom, its ratio, bounds of it.

    healthy        equity >= initial requirement             in every pool
    no new risk    initial > equity >= maintenance            initial missed in a pool, maintenance met in all
    liquidatable   maintenance > equity                       in some pool
    close out      close-out level > equity                   in some pool
    bankrupt       value < 0                                  in some pool

Each predicate is a function that requires; the circuit proves it as it stands here. What is stated about an account
before and after a trade is in `transitions.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from enum import Enum

from zkmargin.circuits import Comparison, Holdings, both, either, require
from zkmargin.circuits.documents import decimal_from_text
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models.base import Assessment, MarginModel, total
from zkmargin.circuits.models.market import Market, exact_scalar

Predicate = Callable[[Assessment], None]


class State(Enum):
    """From the best to the worst."""

    HEALTHY = "healthy"
    NO_NEW_RISK = "no new risk"
    LIQUIDATABLE = "liquidatable"
    CLOSE_OUT = "close out"
    BANKRUPT = "bankrupt"


def meets(level: str) -> Predicate:
    """The level is met in every pool."""

    def predicate(assessment: Assessment) -> None:
        for pool in assessment.pools:
            require(pool.level(level).meets(), _name(f"meets {level}", pool.bucket))

    return predicate


def fails(level: str) -> Predicate:
    """The level is missed in some pool."""

    def predicate(assessment: Assessment) -> None:
        require(_some([one.fails() for one in assessment.levels(level)]), f"fails {level}")

    return predicate


def no_new_risk(assessment: Assessment) -> None:
    """Too little for new risk, enough to be left alone."""
    fails("initial")(assessment)
    meets("maintenance")(assessment)


def bankrupt(assessment: Assessment) -> None:
    """Some pool is worth less than nothing."""
    require(_some([(pool.value < 0,) for pool in assessment.pools]), "bankrupt")


STATES: dict[State, Predicate] = {
    State.HEALTHY: meets("initial"),
    State.NO_NEW_RISK: no_new_risk,
    State.LIQUIDATABLE: fails("maintenance"),
    State.CLOSE_OUT: fails("close out"),
    State.BANKRUPT: bankrupt,
}


def headroom(level: str, amount: str) -> Predicate:
    """`equity - requirement >= amount` in every pool."""
    least = exact_scalar(_number("headroom", amount))

    def predicate(assessment: Assessment) -> None:
        for pool in assessment.pools:
            require(
                pool.level(level).margin >= least * pool.level(level).scale, _name(f"{level} headroom", pool.bucket)
            )

    return predicate


def ratio(level: str, least: str) -> Predicate:
    """`equity >= least * requirement` in every pool: a margin ratio without a division."""
    factor = exact_scalar(_number("ratio", least))

    def predicate(assessment: Assessment) -> None:
        for pool in assessment.pools:
            one = pool.level(level)
            require(one.equity >= one.requirement * factor, _name(f"{level} ratio", pool.bucket))

    return predicate


def requirement_between(level: str, low: str, high: str) -> Predicate:
    """The sum of the pools' requirements lies between two public numbers."""
    bounds = [exact_scalar(_number("requirement", bound)) for bound in (low, high)]

    def predicate(assessment: Assessment) -> None:
        levels = assessment.levels(level)
        whole = total([one.requirement for one in levels[1:]], levels[0].requirement)
        require(whole >= bounds[0] * levels[0].scale, f"{level} requirement at least")
        require(whole <= bounds[1] * levels[0].scale, f"{level} requirement at most")

    return predicate


def rule(model: MarginModel, market: Market, predicate: Predicate) -> Callable[[Holdings], None]:
    """The rule that a circuit is compiled from: a model, a market, and what is to be shown."""

    def function(holdings: Holdings) -> None:
        predicate(model.assess(market, holdings))

    return function


def _some(cases: list[tuple[Comparison, ...]]) -> Comparison:
    """Holds where all comparisons of at least one case do."""
    return either(*(both(*case) for case in cases))


def _name(text: str, bucket: str | None) -> str:
    return f"{text} of {bucket}" if bucket else text


def _number(what: str, text: str) -> Decimal:
    try:
        return decimal_from_text(text)
    except ValueError as error:
        raise InvalidInput(f"{what}: {error}") from None
