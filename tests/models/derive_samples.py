"""Derive's published PMRM_2 cases as documents of this project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
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
    parameters = {name: dict(part) for name, part in FILE["default_parameters"].items() if isinstance(part, dict)}
    scenarios = FILE["default_parameters"]["Scenarios"]
    for name, part in case.get("parameter_overrides", {}).items():
        if name == "Scenarios":
            scenarios = part
        else:
            parameters[name].update(part)
    skew, shock, margin, basis, other = (
        parameters[name] for name in ("SkewShock", "VolShock", "Margin", "BasisContingency", "OtherContingency")
    )
    moves = {"skew_linear": "skew linear", "skew_abs": "skew absolute"}
    return ScenarioGrid.build(
        family="scenario-grid",
        name="derive test",
        engine="Derive",
        source="derivexyz/v2-core 7736900d, PMRM_2 portfolio cases",
        as_of="2026-11-20",
        scenarios=[
            {
                "name": f"{place} {spot[:6]} {volatility}".replace("_", " "),
                "move": text(Decimal(spot) - 1),
                "volatility": moves.get(volatility, volatility),
                "weight": text(weight),
            }
            for place, (spot, volatility, weight) in enumerate(scenarios)
        ],
        shocks={
            "up": text(shock["VOLRANGEUP"]),
            "down": text(shock["VOLRANGEDOWN"]),
            "short_power": text(shock["SHORTTERMPOWER"]),
            "long_power": text(shock["LONGTERMPOWER"]),
            "floor_days": text(shock["DTE_FLOOR"]),
            "minimum": text(shock["MIN_VOL_EVAL_SHOCKED"]),
        },
        skew={
            "linear_base": text(skew["LINEAR_SCALE_CAP"]),
            "linear_slope": text(skew["LINEAR_CBASE"]),
            "absolute_base": text(skew["ABS_SCALE_CAP"]),
            "absolute_slope": text(skew["ABS_CBASE"]),
            "least": text(skew["MIN_K_STAR"]),
            "width": text(skew["MIN_WIDTH_SCALE"]),
            "static": text(skew["VOL_PARAM_STATIC"]),
            "scale": text(skew["VOL_PARAM_SCALE"]),
        },
        discount={
            "long_base": text(margin["BASE_STATIC_DISCOUNT"]),
            "long_rate": text(margin["LONG_RATE_MULTSCALE"]),
            "long_add": text(margin["LONG_RATE_ADDSCALE"]),
            "short_base": text(margin["BASE_STATIC_DISCOUNT_NEG"]),
            "short_rate": text(margin["SHORT_RATE_MULTSCALE"]),
            "short_add": text(margin["SHORT_RATE_ADDSCALE"]),
        },
        basis={
            "up": text(Decimal(basis["SCENARIO_SPOT_UP"]) - 1),
            "down": text(Decimal(basis["SCENARIO_SPOT_DOWN"]) - 1),
            "add": text(basis["BASIS_CONT_ADD_FACTOR"]),
            "per_year": text(basis["BASIS_CONT_MULT_FACTOR"]),
        },
        confidence={"threshold": text(other["CONF_THRESHOLD"]), "factor": text(other["CONF_MARGIN"])},
        peg={"threshold": text(other["PEG_LOSS_THRESHOLD"]), "factor": text(other["PEG_LOSS_FACTOR"])},
        levels=[
            {
                "name": "initial",
                "loss_factor": text(margin["IM_LOSS_FACTOR"]),
                "linear": plus(other["MM_PERP_PERCENT"], other["IM_PERP_PERCENT"]),
                "naked_options": plus(other["MM_OPTION_PERCENT"], other["IM_OPTION_PERCENT"]),
                "peg": True,
                "confidence": True,
            },
            {
                "name": "maintenance",
                "loss_factor": text(margin["MM_LOSS_FACTOR"]),
                "linear": text(other["MM_PERP_PERCENT"]),
                "naked_options": text(other["MM_OPTION_PERCENT"]),
            },
        ],
        collateral=[
            {
                "asset": asset["Name"],
                "underlying": BASE,
                "offsets": asset["IsRiskCancelling"],
                "haircuts": [plus(asset["MMHaircut"], asset["IMHaircut"]), text(asset["MMHaircut"])],
            }
            for asset in sorted(case["account"]["Collaterals"], key=lambda asset: asset["Name"])
        ],
        value_decimals=9,
        factor_decimals=14,
    )


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
    prices = [{"symbol": "USDC", "price": "1"}]
    prices += [
        {
            "symbol": asset["Name"],
            "price": quotient(asset["Price"], account["StablePrice"]),
            "confidence": text(asset["Confidence"]),
        }
        for asset in account["Collaterals"]
    ]
    prices += [
        {"symbol": PERPETUAL, "price": text(account["PerpPrice"]), "confidence": text(account["PerpConfidence"])}
    ]
    prices += [
        {"symbol": symbol(option), "price": "0", "volatility": text(option["MarkVol"])} for option in account["Options"]
    ]
    expiries = {option["Expiry"] for option in account["Options"]}
    return Snapshot.build(
        book=book.digest,
        time=time_after("0"),
        source="published test cases",
        stable_price=text(account["StablePrice"]),
        instruments=prices,
        underlyings=[
            {"asset": BASE, "index": text(account["SpotPrice"]), "confidence": text(account["SpotConfidence"])}
        ],
        expiries=[
            expiry_row(feed)
            for feed in sorted(account["OptionFeeds"], key=lambda feed: int(feed["FeedExpiry"]))
            if feed["FeedExpiry"] in expiries
        ],
    )


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
