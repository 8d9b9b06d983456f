"""Where in the text each value comes from: value + text -> Evidence. Pure.

`locate` finds the place of every leaf; `passage` gives the sentences around places that were found.
"""

from structgen.ground.locate import locate
from structgen.ground.passage import passage

__all__ = ["locate", "passage"]
