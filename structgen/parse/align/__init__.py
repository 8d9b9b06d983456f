"""Align a tree with the schema: the tree as the schema wants it, and a repair for each change."""

from structgen.parse.align.aligner import Accepted, Aligner, Decode
from structgen.parse.align.fit import Fit, is_call
from structgen.parse.align.shape import Shape, shape_of

__all__ = ["Accepted", "Aligner", "Decode", "Fit", "Shape", "is_call", "shape_of"]
