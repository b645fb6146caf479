"""The public documents (`Book`, `Snapshot`, `ModelParameters`) and the private `Portfolio`, and the doors to each."""

from zkmargin.circuits.documents.base import Document, Part, epoch_seconds
from zkmargin.circuits.documents.book import Book, Entry
from zkmargin.circuits.documents.numbers import decimal_from_text, decimal_text, from_units
from zkmargin.circuits.documents.parameters import ModelParameters
from zkmargin.circuits.documents.portfolio import Portfolio, Position, import_json
from zkmargin.circuits.documents.snapshot import Expiry, Instrument, Scenarios, Snapshot, Underlying
from zkmargin.circuits.documents.symbols import Symbol, parse_symbol
from zkmargin.circuits.documents.tables import import_csv

__all__ = [
    "Book",
    "Document",
    "Entry",
    "Expiry",
    "Instrument",
    "ModelParameters",
    "Part",
    "Portfolio",
    "Position",
    "Scenarios",
    "Snapshot",
    "Symbol",
    "Underlying",
    "decimal_from_text",
    "decimal_text",
    "epoch_seconds",
    "from_units",
    "import_csv",
    "import_json",
    "parse_symbol",
]
