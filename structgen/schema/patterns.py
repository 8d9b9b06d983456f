"""Match the patterns of schemas in linear time: no hostile pattern or text can hang the process.

The engine of pydantic-core (Rust's regex) does most of the work. Our own engine, which is slower but also linear,
matches what Rust's does not support, mainly look-around, and the few signs that have another meaning there than in
ECMA-262.
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
"""Classes with another meaning in Rust than in ECMA-262: empty ones, and those with a bracket or a set operation."""


@lru_cache(maxsize=2048)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Return a function that searches a text for a pattern. Raises SchemaError if the pattern cannot be used.

    The function raises PatternTooCostly if the text is too long for a large pattern with look-around.
    """
    if not _OTHER_MEANING.search(pattern):
        try:
            return SchemaValidator(core_schema.str_schema(pattern=pattern)).isinstance_python
        except (CoreError, UnicodeEncodeError):
            pass  # the fast engine does not support the pattern, so our own tries it
    try:
        return compile_search(pattern)
    except PatternError as error:
        raise SchemaError(f"the pattern /{pattern[:80]}/ has {error}") from None
    except RecursionError:
        raise SchemaError("a pattern is nested too deep") from None
