"""Looking for private values in what was printed."""

from __future__ import annotations

import re
from collections.abc import Iterable


def told(hidden: Iterable[str], text: str) -> list[str]:
    """Which of these stand in a text by themselves: in a digest, any digits may stand by chance."""
    return [one for one in hidden if re.search(rf"(?<![0-9a-f]){re.escape(one)}(?![0-9a-f])", text)]
