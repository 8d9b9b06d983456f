"""Plain JSON that is still arriving -> an instance of the user's model, not validated: what is missing is None."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin

from pydantic import BaseModel

from structgen.core.json import Json


@dataclass(frozen=True, slots=True)
class _Place:
    """A field: its name, the model of its value or of the items of its list, and its value until one arrives."""

    name: str
    model: type[BaseModel] | None
    listed: bool


class PartialModels:
    """Builds the instances for one stream. A part that has not changed since the last one is not built again."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self._places: dict[type[BaseModel], Mapping[str, _Place]] = {}
        # The source is kept with its instance, so that no other object can get its id.
        self._built: dict[int, tuple[object, Any]] = {}

    def build(self, value: Json) -> Any:
        """Return the instance for the value so far."""
        return self._of(self._model, value if isinstance(value, dict) else {}, keep=False)

    def _of(self, model: type[BaseModel], value: Json, *, keep: bool = True) -> Any:
        if not isinstance(value, dict):
            return value
        known = self._built.get(id(value))
        if known is not None and known[0] is value:
            return known[1]
        places = self._places_of(model)
        found: dict[str, Any] = {}
        for key, member in value.items():
            place = places.get(key)
            found[place.name if place else key] = self._member(place, member)
        for name, field in model.model_fields.items():
            if name not in found:
                found[name] = self._absent(model, name, field.is_required())
        built = model.model_construct(**found)
        if keep:
            self._built[id(value)] = (value, built)
        return built

    def _member(self, place: _Place | None, member: Json) -> Any:
        if place is None or place.model is None:
            return member
        if place.listed:
            kind = place.model
            return [self._of(kind, item) for item in member] if isinstance(member, list) else member
        return self._of(place.model, member)

    def _absent(self, model: type[BaseModel], name: str, required: bool) -> Any:
        """Return what a field has before its value arrives: an empty model, None, or its default."""
        field = model.model_fields[name]
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            # None, because a model that contains itself would be built without end.
            return self._of(field.annotation, {}, keep=False) if field.annotation is not model else None
        # The default of a factory is PydanticUndefined here.
        return None if required or field.default_factory else field.get_default()

    def _places_of(self, model: type[BaseModel]) -> Mapping[str, _Place]:
        places = self._places.get(model)
        if places is None:
            places = self._places[model] = dict(_read_places(model))
        return places


def _read_places(model: type[BaseModel]) -> dict[str, _Place]:
    places: dict[str, _Place] = {}
    for name, field in model.model_fields.items():
        listed, kind = _model_in(field.annotation)
        place = _Place(name, kind, listed)
        alias = field.validation_alias
        places[alias if isinstance(alias, str) else field.alias or name] = places[name] = place
    return places


def _model_in(annotation: Any) -> tuple[bool, type[BaseModel] | None]:
    """Return the only model that an annotation names, and whether it is that of a list's items."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        others = [one for one in arguments if one is not type(None)]
        return _model_in(others[0]) if len(others) == 1 else (False, None)
    if origin is list and arguments:
        inner = arguments[0]
        return True, cast("type[BaseModel]", inner) if _is_model(inner) else None
    return False, annotation if _is_model(annotation) else None


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
