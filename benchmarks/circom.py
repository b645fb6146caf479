"""The peer's circuit: the same rows in circom, with the coefficients as constants.

It shows less than a proof of ours: the entries are private and in range, the slacks are in range, every row holds;
but the entries are not tied to any commitment, which would cost the peer more constraints.
"""

from __future__ import annotations

from cases import ENTRY_LANES, SLACK_LANES, Case

from zkmargin.circuits.system import LANE_BITS

ENTRY_BITS = LANE_BITS * ENTRY_LANES
SLACK_BITS = LANE_BITS * SLACK_LANES

BITS = """pragma circom 2.1.0;

template Bits(n) {
    signal input value;
    signal bit[n];
    var sum = 0;
    for (var i = 0; i < n; i++) {
        bit[i] <-- (value >> i) & 1;
        bit[i] * (bit[i] - 1) === 0;
        sum += bit[i] * (1 << i);
    }
    sum === value;
}
"""


def circuit(case: Case) -> str:
    """Bits of all entries and slacks, and the rows between them. One public input stands for the context."""
    rows = case.coefficients.tolist()
    constants = (f"function row{s}() {{\n    return [{', '.join(map(str, row))}];\n}}\n" for s, row in enumerate(rows))
    body = "\n".join(_row(s, case.entries) for s in range(case.rows))
    return f"""{BITS}
{"".join(constants)}
template Margin() {{
    signal input context;
    signal input entry[{case.entries}];
    signal bound <== context * context;
    component entries[{case.entries}];
    for (var i = 0; i < {case.entries}; i++) {{
        entries[i] = Bits({ENTRY_BITS});
        entries[i].value <== entry[i] + (1 << {ENTRY_BITS - 1});
    }}
    component slacks[{case.rows}];
    var total;
{body}
}}

component main {{public [context]}} = Margin();
"""


def _row(s: int, entries: int) -> str:
    return f"""    var c{s}[{entries}] = row{s}();
    total = 0;
    for (var i = 0; i < {entries}; i++) {{ total += c{s}[i] * entry[i]; }}
    slacks[{s}] = Bits({SLACK_BITS});
    slacks[{s}].value <== total;"""


def inputs(case: Case) -> dict[str, object]:
    """The peer's private and public input, as snarkjs reads it."""
    return {"context": "1", "entry": [str(value) for value in case.holdings[0].tolist()]}
