"""A `response_model` of instructor -> the schema that the model is asked for, and the value that the user gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast, get_args, get_origin

from instructor.v2.core.response_model import is_typed_dict, prepare_response_model
from instructor.v2.dsl.partial import PartialBase
from instructor.v2.dsl.response_list import ListResponse
from instructor.v2.validation.async_validators import reject_async_validators
from pydantic import BaseModel

from structgen.core.errors import ConfigurationError

_LISTS = frozenset({list, Iterable})
_MOST = 256


@dataclass(frozen=True, slots=True)
class ResponseModel:
    """A checked response model. `schema` is what is asked for.

    `item` is the type of the items if it is a list. `partial` is the model that partial values are made of, if any.
    `lazy` says that it was given as an Iterable.
    """

    schema: Any
    item: Any = None
    partial: type[BaseModel] | None = None
    lazy: bool = False


def response_model_of(given: object) -> ResponseModel:
    """Return a checked response model. Raises instructor's ValueError for async validators, which nobody would run.

    Only classes are remembered: equal unions may differ in their order, and annotations may have no hash.
    """
    return _cached(given) if isinstance(given, type) and not get_args(given) else _read(given)


def _read(given: object) -> ResponseModel:
    reject_async_validators(given)
    origin, arguments = get_origin(given), get_args(given)
    if given is list or given is Iterable or (origin in _LISTS and not arguments):
        raise ConfigurationError(f"response_model is {given}, but must name its items: write list[User].")
    if origin in _LISTS:
        item = _as_model(arguments[0])
        return ResponseModel(list[item], item=item, lazy=origin is Iterable)
    if isinstance(given, type) and issubclass(given, PartialBase):
        # instructor keeps the model there that was wrapped in Partial[...].
        original = getattr(cast("Any", given), "_original_model", None)
        return ResponseModel(cast("Any", given).get_partial_model(), partial=original)
    schema = _as_model(given)
    model = schema if isinstance(schema, type) and issubclass(schema, BaseModel) else None
    return ResponseModel(schema, partial=model)


def _as_model(given: Any) -> Any:
    """Return a TypedDict as the model that instructor makes of it, because its users read attributes; others as is."""
    return prepare_response_model(given) if is_typed_dict(given) else given


_cached = lru_cache(maxsize=_MOST)(_read)


def with_completion(value: Any, completion: Any, usage: BaseModel | None) -> Any:
    """Return the value as instructor hands it over: models and lists carry the completion and the usage."""
    if isinstance(value, list):
        items: list[Any] = cast("list[Any]", value)
        return ListResponse[Any](items, _raw_response=completion, _total_usage=usage)
    if isinstance(value, BaseModel):
        # The attributes that instructor's users read. A model's own `__setattr__` must not lose a paid value.
        object.__setattr__(value, "_raw_response", completion)
        object.__setattr__(value, "_total_usage", usage)
    return value
