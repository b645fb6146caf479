"""What a statement shows of an account, as a few words that name a predicate of `circuits/models/predicates.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from zkmargin.circuits import Holdings
from zkmargin.circuits.canonical import canonical_bytes
from zkmargin.circuits.documents.base import FieldError, Part, refusal
from zkmargin.circuits.documents.numbers import Number, decimal_text
from zkmargin.circuits.errors import InvalidInput
from zkmargin.circuits.models import limits, predicates
from zkmargin.circuits.models.base import LEVELS, LevelName, MarginModel
from zkmargin.circuits.models.market import Market

Claimed = Literal[
    "healthy",
    "no new risk",
    "bankrupt",
    "meets",
    "fails",
    "headroom",
    "ratio",
    "requirement",
    "position",
    "delta",
    "concentration",
]

_AMOUNTS = {"headroom": 1, "ratio": 1, "requirement": 2, "position": 2, "delta": 2, "concentration": 1}
_LIMITS = ("position", "delta", "concentration")
_LEVELLED = ("meets", "fails", "headroom", "ratio", "requirement")

WORDS = """healthy | no new risk | bankrupt | meets LEVEL | fails LEVEL | headroom LEVEL AMOUNT | ratio LEVEL RATIO
| requirement LEVEL LOW HIGH | position SYMBOL LOW HIGH | delta ASSET LOW HIGH | concentration ASSET SHARE,
with LEVEL one of initial, maintenance, close out"""


class Shows(Part):
    """A claim, and the level and amounts that some claims take; `parse_shows` reads the same in words."""

    claim: Claimed
    level: LevelName | None = None
    about: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^ ]+$")] | None = None
    """The symbol or asset a limit is about."""
    amounts: Annotated[tuple[Number, ...], Field(max_length=2)] = ()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.level is not None) != (self.claim in _LEVELLED):
            raise FieldError(("level",), f"is needed for {', '.join(_LEVELLED)} and for nothing else")
        if (self.about is not None) != (self.claim in _LIMITS):
            raise FieldError(("about",), f"is needed for {', '.join(_LIMITS)} and for nothing else")
        if len(self.amounts) != _AMOUNTS.get(self.claim, 0):
            raise FieldError(("amounts",), f"{self.claim} takes {_AMOUNTS.get(self.claim, 0)} of them")
        return self

    @property
    def text(self) -> str:
        """The words that `parse_shows` reads."""
        words = [
            self.claim,
            *(one for one in (self.level, self.about) if one),
            *(decimal_text(one) for one in self.amounts),
        ]
        return " ".join(words)

    @property
    def sentence(self) -> str:
        """For people."""
        amounts = [decimal_text(one) for one in self.amounts]
        return {
            "healthy": "equity covers the initial requirement",
            "no new risk": "equity covers maintenance but not the initial requirement",
            "bankrupt": "the account is worth less than nothing",
            "meets": f"equity covers the {self.level} requirement",
            "fails": f"equity does not cover the {self.level} requirement",
            "headroom": f"equity exceeds the {self.level} requirement by at least {' '.join(amounts)}",
            "ratio": f"equity is at least {' '.join(amounts)} times the {self.level} requirement",
            "requirement": f"the {self.level} requirement lies between {' and '.join(amounts)}",
            "position": f"the net position in {self.about} lies between {' and '.join(amounts)}",
            "delta": f"the net delta of {self.about} lies between {' and '.join(amounts)}",
            "concentration": f"at most a share of {' '.join(amounts)} of the gross value is in {self.about}",
        }[self.claim]

    def rule(self, model: MarginModel, market: Market) -> Callable[[Holdings], None]:
        """The rule that is compiled: a statement about the model's assessment, or a limit on what is held."""
        about, amounts = self.about or "", [decimal_text(one) for one in self.amounts]
        match self.claim:
            case "position":
                limit = limits.position(about, amounts[0], amounts[1])
            case "delta":
                limit = limits.delta(about, amounts[0], amounts[1])
            case "concentration":
                limit = limits.concentration(about, amounts[0])
            case _:
                return predicates.rule(model, market, self._predicate())
        return lambda holdings: limit(market, holdings)

    def _predicate(self) -> predicates.Predicate:
        level, amounts = self.level or "", [decimal_text(one) for one in self.amounts]
        match self.claim:
            case "healthy":
                return predicates.meets("initial")
            case "no new risk":
                return predicates.no_new_risk
            case "bankrupt":
                return predicates.bankrupt
            case "meets":
                return predicates.meets(level)
            case "fails":
                return predicates.fails(level)
            case "headroom":
                return predicates.headroom(level, amounts[0])
            case "ratio":
                return predicates.ratio(level, amounts[0])
            case "requirement":
                return predicates.requirement_between(level, amounts[0], amounts[1])
            case _:
                raise InvalidInput(f"shows: {self.claim} is a limit, not a statement about margin")

    @classmethod
    def build(cls, **fields: object) -> Shows:
        """From Python values, with the checks of a document."""
        from pydantic import ValidationError

        try:
            return cls.model_validate_json(canonical_bytes(fields))
        except ValidationError as error:
            raise refusal(error) from None


def parse_shows(text: str) -> Shows:
    """`headroom initial 1000`, `meets close out`, `healthy`: the words of the command line."""
    for claim in sorted(Claimed.__args__, key=len, reverse=True):  # type: ignore[attr-defined]
        if text == claim or text.startswith(claim + " "):
            rest = text.removeprefix(claim).removeprefix(" ")
            level = next((one for one in LEVELS if rest == one or rest.startswith(one + " ")), None)
            if claim in _LEVELLED and level is None:
                raise InvalidInput(f"level: {claim} is about one of {', '.join(LEVELS)}")
            amounts = rest.removeprefix(level or "").split()
            about = amounts.pop(0) if claim in _LIMITS and amounts else None
            fields = {"claim": claim, "level": level, "about": about, "amounts": amounts}
            return Shows.build(**{name: value for name, value in fields.items() if value is not None})
    raise InvalidInput(f"shows: it is one of {' '.join(WORDS.split())}")
