"""What every file of model parameters says about itself; each margin family adds its own fields."""

from __future__ import annotations

from typing import ClassVar, Literal

from zkmargin.circuits.documents.base import Date, Document, Name, Text


class ModelParameters(Document):
    """Where the numbers of a margin rule come from. `family` names the rule that reads them."""

    FORMAT: ClassVar[str] = "zkmargin model"

    format: Literal["zkmargin model"]
    family: str
    name: Name
    engine: Name
    source: Text
    as_of: Date

    @property
    def notice(self) -> str:
        """The words that go with every use of another engine's numbers."""
        return f"as published ({self.source}, as of {self.as_of}); not endorsed by {self.engine}"
