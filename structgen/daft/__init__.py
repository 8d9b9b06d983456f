"""Extraction as a column of a Daft DataFrame, on one machine or on a Ray cluster. Needs ``structgen[cluster]``."""

from structgen.daft.column import extract

__all__ = ["extract"]
