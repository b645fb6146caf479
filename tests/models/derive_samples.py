"""Derive's published PMRM_2 cases as documents of this project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from operator import itemgetter
from pathlib import Path
from typing import Any

from zkmargin.circuits.documents import Book, Portfolio, Snapshot
from zkmargin.circuits.documents.numbers import normal_spelling
from zkmargin.circuits.models.grid_pricing import with_scenarios
from zkmargin.circuits.models.market import Market
from zkmargin.circuits.models.scenario_grid import ScenarioGrid

FILE = json.loads((Path(__file__).parents[1] / "vectors" / "derive_pmrm2.json").read_text(encoding="utf-8"))
CASES: dict[int, dict[str, Any]] = {case["id"]: case for case in FILE["cases"]}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BASE = "UND"
PERPETUAL = f"{BASE}/USD:USDC"


@dataclass(frozen=True)
class Sample:
    model: ScenarioGrid
    market: Market
    portfolio: Portfolio
    expected: dict[str, Any]

    @property
    def units(self) -> tuple[int, ...]:
        return self.portfolio.units(self.market.book)


def text(number: object) -> str:
    """The one spelling of a published number."""
    return normal_spelling(format(Decimal(str(number)), "f"))


def quotient(number: str, divisor: str) -> str:
    with localcontext(prec=45):
        return text(round(Decimal(number) / Decimal(divisor), 18))


def time_after(seconds: str) -> str:
    return (NOW + timedelta(seconds=int(seconds))).strftime("%Y-%m-%dT%H:%M:%SZ")


def symbol(option: dict[str, str]) -> str:
    day = (NOW + timedelta(seconds=int(option["Expiry"]))).strftime("%y%m%d")
    return f"{PERPETUAL}-{day}-{text(option['Strike'])}-{'C' if option['IsCall'] == '1' else 'P'}"


def sample(number: int) -> Sample:
    case = CASES[number]
    account = case["account"]
    model = derive_model(case)
    book = derive_book(account)
    snapshot = with_scenarios(model, book, derive_snapshot(account, book))
    return Sample(model, Market(book, snapshot), derive_portfolio(account, book), case["expected"])


def derive_model(case: dict[str, Any]) -> ScenarioGrid:
    parameters = parameters_of(case)
    margin, other = parameters["Margin"], parameters["OtherContingency"]
    return ScenarioGrid.build(
        family="scenario-grid",
        name="derive test",
        engine="Derive",
        source="derivexyz/v2-core 7736900d, PMRM_2 portfolio cases",
        as_of="2026-11-20",
        scenarios=[scenario(place, *row) for place, row in enumerate(parameters["Scenarios"])],
        shocks=renamed(parameters["VolShock"], SHOCKS),
        skew=renamed(parameters["SkewShock"], SKEW),
        discount=renamed(margin, DISCOUNT),
        basis=basis(parameters["BasisContingency"]),
        confidence=renamed(other, {"threshold": "CONF_THRESHOLD", "factor": "CONF_MARGIN"}),
        peg=renamed(other, {"threshold": "PEG_LOSS_THRESHOLD", "factor": "PEG_LOSS_FACTOR"}),
        levels=levels(margin, other),
        collateral=[collateral(asset) for asset in sorted(case["account"]["Collaterals"], key=itemgetter("Name"))],
        value_decimals=9,
        factor_decimals=14,
    )


def parameters_of(case: dict[str, Any]) -> dict[str, Any]:
    """The published defaults with what a case puts in their place: single numbers, or the whole list of scenarios."""
    overrides = case.get("parameter_overrides", {})
    return {
        name: part | overrides.get(name, {}) if isinstance(part, dict) else overrides.get(name, part)
        for name, part in FILE["default_parameters"].items()
    }


SHOCKS = {
    "up": "VOLRANGEUP",
    "down": "VOLRANGEDOWN",
    "short_power": "SHORTTERMPOWER",
    "long_power": "LONGTERMPOWER",
    "floor_days": "DTE_FLOOR",
    "minimum": "MIN_VOL_EVAL_SHOCKED",
}
SKEW = {
    "linear_base": "LINEAR_SCALE_CAP",
    "linear_slope": "LINEAR_CBASE",
    "absolute_base": "ABS_SCALE_CAP",
    "absolute_slope": "ABS_CBASE",
    "least": "MIN_K_STAR",
    "width": "MIN_WIDTH_SCALE",
    "static": "VOL_PARAM_STATIC",
    "scale": "VOL_PARAM_SCALE",
}
DISCOUNT = {
    "long_base": "BASE_STATIC_DISCOUNT",
    "long_rate": "LONG_RATE_MULTSCALE",
    "long_add": "LONG_RATE_ADDSCALE",
    "short_base": "BASE_STATIC_DISCOUNT_NEG",
    "short_rate": "SHORT_RATE_MULTSCALE",
    "short_add": "SHORT_RATE_ADDSCALE",
}
"""Our names and theirs."""


def renamed(part: dict[str, Any], names: dict[str, str]) -> dict[str, str]:
    return {ours: text(part[theirs]) for ours, theirs in names.items()}


def scenario(place: int, spot: str, volatility: str, weight: str) -> dict[str, str]:
    moves = {"skew_linear": "skew linear", "skew_abs": "skew absolute"}
    return {
        "name": f"{place} {spot[:6]} {volatility}".replace("_", " "),
        "move": text(Decimal(spot) - 1),
        "volatility": moves.get(volatility, volatility),
        "weight": text(weight),
    }


def basis(part: dict[str, Any]) -> dict[str, str]:
    return {
        "up": text(Decimal(part["SCENARIO_SPOT_UP"]) - 1),
        "down": text(Decimal(part["SCENARIO_SPOT_DOWN"]) - 1),
        "add": text(part["BASIS_CONT_ADD_FACTOR"]),
        "per_year": text(part["BASIS_CONT_MULT_FACTOR"]),
    }


def levels(margin: dict[str, Any], other: dict[str, Any]) -> list[dict[str, Any]]:
    """Initial percentages are published as what comes on top of those of maintenance."""
    initial = {
        "name": "initial",
        "loss_factor": text(margin["IM_LOSS_FACTOR"]),
        "linear": plus(other["MM_PERP_PERCENT"], other["IM_PERP_PERCENT"]),
        "naked_options": plus(other["MM_OPTION_PERCENT"], other["IM_OPTION_PERCENT"]),
        "peg": True,
        "confidence": True,
    }
    maintenance = {
        "name": "maintenance",
        "loss_factor": text(margin["MM_LOSS_FACTOR"]),
        "linear": text(other["MM_PERP_PERCENT"]),
        "naked_options": text(other["MM_OPTION_PERCENT"]),
    }
    return [initial, maintenance]


def collateral(asset: dict[str, Any]) -> dict[str, Any]:
    return {
        "asset": asset["Name"],
        "underlying": BASE,
        "offsets": asset["IsRiskCancelling"],
        "haircuts": [plus(asset["MMHaircut"], asset["IMHaircut"]), text(asset["MMHaircut"])],
    }


def plus(left: str, right: str) -> str:
    return text(Decimal(left) + Decimal(right))


def derive_book(account: dict[str, Any]) -> Book:
    rows = [{"kind": "cash", "symbol": "USDC", "decimals": 18, "lanes": 6}]
    rows += [
        {"kind": "collateral", "symbol": asset["Name"], "decimals": 4, "lanes": 3} for asset in account["Collaterals"]
    ]
    rows += [{"kind": "perpetual", "symbol": PERPETUAL, "decimals": 4, "lanes": 3}]
    rows += [
        {"kind": "option", "symbol": symbol(option), "decimals": 4, "lanes": 3, "expiry": time_after(option["Expiry"])}
        for option in account["Options"]
    ]
    return Book.build(name="derive test", currency="USDC", entries=rows)


def derive_snapshot(account: dict[str, Any], book: Book) -> Snapshot:
    held = {option["Expiry"] for option in account["Options"]}
    feeds = [feed for feed in account["OptionFeeds"] if feed["FeedExpiry"] in held]
    return Snapshot.build(
        book=book.digest,
        time=time_after("0"),
        source="published test cases",
        stable_price=text(account["StablePrice"]),
        instruments=prices(account),
        underlyings=[
            {"asset": BASE, "index": text(account["SpotPrice"]), "confidence": text(account["SpotConfidence"])}
        ],
        expiries=[expiry_row(feed) for feed in sorted(feeds, key=lambda feed: int(feed["FeedExpiry"]))],
    )


def prices(account: dict[str, Any]) -> list[dict[str, str]]:
    cash = {"symbol": "USDC", "price": "1"}
    assets = [
        {
            "symbol": asset["Name"],
            "price": quotient(asset["Price"], account["StablePrice"]),
            "confidence": text(asset["Confidence"]),
        }
        for asset in account["Collaterals"]
    ]
    trust = text(account["PerpConfidence"])
    perpetual = {"symbol": PERPETUAL, "price": text(account["PerpPrice"]), "confidence": trust}
    options = [
        {"symbol": symbol(option), "price": "0", "volatility": text(option["MarkVol"])} for option in account["Options"]
    ]
    return [cash, *assets, perpetual, *options]


def expiry_row(feed: dict[str, Any]) -> dict[str, str]:
    seconds = int(feed["FeedExpiry"])
    settled = Decimal(feed["Forward"]) * max(0, 1800 - seconds) / 1800
    trust = min(Decimal(feed[name]) for name in ("ForwardConfidence", "RateConfidence", "OptionVolConfidences"))
    return {
        "underlying": BASE,
        "expiry": time_after(feed["FeedExpiry"]),
        "forward": text(feed["Forward"]),
        "settled": text(settled),
        "rate": text(feed["Rate"]),
        "confidence": text(trust),
    }


def derive_portfolio(account: dict[str, Any], book: Book) -> Portfolio:
    perpetual, price = Decimal(account["NumPerps"]), Decimal(account["PerpPrice"])
    profit = Decimal(account["UnrealisedPerpPNL"]) + Decimal(account["UnrealisedFunding"])
    # The perpetual's entry price is carried as cash.
    amounts = {"USDC": Decimal(account["Cash"]) + profit - perpetual * price, PERPETUAL: perpetual}
    amounts |= {asset["Name"]: Decimal(asset["Amount"]) for asset in account["Collaterals"]}
    amounts |= {symbol(option): Decimal(option["Amount"]) for option in account["Options"]}
    rows = [{"symbol": entry.symbol, "amount": text(amounts[entry.symbol])} for entry in book.entries]
    return Portfolio.build(book=book.digest, positions=rows)
