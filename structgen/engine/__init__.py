"""The straight line, written once (flow.py), and its drivers (drive.py)."""

from structgen.engine.drive import adrive, drive
from structgen.engine.flow import Line, Send, extraction

__all__ = ["Line", "Send", "adrive", "drive", "extraction"]
