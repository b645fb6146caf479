"""Parameter files: every refusal names its field, every family parses its own presets and nobody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from zkmargin.circuits.errors import InvalidInput, UnsupportedVersion
from zkmargin.circuits.models import FAMILIES, parse_model
from zkmargin.circuits.models.presets import PRESETS, preset

Change = Callable[[dict[str, Any]], object]


def fields(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(preset(name).canonical())
    return found


def put(*path: Any) -> Change:
    *places, last, value = path

    def change(document: dict[str, Any]) -> None:
        at: Any = document
        for place in places:
            at = at[place]
        at[last] = value

    return change


GRID: dict[str, tuple[Change, str]] = {
    "scenario_named_twice": (put("scenarios", 1, "name", "spot +0.18 vol up"), "scenarios[1].name: is taken"),
    "reserved_name": (put("scenarios", 1, "name", "basis up"), "scenarios[1].name: is taken"),
    "skew_without_terms": (lambda d: d.pop("skew"), "scenarios[29].volatility: skew needs"),
    "skew_that_moves": (put("scenarios", 29, "move", "0.1"), "scenarios[29].volatility: skew needs"),
    "shock_without_terms": (lambda d: d.pop("shocks"), "scenarios[0].volatility: the field shocks is needed"),
    "levels_out_of_order": (lambda d: d["levels"].reverse(), "levels[1]: is out of order"),
    "level_twice": (lambda d: d["levels"].append(d["levels"][1]), "levels[2]: is out of order"),
    "peg_without_terms": (lambda d: d.pop("peg"), "peg: is needed by a level"),
    "confidence_without_terms": (lambda d: d.pop("confidence"), "confidence: is needed by a level"),
    "haircuts_of_two_levels": (
        put("collateral", [{"asset": "A", "underlying": "A", "haircuts": ["0"]}]),
        "collateral[0].haircuts: one is needed for each level",
    ),
    "collateral_out_of_order": (
        put("collateral", [{"asset": one, "underlying": "A", "haircuts": ["0", "0"]} for one in "BA"]),
        "collateral[1]: is out of order",
    ),
    "range_twice": (put("ranges", [{"underlying": "A", "range": "1"}] * 2), "ranges[1]: is out of order"),
    "no_scenarios": (put("scenarios", []), "scenarios: "),
    "weight_below_zero": (put("scenarios", 0, "weight", "-1"), "scenarios[0].weight: must not be negative"),
    "unknown_move": (put("scenarios", 0, "volatility", "sideways"), "scenarios[0].volatility: "),
    "haircut_above_one": (
        put("collateral", [{"asset": "A", "underlying": "A", "haircuts": ["0", "1.1"]}]),
        "collateral[0].haircuts[1]: must not be above one",
    ),
    "name_of_another_family": (put("family", "linear-cross"), "markets: is missing"),
    "a_day_that_is_none": (put("as_of", "2026-02-30"), "as_of: not a date"),
}

LINEAR: dict[str, tuple[Change, str]] = {
    "market_twice": (lambda d: d["markets"].append(d["markets"][0]), "markets[5].symbol: stands here a second time"),
    "bounds_missing": (put("markets", 0, "bounds", []), "markets[0].bounds: one fewer than rates"),
    "bounds_fall": (
        lambda d: d["markets"][0].update(rates=["1", "2", "3"], bounds=["5", "5"]),
        "markets[0].bounds[1]: is out of order",
    ),
    "shares_of_one_level": (put("markets", 0, "shares", ["1"]), "markets[0].shares: one is needed for each level"),
    "levels_out_of_order": (lambda d: d["levels"].reverse(), "levels: are out of order"),
    "open_interest_upside_down": (
        put("markets", 4, "open_interest", {"lower": "5", "upper": "5"}),
        "markets[4].open_interest.upper: must be above lower",
    ),
    "open_interest_and_tiers": (
        put("markets", 0, "open_interest", {"lower": "5", "upper": "6"}),
        "markets[0].open_interest: rates by tier",
    ),
    "rounded_values_by_amount": (
        lambda d: d.update(tiers_by="amount", value_decimals=2),
        "tiers_by: tiers by amount need values without rounding",
    ),
    "rounded_requirements_of_exact_values": (
        lambda d: d.update(price_unit=8, requirement_decimals=2),
        "requirement_decimals: rounded requirements need",
    ),
    "unit_zero": (put("rate_unit", 0), "rate_unit: "),
    "unit_as_text": (put("rate_unit", "60"), "rate_unit: should be a valid integer"),
    "rounding_unknown": (put("value_rounding", "nearest"), "value_rounding: "),
    "rate_below_zero": (put("markets", 4, "rates", ["-0.1"]), "markets[4].rates[0]: must not be negative"),
}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [pytest.param("derive-pmrm2", *one, id=f"grid-{key}") for key, one in GRID.items()]
    + [pytest.param("hyperliquid", *one, id=f"linear-{key}") for key, one in LINEAR.items()],
)
def test_refused_with_its_path(name: str, change: Change, message: str) -> None:
    document = fields(name)
    change(document)
    with pytest.raises(InvalidInput) as caught:
        parse_model(json.dumps(document))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", PRESETS)
def test_any_family_is_parsed_by_its_name(name: str) -> None:
    model = preset(name)
    found = parse_model(model.canonical())
    assert found == model
    assert type(found) is FAMILIES[found.family]
    assert found.digest == model.digest


@pytest.mark.parametrize("text", ["[]", "{}", '{"family": 5}', '{"family": "astrology"}', '"linear-cross"'])
def test_families_are_named(text: str) -> None:
    with pytest.raises(InvalidInput, match="family: there are linear-cross"):
        parse_model(text)


def test_versions_of_models() -> None:
    with pytest.raises(UnsupportedVersion):
        parse_model(json.dumps(fields("starkex") | {"version": 2}))


def test_unknown_presets() -> None:
    with pytest.raises(InvalidInput, match="preset: there are starkex"):
        preset("moon")


def test_every_number_of_a_model_is_part_of_its_digest() -> None:
    """Changing any decimal of a preset changes the digest: a proof names the parameters it is about."""
    document = fields("derive-pmrm2")
    seen = {preset("derive-pmrm2").digest}
    places: list[tuple[Any, Any]] = []

    def collect(value: Any) -> None:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(item, (dict, list)):
                collect(item)
            elif isinstance(item, str) and item.replace(".", "").isdigit():
                places.append((value, key))

    collect(document)
    assert len(places) > 80
    for holder, key in places:
        before = holder[key]
        holder[key] = before + "1" if "." in before else before + ".1"
        try:
            seen.add(parse_model(json.dumps(document)).digest)
        except InvalidInput:
            seen.add(f"refused {key} {len(seen)}")
        holder[key] = before
    assert len(seen) == len(places) + 1
