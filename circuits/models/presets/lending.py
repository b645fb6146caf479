"""Weighted health of lending-style venues: the shapes are the engines' own, the weights those of their test markets."""

from __future__ import annotations

from zkmargin.circuits.models.weighted import WeightedHealth

AS_OF = "2026-11-20"


def drift_v2() -> WeightedHealth:
    """Drift v2: SOL and a SOL perpetual against USDC, with its roundings, size curves, and the cap on profit.

    Not included: high-leverage mode, the average of initial and maintenance for fills, and the charge by the number of
    open orders (a level can carry a fixed amount for them).
    """
    return WeightedHealth.build(
        family="weighted-health",
        name="drift-v2",
        engine="Drift",
        source="drift-labs/protocol-v2 0ae3e3b1, programs/drift/src/math/margin.rs; weights of its test markets",
        as_of=AS_OF,
        tokens=[
            {"asset": "USDC", "assets": ["1", "1"], "liabilities": ["1", "1"], "is_quote": True},
            {
                "asset": "SOL",
                "assets": ["0.8", "0.9"],
                "liabilities": ["1.2", "1.1"],
                "deposit_cap": "500000",
                "asset_curve": 1000,
                "liability_curve": 1000,
            },
        ],
        perpetuals=[
            {
                "symbol": "SOL/USD:USDC",
                "settles": "USDC",
                "ratios": ["0.1", "0.05"],
                "profits": ["1", "1"],
                "profit_cap": "100",
                "ratio_curve": 1000,
                "profit_curve": 1000,
            }
        ],
        levels=[
            {"name": "initial", "strict": True, "caps": True, "curves": True, "profit_caps": True},
            {"name": "maintenance", "curves": True},
        ],
        spot_orders="legs",
        decimals=6,
    )


def mango_v4() -> WeightedHealth:
    """Mango v4: three tokens, a perpetual that settles into the first, and spot orders that reserve funds.

    Not included: its middle level (where liquidation ends), and bounds from the prices of resting orders.
    """
    return WeightedHealth.build(
        family="weighted-health",
        name="mango-v4",
        engine="Mango",
        source="blockworks-foundation/mango-v4 1303a4a1, health/cache.rs; weights of its test banks",
        as_of=AS_OF,
        tokens=[
            {"asset": "USDC", "assets": ["0.8", "0.9"], "liabilities": ["1.2", "1.1"]},
            {"asset": "SOL", "assets": ["0.5", "0.7"], "liabilities": ["1.5", "1.3"], "deposit_cap": "5000"},
            {"asset": "ETH", "assets": ["0.5", "0.7"], "liabilities": ["1.5", "1.3"], "deposit_cap": "10000"},
        ],
        perpetuals=[
            {
                "symbol": "SOL/USD:USDC",
                "settles": "USDC",
                "assets": ["0.8", "0.9"],
                "liabilities": ["1.2", "1.1"],
                "profits": ["0.95", "0.98"],
            }
        ],
        levels=[{"name": "initial", "strict": True, "caps": True}, {"name": "maintenance"}],
        spot_orders="reserved",
    )
