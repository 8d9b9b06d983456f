"""Says in one plain line what Pydantic found wrong with a file."""

from __future__ import annotations

from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


def first_mistake(error: ValidationError, model: type[BaseModel]) -> str:
    """The first mistake: where it stands and what belongs there. A wrong key comes with the ones that are allowed."""
    details = error.errors(include_url=False)
    wrong = next((each for each in details if each["type"] == "extra_forbidden"), None)
    if wrong is not None and len(wrong["loc"]) == 1:
        return _wrong_key(str(wrong["loc"][0]), model)
    return _plain(wrong or details[0])


def _wrong_key(key: str, model: type[BaseModel]) -> str:
    allowed = [field.alias or name for name, field in model.model_fields.items()]
    close = get_close_matches(key, allowed, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"{key!r} is no key of it.{hint} The keys are: {', '.join(allowed)}."


def _plain(details: ErrorDetails) -> str:
    place = "/".join(str(step) for step in details["loc"])
    message = details["msg"].removeprefix("Value error, ")
    return f"{place}: {message}." if place else f"{message}."
