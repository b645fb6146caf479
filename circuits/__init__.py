"""What is proved: a margin rule written once, as exact fixed-point arithmetic over private holdings.

    import zkmargin.circuits as zk

The names are those quants know from numpy and CVXPY; see docs/circuits.md.
"""

from zkmargin.circuits.atoms.absolute import absolute as abs
from zkmargin.circuits.atoms.choice import where
from zkmargin.circuits.atoms.largest import sum_largest
from zkmargin.circuits.atoms.maximum import both, either, maximum, minimum, neg, pos
from zkmargin.circuits.atoms.maximum import largest as max
from zkmargin.circuits.atoms.maximum import smallest as min
from zkmargin.circuits.atoms.product import square
from zkmargin.circuits.atoms.quotient import divide, floor_div, rescale
from zkmargin.circuits.atoms.ranked import kth_largest
from zkmargin.circuits.atoms.root import norm2, sqrt
from zkmargin.circuits.atoms.segments import steps, tiers, whole_tiers
from zkmargin.circuits.compiler import Compiled, compile_rule
from zkmargin.circuits.expression import Comparison, Quantity, concatenate, require, stack
from zkmargin.circuits.fixed import Amount, Fixed, Rounding, against_account, favouring_account
from zkmargin.circuits.rule import Evaluation, Holdings, Line, RequirementFailed, TracedRule, trace_rule
from zkmargin.circuits.trace import Entry

__all__ = [
    "Amount",
    "Comparison",
    "Compiled",
    "Entry",
    "Evaluation",
    "Fixed",
    "Holdings",
    "Line",
    "Quantity",
    "RequirementFailed",
    "Rounding",
    "TracedRule",
    "abs",
    "against_account",
    "both",
    "compile_rule",
    "concatenate",
    "divide",
    "either",
    "favouring_account",
    "floor_div",
    "kth_largest",
    "max",
    "maximum",
    "min",
    "minimum",
    "neg",
    "norm2",
    "pos",
    "require",
    "rescale",
    "sqrt",
    "square",
    "stack",
    "steps",
    "sum_largest",
    "tiers",
    "trace_rule",
    "where",
    "whole_tiers",
]
