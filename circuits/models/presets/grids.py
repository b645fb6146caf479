"""Portfolio margins on a scenario grid."""

from __future__ import annotations

from typing import Any

from zkmargin.circuits.models.scenario_grid import ScenarioGrid

AS_OF = "2026-11-20"
PARADEX_TAILS = [("-0.66", "0.18"), ("-0.33", "0.36"), ("0.5", "0.24"), ("1", "0.12"), ("2", "0.06"), ("3", "0.04")]
PARADEX_TAILS += [("4", "0.03"), ("5", "0.024")]

Rows = list[dict[str, str]]


def derive_pmrm2() -> ScenarioGrid:
    """Derive's PMRM_2 with the parameters of its repository: 23 rows to 18 per cent, six tails, two skews.

    The venue's documentation lists wider tails (-66 % at 0.21 to +500 % at 0.027) and larger grids for some assets.
    """
    inner: Rows = []
    for step in ("0.135", "0.09", "0.045", "0", "-0.045", "-0.09", "-0.135"):
        inner += [scenario(step, volatility) for volatility in ("down", "none", "up")]
    tails = [("-0.66", "0.054545455"), ("-0.33", "0.109090909"), ("0.5", "0.072")]
    tails += [("1", "0.036"), ("2", "0.018"), ("3", "0.012")]
    skews = [{"name": name, "move": "0", "volatility": name} for name in ("skew linear", "skew absolute")]
    return ScenarioGrid.build(
        family="scenario-grid",
        name="derive-pmrm2",
        engine="Derive",
        source="derivexyz/v2-core 7736900d, PMRM_2.sol, PMRMLib_2.sol and its test parameters",
        as_of=AS_OF,
        scenarios=[
            scenario("0.18", "up"),
            *inner,
            scenario("-0.18", "up"),
            *(scenario(move, "up", weight) for move, weight in tails),
            *skews,
        ],
        shocks=shocks("0.5", "0.275", minimum="0.45"),
        skew={
            "linear_base": "0.15",
            "linear_slope": "-0.05",
            "absolute_base": "0.15",
            "absolute_slope": "-0.05",
            "least": "0.01",
            "width": "4",
            "static": "0.6",
            "scale": "-0.1",
        },
        discount={
            "long_base": "0.95",
            "long_rate": "1",
            "long_add": "0.08",
            "short_base": "1.04",
            "short_rate": "0.5",
            "short_add": "0.08",
        },
        basis={"up": "0.045", "down": "-0.045", "add": "0.5", "per_year": "2"},
        confidence={"threshold": "0.55", "factor": "1"},
        peg={"threshold": "0.98", "factor": "2"},
        levels=[
            {
                "name": "initial",
                "loss_factor": "1",
                "linear": "0.02",
                "naked_options": "0.005",
                "peg": True,
                "confidence": True,
            },
            {"name": "maintenance", "loss_factor": "0.8", "linear": "0.015", "naked_options": "0.003"},
        ],
        value_decimals=4,
        factor_decimals=6,
    )


def deribit_pm() -> ScenarioGrid:
    """Deribit's portfolio margin for BTC: 16 per cent in nine steps, three volatilities, extended rows damped.

    The damping of the extended rows is not published; Paradex's, which is, stands in. Not included: the charges on
    offsetting futures and vega offsets, netting across currencies, and the multiple for initial margin.
    """
    moves = ["-0.16", "-0.12", "-0.08", "-0.04", "0", "0.04", "0.08", "0.12", "0.16"]
    return ScenarioGrid.build(
        family="scenario-grid",
        name="deribit-pm",
        engine="Deribit",
        source="Deribit knowledge base, portfolio margin; damping of the extended rows assumed",
        as_of=AS_OF,
        scenarios=[
            *(scenario(move, volatility) for move in moves for volatility in ("down", "none", "up")),
            *(scenario(move, "up", weight) for move, weight in PARADEX_TAILS),
        ],
        shocks=shocks("0.5", "0.25"),
        levels=[{"name": "maintenance", "loss_factor": "1", "naked_options": "0.01"}],
        value_decimals=4,
    )


