"""Find where in the text each value comes from: a value and a text give Evidence. Pure.

`locate` finds the place of every leaf, `locate_quoted` by the quotes that a model gave for them, and `locate_in_part`
in a part of a longer text and the lines above it that it depends on. `other_places` finds where else an ambiguous value
may be. `quote_example` returns a worked example with quotes, `passage` the sentences around places that were found.
"""

from structgen.ground.locate import Others, locate, other_places
from structgen.ground.passage import passage
from structgen.ground.quotes import locate_in_part, locate_quoted, quote_example

__all__ = ["Others", "locate", "locate_in_part", "locate_quoted", "other_places", "passage", "quote_example"]
