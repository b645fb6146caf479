"""Linear cross margin of perpetual venues."""

from __future__ import annotations

from zkmargin.circuits.models.linear import LinearCross

TWO_28, TWO_32 = 1 << 28, 1 << 32
AS_OF = "2026-11-20"


def starkex() -> LinearCross:
    """StarkEx perpetual. Arithmetic as in the contract; the rate of 5 per cent stands for an operator's own settings.

    Prices are 32.32 and risk factors 0.32 numbers, written as the integers they are stored as; the price of one unit of
    collateral is 2^32. Nothing is rounded, and equity equal to the requirement is healthy.
    """
    return LinearCross.build(
        family="linear-cross",
        name="starkex",
        engine="StarkWare",
        source="starkware-libs/stark-perpetual 40f0282, position/status.cairo; risk factors are set by each operator",
        as_of=AS_OF,
        tiers="step",
        tiers_by="amount",
        price_unit=TWO_32,
        rate_unit=TWO_32,
        levels=[{"name": "maintenance"}],
        markets=[{"symbol": "*", "rates": ["214748365"]}],
        funding={"unit": TWO_32, "decimals": 0, "rounding": "down"},
    )


def starknet_perpetual() -> LinearCross:
    """Starknet perpetual contracts. Values truncated and risks rounded down, asset by asset.

    Prices are 28-bit fixed-point integers. The rates stand for an operator's own settings.
    """
    return LinearCross.build(
        family="linear-cross",
        name="starknet-perpetual",
        engine="Extended",
        source="x10xchange/starknet-perpetual b132070a, value_risk_calculator.cairo; factors are set by the operator",
        as_of=AS_OF,
        tiers="step",
        tiers_by="notional",
        bounds_belong="above",
        price_unit=TWO_28,
        rate_unit=1000,
        value_decimals=6,
        value_rounding="towards zero",
        requirement_decimals=6,
        requirement_rounding="down",
        levels=[{"name": "maintenance"}],
        markets=[{"symbol": "*", "rates": ["10", "20", "40"], "bounds": ["1000000", "5000000"]}],
        funding={"unit": TWO_32, "decimals": 6, "rounding": "down"},
    )


def dydx_v4() -> LinearCross:
    """dYdX v4. Values truncated, requirements rounded up; maintenance ignores open interest."""
    return LinearCross.build(
        family="linear-cross",
        name="dydx-v4",
        engine="dYdX",
        source="dydxprotocol/v4-chain 84d4664b, x/perpetuals/lib, lib/margin; liquidity tier Large-Cap of its genesis",
        as_of=AS_OF,
        rate_unit=1_000_000,
        rate_decimals=0,
        value_decimals=6,
        value_rounding="towards zero",
        requirement_decimals=6,
        requirement_rounding="up",
        levels=[
            {"name": "initial", "open_interest": True},
            {"name": "maintenance", "share": "0.6", "idle": True},
        ],
        markets=[{"symbol": "*", "rates": ["50000"]}],
        funding={"decimals": 6, "rounding": "down"},
    )


def hyperliquid() -> LinearCross:
    """Hyperliquid. Marginal tiers; maintenance is half the initial rate at the highest leverage. Rates are sixtieths.

    Not included: the leverage a trader chooses below the highest, and the tenth of notional kept back at withdrawals.
    """
    tiers = {"BTC": ("40", "20", "150000000"), "ETH": ("25", "15", "100000000")}
    tiers |= {"SOL": ("20", "10", "70000000"), "XRP": ("20", "10", "40000000")}
    sixtieths = {"40": "0.75", "25": "1.2", "20": "1.5", "15": "2", "10": "3"}
    return LinearCross.build(
        family="linear-cross",
        name="hyperliquid",
        engine="Hyperliquid",
        source="hyperliquid.gitbook.io trading/margining and margin-tiers; markets not listed at 10x",
        as_of=AS_OF,
        tiers="marginal",
        rate_unit=60,
        levels=[{"name": "initial", "share": "2"}, {"name": "maintenance"}],
        markets=[
            {"symbol": f"{base}/USDC:USDC", "rates": [sixtieths[low], sixtieths[high]], "bounds": [bound]}
            for base, (low, high, bound) in tiers.items()
        ]
        + [{"symbol": "*", "rates": ["3"]}],
        funding={"decimals": 6, "rounding": "down"},
    )