def okx_pm() -> ScenarioGrid:
    """OKX portfolio margin, the parts a grid expresses: the spot and volatility grid, extreme moves at half, a floor.

    Not included: the theta, vega, basis and rate terms (MR2 to MR5), borrowing and the stable-coin term (MR8, MR9), and
    the size tiers of the minimum charge (MR7). Volatility moves and the initial multiple of 1.3 are assumed.
    """
    moves = ["-0.12", "-0.08", "-0.04", "0", "0.04", "0.08", "0.12"]
    extremes = ["-0.5", "-0.36", "-0.24", "0.24", "0.36", "0.5"]
    return ScenarioGrid.build(
        family="scenario-grid",
        name="okx-pm",
        engine="OKX",
        source="OKX help centre, portfolio margin mode: MR1, MR6 and part of MR7; volatility moves assumed",
        as_of=AS_OF,
        scenarios=[
            *(scenario(move, volatility) for move in moves for volatility in ("down", "none", "up")),
            *(scenario(move, "none", "0.5") for move in extremes),
        ],
        shocks=shocks("0.3", "0.25"),
        floor={"short_options": "0.02"},
        levels=[{"name": "initial", "loss_factor": "1.3"}, {"name": "maintenance", "loss_factor": "1"}],
        value_decimals=4,
    )


def paradex_pm() -> ScenarioGrid:
    """Paradex portfolio margin: 16 scan rows, eight tails, and the delta floor.

    Not included: the provisions for fees and for eight hours of funding, which come on top.
    """
    moves = ["-0.16", "-0.12", "-0.08", "-0.04", "0.04", "0.08", "0.12", "0.16"]
    return ScenarioGrid.build(
        family="scenario-grid",
        name="paradex-pm",
        engine="Paradex",
        source="tradeparadex/paradex-docs 9b82a75a, fern/pages/risk-system",
        as_of=AS_OF,
        scenarios=[
            *(scenario(move, volatility) for move in moves for volatility in ("down", "up")),
            *(scenario(move, "none", weight) for move, weight in PARADEX_TAILS),
        ],
        shocks=shocks("0.4", "0.22"),
        minimum_delta={"net": "0.02", "hedged": "0.01"},
        levels=[{"name": "initial", "loss_factor": "1"}, {"name": "maintenance", "loss_factor": "0.5"}],
        value_decimals=4,
    )


def span_like() -> ScenarioGrid:
    """Sixteen rows in the manner of SPAN: thirds of a price range, volatility up and down, two extremes at 33 per cent.

    Price ranges are the user's own. Not included: calendar charges, inter-commodity credits, delivery charges.
    """
    thirds = ["0", "0.333333", "-0.333333", "0.666667", "-0.666667", "1", "-1"]
    return ScenarioGrid.build(
        family="scenario-grid",
        name="span-like",
        engine="CME",
        source="public descriptions of SPAN risk arrays; ranges and floors are examples",
        as_of=AS_OF,
        scenarios=[
            *(scenario(move, volatility) for move in thirds for volatility in ("up", "down")),
            scenario("3", "none", "0.33"),
            scenario("-3", "none", "0.33"),
        ],
        default_range="0.15",
        shocks={"up": "0.25", "down": "0.25", "short_power": "0", "long_power": "0"},
        floor={"short_options": "0.03"},
        levels=[{"name": "initial", "loss_factor": "1.1"}, {"name": "maintenance", "loss_factor": "1"}],
        value_decimals=4,
    )


def tims_like() -> ScenarioGrid:
    """Ten equidistant moves over 15 per cent, volatility unchanged, and at least 0.375 for each unit of multiplier."""
    moves = ["-0.15", "-0.12", "-0.09", "-0.06", "-0.03", "0.03", "0.06", "0.09", "0.12", "0.15"]
    return ScenarioGrid.build(
        family="scenario-grid",
        name="tims-like",
        engine="OCC",
        source="FINRA rule 4210(g), equities and narrow indices; offsets between product groups are not included",
        as_of=AS_OF,
        scenarios=[scenario(move, "none") for move in moves],
        floor={"option": "0.375", "linear": "0.375"},
        levels=[{"name": "maintenance", "loss_factor": "1"}],
        value_decimals=4,
    )


def scenario(move: str, volatility: str, weight: str = "1") -> dict[str, str]:
    """A row named after what it does."""
    sign = "" if move.startswith("-") else "+"
    return {"name": f"spot {sign}{move} vol {volatility}", "move": move, "volatility": volatility, "weight": weight}


def shocks(up: str, down: str, minimum: str = "0") -> dict[str, Any]:
    """Volatility shocks scaled by (30 days / tenor)^0.3 up to 30 days and ^0.13 after."""
    return {"up": up, "down": down, "short_power": "0.3", "long_power": "0.13", "minimum": minimum}
