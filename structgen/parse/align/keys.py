"""Rename the keys of an object that spell a field differently, and refuse keys that contradict a field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from structgen.core.json import JsonObject, pointer
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.align.shape import Place
from structgen.parse.json_values import same
from structgen.schema.spelling import letters, near_form


@dataclass(frozen=True, slots=True)
class Keys:
    """An object with its keys as the schema spells them, the renamings, and the contradictions."""

    tree: JsonObject
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()


def respelled(value: JsonObject, place: Place, path: str, *, kept: bool, fits: Callable[[str, str], bool]) -> Keys:
    """Rename the keys that the schema does not know to the fields that they mean, unless these have a value.

    If the schema allows other keys, only a required field takes a key from them. `kept`: unknown keys stay in the
    value. `fits` tells whether the value of a key fits a field: a key that is merely similar must fit to be renamed.
    """
    strange = [key for key in value if key not in place.fields]
    if not strange or not place.fields:
        return Keys(value)
    meant: dict[str, list[str]] = {}
    near: dict[str, list[str]] = {}
    issues: list[Issue] = []
    for key in strange:
        name = place.spellings.get(key) or place.spellings.get(letters(key))
        if name and name in value and value[name] is not None:
            # For a type that keeps other keys, only an alias is a field's name; any other spelling is just another key.
            drops = not (kept or place.allows_others) or (place.aliases.get(key) == name and not kept)
            if drops and not _agree(value, [name, key]):
                issues.append(_contradiction(value, name, [name, key], path))
        elif name and (name in place.required or not place.allows_others):
            if name not in value or value[key] is not None:
                meant.setdefault(name, []).append(key)
        elif not name and not place.allows_others and value[key] is not None:
            name = place.near.get(near_form(key))
            if name and name not in value and fits(key, name):
                near.setdefault(name, []).append(key)
    meant = {**{name: keys for name, keys in near.items() if name not in meant}, **meant}
    return _renamed(value, path, meant, issues)


def _renamed(value: JsonObject, path: str, meant: dict[str, list[str]], issues: list[Issue]) -> Keys:
    """Rename the keys to the fields that they mean, unless several keys of one field contradict each other."""
    names: dict[str, str] = {}
    for name, keys in meant.items():
        if _agree(value, keys):
            names |= dict.fromkeys(keys, name)
        else:
            issues.append(_contradiction(value, name, keys, path))
    if not names:
        return Keys(value, issues=tuple(issues))
    repairs = tuple(Repair("key", path + pointer([name]), key, name, Risk.INTERPRETIVE) for key, name in names.items())
    tree: JsonObject = {}
    for key, item in value.items():
        name = names.get(key, key)
        if tree.get(name) is None:  # beside a value under another name, a null means that this name is not used
            tree[name] = item
    return Keys(tree, repairs, tuple(issues))


def _agree(value: JsonObject, keys: Iterable[str]) -> bool:
    """Whether these keys of an object have equal values; nulls do not count."""
    given = [value[key] for key in keys if value[key] is not None]
    return all(same(given[0], other) for other in given[1:])


def _contradiction(value: JsonObject, name: str, keys: list[str], path: str) -> Issue:
    message = f"is given as {' and as '.join(map(repr, keys))} with different values"
    return Issue(path + pointer([name]), message, "duplicate_key", [value[key] for key in keys])
