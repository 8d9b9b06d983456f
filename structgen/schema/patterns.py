"""Regular expressions of schemas, matched in linear time: a hostile pattern or text cannot hang the process.

The engine of pydantic-core (Rust's regex) does the work. What it has no words for, look-around above all, and the few
signs that mean something else to it than to ECMA-262, our own engine matches: slower, as linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from pydantic_core import SchemaError as CoreError
from pydantic_core import SchemaValidator, core_schema

from structgen.core.errors import SchemaError
from structgen.schema.regex import PatternError, PatternTooCostly, compile_search

__all__ = ["PatternTooCostly", "matcher"]

_OTHER_MEANING = re.compile(r"\[\^?\]|\[(?:\\.|[^\]\\])*?(?:\[|&&|--|~~)", re.DOTALL)
"""Classes that Rust reads otherwise than ECMA-262: empty ones, and those with a bracket or a set operation inside."""


@lru_cache(maxsize=2048)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Whether a pattern is found in a text, as a function; SchemaError where the pattern cannot be used.

    The function raises PatternTooCostly for a text too long for a pattern that is large and uses look-around.
    """
    if not _OTHER_MEANING.search(pattern):
        try:
            return SchemaValidator(core_schema.str_schema(pattern=pattern)).isinstance_python
        except (CoreError, UnicodeEncodeError):
            pass
    try:
        return compile_search(pattern)
    except PatternError as error:
        raise SchemaError(f"the pattern /{pattern[:80]}/ has {error}") from None
    except RecursionError:
        raise SchemaError("a pattern is nested too deep") from None
