"""Schema + text -> Request: the words that a model reads, and the parameters around them. Pure: nothing is sent."""

from structgen.compile.delimit import delimited
from structgen.compile.request import Brief, Input, compile_brief, resolve_mode

__all__ = ["Brief", "Input", "compile_brief", "delimited", "resolve_mode"]
