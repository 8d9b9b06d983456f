"""Whether a server supports, ignores or refuses a mode."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from structgen.core.options import Mode


class Support(StrEnum):
    """How a server handles a mode."""

    TAKEN = "taken"
    """It accepts the request, and the answer has the form that the mode promises."""
    IGNORED = "ignored"
    """It accepts the request, but the answer has another form."""
    REFUSED = "refused"
    """It rejects the request."""


@dataclass(frozen=True, slots=True)
class Learned:
    """How a server handles one mode, and its message if it refuses the mode."""

    mode: Mode
    support: Support
    said: str = ""
