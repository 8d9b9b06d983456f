"""A tree and a schema -> the tree as the schema wants it, and every repair on the way."""

from structgen.parse.align.aligner import IGNORED, Aligner, Decode, Sound, is_call
from structgen.parse.align.fit import Fit
from structgen.parse.align.shape import Shape, letters, shape_of

__all__ = ["IGNORED", "Aligner", "Decode", "Fit", "Shape", "Sound", "is_call", "letters", "shape_of"]
