"""Align a tree with the schema, from the root down, by the documented conversions and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from pydantic_core import to_json

from structgen.core.json import Json, JsonObject, pointer
from structgen.core.options import DateOrder, Risk
from structgen.core.results import Issue, Repair
from structgen.parse.align.fit import (
    ARGUMENTS,
    PLAIN_DECIMAL,
    Fit,
    arguments_of,
    changed,
    combined,
    fit_integer,
    holds_objects,
    is_call,
    kind_of,
    misfit,
    refuse_huge,
    several_for_one,
)
from structgen.parse.align.keys import Keys, respelled
from structgen.parse.align.moments import fit_moment, is_clock, is_numeric, is_range_of_times
from structgen.parse.align.nulls import absence_repair, means_absent, start_of_absent
from structgen.parse.align.scalars import (
    choice_in,
    float_in,
    integer_in,
    is_base64,
    is_other_form_of,
    number_in,
    truth_in,
)
from structgen.parse.align.shape import ENCODED, TEMPORAL, Place, Shape
from structgen.parse.json_values import Exact, same
from structgen.schema.node import Node

Accepted = Callable[[str, Json], bool]
Decode = Callable[[str], tuple[Json, Risk]]
"""Text -> the JSON value within it and the risk of its repairs. Raises ValueError if the text is not JSON."""
_CONTAINERS = frozenset({"object", "array"})


class Aligner:
    """Fits values into the places of one shape.

    `tags`: the response has the tags of a tool call. `accepted` tells whether strict mode accepted the value at a path
    as it is; then it stays, because a user validator may expect this form. `date_order` is that of the document.
    """

    def __init__(
        self,
        shape: Shape,
        decode: Decode,
        accepted: Accepted,
        *,
        tags: bool = False,
        date_order: DateOrder | None = None,
    ) -> None:
        self.shape = shape
        self.decode = decode
        self.accepted = accepted
        self.tags = tags
        self.date_order = date_order
        self.chosen: dict[tuple[int, bytes], int | None] = {}
        """The union members that were chosen, which the aligned value may no longer tell: the number of members and the
        value -> the chosen one, or None if equal values were different members."""
        self._cache: dict[tuple[int, Node, str, bool], tuple[Json, Fit]] = {}
        self._tag_cache: dict[Node, frozenset[str]] = {}

    def fit(self, value: Json, node: Node, path: str = "", wrapped: bool = True) -> Fit:
        """Fit a value into the place that `node` describes; `wrapped`: an object may be wrapped around the value."""
        place = self.shape.place(node)
        if not isinstance(value, dict | list) and not place.branches:
            return self._fit(value, place, path, wrapped)
        # Nested unions lead to the same part in exponentially many ways. The cache holds the value, so its id stays.
        key = (id(value), node, path, wrapped)
        if key not in self._cache:
            self._cache[key] = (value, self._fit(value, place, path, wrapped))
        return self._cache[key][1]

    def _fit(self, value: Json, place: Place, path: str, wrapped: bool) -> Fit:
        scalar = not isinstance(value, dict | list)
        if (scalar or not self.shape.needs_inspection) and self.accepted(path, value):
            return self._fit_accepted(value, place, path)
        if place.branches:
            return self._union(value, place, path, wrapped)
        if place.choices is not None:
            return self._choice(value, place, path, wrapped)
        kind = kind_of(value)
        if not place.takes(kind):
            return self._converted(value, kind, place, path, wrapped)
        if kind == "object":
            return self._object(cast(JsonObject, value), place, path, wrapped)
        if kind == "array":
            return self._array(cast("list[Json]", value), place, path)
        if kind == "string" and place.format in TEMPORAL:
            return fit_moment(cast(str, value), place.format, path, self.date_order)
        return Fit(value)

    def _fit_accepted(self, value: Json, place: Place, path: str) -> Fit:
        """Keep a value that strict mode accepted, except for strings that Pydantic takes for something else."""
        # Decimal accepts 1e1000000, which becomes a million digits once it is written out.
        if isinstance(value, str) and self._may_be_decimal(place) and (huge := refuse_huge(value, path)) is not None:
            return huge
        if isinstance(value, str) and self.shape.encoded and self._formats(place) & ENCODED and not is_base64(value):
            issue = Issue(path, "is not Base64: a part of it would be dropped", "format", value, "Base64")
            return Fit(value, misfits=1, issues=(issue,))
        # Pydantic takes a number in quotes for the seconds of a date or time, a second time for a zone.
        suspect = isinstance(value, str) and (is_numeric(value) or is_clock(value) or is_range_of_times(value))
        formats = self._formats(place) if suspect else frozenset[str]()
        return (
            fit_moment(cast(str, value), min(formats), path, self.date_order)
            if formats and formats <= TEMPORAL
            else Fit(value)
        )

    def _formats(self, place: Place) -> frozenset[str]:
        """Return the formats that a string may have here, with an empty one if it may be any string."""
        if place.branches:
            return frozenset[str]().union(*(self._formats(self.shape.place(branch)) for branch in place.branches))
        return frozenset({place.format}) if place.takes("string") else frozenset()

    # Unions and choices

    def _union(self, value: Json, place: Place, path: str, wrapped: bool) -> Fit:
        """Fit the value into the branch with the lowest cost; refuse it if two branches would change it differently."""
        fits = [self._decimal(value, place, path)]
        if fits[0] is None:
            fits = [self.fit(value, branch, path, wrapped) for branch in place.branches]
            if isinstance(value, str) and any("number" in self.shape.place(branch).types for branch in place.branches):
                # "1,299" has one reading as an integer, but another one as a fraction, which is allowed here too.
                fits = [misfit(value) if _is_integer_only(value, fit) else fit for fit in fits]
        found, tags = cast("list[Fit]", fits), self._shared_tags(place)
        costs = [fit.cost(tags) for fit in found]
        if isinstance(value, Exact) and (whole := next((fit for fit in found if isinstance(fit.value, int)), None)):
            return whole  # an integer keeps digits that a float would lose
        least = min(costs)
        equal = [fit for fit, cost in zip(found, costs, strict=True) if cost == least]
        best = min(equal, key=lambda fit: (len(fit.repairs), fit.unknown_keys))
        if best.misfits == 0 and best.repairs and not all(same(fit.value, best.value) for fit in equal):
            return misfit(value)
        if isinstance(best.value, dict) and self.shape.typed:
            self._note_choice(place, costs.index(least) if len(equal) == 1 else None, best.value)
        return best

    def _note_choice(self, place: Place, branch: int | None, value: Json) -> None:
        """Note which member a value is, because aligning may have dropped the null that told so."""
        members = [n for n, node in enumerate(place.branches) if self.shape.place(node).types != frozenset({"null"})]
        if len(members) < 2:
            return
        key = (len(members), to_json(value))
        number = members.index(branch) if branch in members else None
        self.chosen[key] = number if self.chosen.get(key, number) == number else None

    def _shared_tags(self, place: Place) -> frozenset[str]:
        """Return the fields that admit only constants in every object of a union."""
        if place.node not in self._tag_cache:
            objects = [part for branch in place.branches if (part := self.shape.place(branch)).named]
            tags = [{key for key in part.fields if self._is_tag(part, key)} for part in objects]
            self._tag_cache[place.node] = frozenset(tags[0].intersection(*tags[1:])) if tags else frozenset()
        return self._tag_cache[place.node]

    def _decimal(self, value: Json, place: Place, path: str) -> Fit | None:
        """Fit a number as a string if its type takes both (a Decimal), because only the string keeps every digit."""
        if not self._may_be_decimal(place):
            return None
        written = value.written if isinstance(value, Exact) else value
        if isinstance(written, str) and (huge := refuse_huge(written, path)) is not None:
            return huge
        if isinstance(value, Exact):
            return Fit(value.written)
        if not isinstance(value, str) or PLAIN_DECIMAL.match(value):
            return None
        digits = number_in(value)
        return None if digits is None else changed("number", path, value, digits)

    def _may_be_decimal(self, place: Place) -> bool:
        kinds = {kind for branch in place.branches for kind in self.shape.place(branch).types}
        return self.shape.decimal and {"number", "string"} <= kinds

    def _choice(self, value: Json, place: Place, path: str, wrapped: bool) -> Fit:
        choices = cast("tuple[Json, ...]", place.choices)
        if any(same(value, choice) and type(value) is type(choice) for choice in choices):
            return Fit(value)
        found: set[Json] = set()
        if isinstance(value, str):
            found = set(cast("tuple[str, ...]", choice_in(value, choices)))
        plain = [choice for choice in choices if choice is not None and not isinstance(choice, str | dict | list)]
        found |= {choice for choice in plain if not found and is_other_form_of(value, choice)}
        if len(found) == 1:
            return changed("choice", path, value, found.pop())
        # Pydantic would accept it for an equal choice: to Python, true and 1.0 equal 1.
        if isinstance(value, bool | float):
            issue = Issue(path, "is not one of the choices", "enum", value, "one of the choices as it is written")
            return Fit(value, misfits=1, issues=(issue,))
        return self._unwrapped_scalar(value, place, path, wrapped)

    # Containers

    def _object(self, value: JsonObject, place: Place, path: str, wrapped: bool) -> Fit:
        if (keys := _numeric_keys(value, place, path)) is not None:
            return keys
        if not place.named and place.extra is None:
            return Fit(value, undeclared=len(value))
        direct = self._fields(value, place, path)
        if not wrapped or not place.fields:
            return direct
        # A schema that has such fields itself describes calls, so an object with them is a value.
        call = is_call(value) and not place.fields.keys() & {"function", *ARGUMENTS}
        lost = direct.misfits > 0 or direct.unknown_keys == len(value)
        if not value or not (call or (lost and len(value) == 1)):
            return direct
        return self._unwrapped(value, place, path, direct, call)

    def _fields(self, value: JsonObject, place: Place, path: str) -> Fit:
        def may_be(key: str, name: str) -> bool:
            return not self.fit(value[key], place.fields[name], path + pointer([name])).misfits

        keys = respelled(value, place, path, kept=not self.shape.typed, fits=may_be)
        absent = self._absent(keys.tree, place, path)
        whole = {key: item for key, item in keys.tree.items() if key not in absent} if absent else keys.tree
        fits: dict[str, Fit] = {}
        unknown: list[Json] = []
        for key, item in whole.items():
            node = place.fields.get(key, place.extra)
            if node is not None and (key in place.fields or place.describes_others):
                # Among free keys this one is data, and so is a single key within: it may not be unwrapped away.
                fits[key] = self.fit(item, node, path + pointer([key]), wrapped=key in place.fields)
            else:
                unknown.append(item)
        own = self._fit_of_keys(value, place, path, keys, whole, fits, unknown)
        own = replace(own, repairs=(*keys.repairs, *absent.values()))
        tree = {key: fits[key].value if key in fits else item for key, item in whole.items()}
        return combined(value, tree, tuple(fits.values()), own)

    def _fit_of_keys(
        self,
        value: JsonObject,
        place: Place,
        path: str,
        keys: Keys,
        whole: JsonObject,
        fits: Mapping[str, Fit],
        unknown: Sequence[Json],
    ) -> Fit:
        """Count what is wrong with the keys of an object, apart from their values."""
        drops = place.named and place.extra is None
        issues = keys.issues
        # The type would drop every key and make an empty value. A before-validator may read keys that no field has.
        if drops and whole and len(unknown) == len(whole) and self.shape.typed and not self.shape.transforms:
            issues = (*issues, Issue(path, "has none of the expected keys", "unknown_keys", value))
        wrong = len(issues) + len(place.required - keys.tree.keys()) + (len(unknown) if place.forbids_others else 0)
        lost = sum(item is not None for item in unknown) if drops or place.forbids_others else 0
        return Fit(
            None,
            misfits=wrong,
            unknown_keys=len(unknown),
            issues=issues,
            mistagged=frozenset(key for key, fit in fits.items() if fit.misfits and self._is_tag(place, key)),
            lost=lost,
            nulls=len(unknown) - lost if drops else 0,
            undeclared=0 if drops else len(whole.keys() - place.fields.keys()),
        )

    def _is_tag(self, place: Place, key: str) -> bool:
        """Whether a key is a field that admits only constants, so that it tells members of a union apart."""
        return key in place.fields and self.shape.place(place.fields[key]).choices is not None

    def _absent(self, value: JsonObject, place: Place, path: str) -> dict[str, Repair]:
        """Return the keys whose null means that they are absent, unless a user validator accepts the null."""
        nulls = {key: path + pointer([key]) for key, item in value.items() if item is None}
        return {
            key: absence_repair(self.shape, here, place.fields[key])
            for key, here in nulls.items()
            if means_absent(self.shape, place, key) and not self.accepted(here, None)
        }

    def _unwrapped(self, value: JsonObject, place: Place, path: str, direct: Fit, call: bool) -> Fit:
        """Fit the value of a single key, or the arguments of a tool call, in place of the object around it."""
        inner = arguments_of(value) if call else next(iter(value.values()))
        if call and (inner is None or inner == ""):
            message = "is a tool call without arguments"
            return Fit(value, misfits=1, issues=(Issue(path, message, "tool_call", inner, "the arguments"),))
        if call and holds_objects(inner):
            return several_for_one(inner, path)
        fit = self.fit(inner, place.node, path, wrapped=not call and isinstance(inner, dict) and is_call(inner))
        held = fit.value
        if not isinstance(held, dict) or (fit.unknown_keys == len(held) and not call):
            return direct
        if not call and (fit.misfits > direct.misfits or (fit.misfits and direct.unknown_keys < len(value))):
            return direct
        risk = Risk.LOSSLESS if call and self.tags else Risk.INTERPRETIVE
        return fit.after(Repair("tool_call" if call else "unwrapped", path, value, inner, risk))

    def _array(self, value: list[Json], place: Place, path: str) -> Fit:
        if not place.prefix and place.items is None:
            return Fit(value)
        fits: list[Fit] = []
        end = start_of_absent(self.shape, place, value)
        absent = tuple(
            absence_repair(self.shape, f"{path}/{index}", place.prefix[index]) for index in range(end, len(value))
        )
        for index, item in enumerate(value[:end]):
            node = place.prefix[index] if index < len(place.prefix) else place.items
            here = f"{path}/{index}"
            if node is None or node.never:
                fits.append(Fit(item, misfits=int(node is not None)))
            else:
                fits.append(self.fit(item, node, here))
        short = max(len(place.prefix) - len(value), 0)
        return combined(value, [fit.value for fit in fits], fits, Fit(None, absent, misfits=short))

    # Conversions

    def _converted(self, value: Json, kind: str, place: Place, path: str, wrapped: bool) -> Fit:
        """Convert a value of the wrong kind into one that the place allows."""
        if kind == "string":
            return self._from_text(cast(str, value), place, path, wrapped)
        if kind == "number" and "integer" in place.types:
            return fit_integer(cast(float, value), path)
        if kind == "object" and "array" in place.types:
            return self._list_of(cast(JsonObject, value), place, path, wrapped)
        if kind == "array" and "object" in place.types:
            entries = self._entries(cast("list[Json]", value), place, path)
            return entries or self._only_item(cast("list[Json]", value), place, path, wrapped)
        return self._unwrapped_scalar(value, place, path, wrapped)

    def _from_text(self, value: str, place: Place, path: str, wrapped: bool) -> Fit:
        for kind, read in (("integer", integer_in), ("number", float_in), ("boolean", truth_in)):
            either = kind == "integer" and "number" in place.types  # then the reading as a fraction counts too
            found = read(value) if kind in place.types and not either else None
            if found is not None:
                return changed("boolean" if kind == "boolean" else "number", path, value, found)
        if not place.types & _CONTAINERS or value.strip()[:1] not in ("{", "[", '"'):
            return misfit(value)
        try:
            inner, risk = self.decode(value)
        except ValueError:
            return misfit(value)
        # A string that was encoded more than once may still contain the value. Plain text in quotes cannot.
        if isinstance(inner, str) and not inner.strip().startswith(("{", "[")):
            return misfit(value)
        fit = self.fit(inner, place.node, path, wrapped)
        return fit.after(Repair("double_encoded", path, value, inner, risk))

    def _list_of(self, value: JsonObject, place: Place, path: str, wrapped: bool) -> Fit:
        """Convert an object into a list: it wraps the list, or it is the only item. Refuse it if it may be either."""
        found: list[Fit] = []
        inner = next(iter(value.values())) if len(value) == 1 else None
        if wrapped and isinstance(inner, list):
            fit = self.fit(inner, place.node, path, wrapped=False)
            found.append(fit.after(Repair("unwrapped", path, value, inner, Risk.INTERPRETIVE)))
        if place.items is not None and not place.items.never and not place.prefix:
            fit = self.fit(value, place.items, f"{path}/0")
            held = fit.value
            count = len(held) if isinstance(held, dict) else 0
            # One known key makes an object an item even if it does not fit: its issues are then about the item.
            if fit.unknown_keys < count if self._has_fields(place.items) else not fit.misfits:
                after: list[Json] = [held]
                repair = Repair("one_for_list", path, value, after, Risk.INTERPRETIVE)
                found.append(replace(fit.after(repair), value=after))
        if not found:
            return misfit(value)
        best = min(found, key=lambda fit: fit.misfits)
        tie = len(found) == 2 and found[0].misfits == found[1].misfits == 0
        return misfit(value) if tie else best

    def _has_fields(self, node: Node) -> bool:
        place = self.shape.place(node)
        return bool(place.fields) or any(self._has_fields(branch) for branch in place.branches)

    def _entries(self, value: list[Json], place: Place, path: str) -> Fit | None:
        """Convert a list of key-value pairs, which strict mode requires for free keys, into an object; else None."""
        pairs = [item for item in value if isinstance(item, dict) and item.keys() == {"key", "value"}]
        if place.fields or place.forbids_others or not pairs or len(pairs) < len(value):
            return None
        made: JsonObject = {}
        for pair in pairs:
            key = pair["key"]
            if not isinstance(key, str):
                return None
            if key in made and not same(made[key], pair["value"]):
                message = "is given more than once with different values"
                issue = Issue(path + pointer([key]), message, "duplicate_key", [made[key], pair["value"]])
                return Fit(value, misfits=1, issues=(issue,))
            made[key] = pair["value"]
        return self.fit(made, place.node, path).after(Repair("entries", path, value, made, Risk.INTERPRETIVE))

    def _only_item(self, value: list[Json], place: Place, path: str, wrapped: bool) -> Fit:
        if len(value) != 1 or not isinstance(value[0], dict):
            return misfit(value)
        fit = self.fit(value[0], place.node, path, wrapped=is_call(value[0]))
        held = fit.value
        if not wrapped or not isinstance(held, dict) or (held and fit.unknown_keys == len(held)):
            return misfit(value)
        return fit.after(Repair("only_item", path, value, value[0], Risk.INTERPRETIVE))

    def _unwrapped_scalar(self, value: Json, place: Place, path: str, wrapped: bool) -> Fit:
        """Take a scalar that is the whole answer out of its object, because JSON mode allows only objects."""
        if path or not wrapped or not isinstance(value, dict) or len(value) != 1 or place.types & _CONTAINERS:
            return misfit(value)
        inner = next(iter(value.values()))
        if isinstance(inner, dict | list):
            return misfit(value)
        fit = self.fit(inner, self.shape.root, path, wrapped=False)
        return misfit(value) if fit.misfits else fit.after(Repair("unwrapped", path, value, inner, Risk.INTERPRETIVE))


def _is_integer_only(value: str, fit: Fit) -> bool:
    """Whether a text has a single reading only because the place wants an integer."""
    whole = isinstance(fit.value, int) and not isinstance(fit.value, bool)
    return whole and bool(fit.repairs) and float_in(value) is None


def _numeric_keys(value: JsonObject, place: Place, path: str) -> Fit | None:
    """Refuse bare numbers as keys that are dates or times, which Pydantic takes for seconds; None if there are none."""
    if place.key_format not in TEMPORAL:
        return None
    fits = (fit_moment(key, place.key_format, path + pointer([key])) for key in value if is_numeric(key))
    issues = tuple(issue for fit in fits for issue in fit.issues)
    return Fit(value, misfits=len(issues), issues=issues) if issues else None
