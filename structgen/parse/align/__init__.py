"""A tree and a schema -> the tree as the schema wants it, and every repair on the way."""

from structgen.parse.align.aligner import Aligner, Decode, Sound
from structgen.parse.align.fit import Fit, is_call
from structgen.parse.align.shape import Shape, shape_of

__all__ = ["Aligner", "Decode", "Fit", "Shape", "Sound", "is_call", "shape_of"]
