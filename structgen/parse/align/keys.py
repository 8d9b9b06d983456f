"""The keys of an object: renamed if they are a field's name in another spelling, refused if they contradict a field."""

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
    """An object with its keys as the schema spells them, and what became of the others."""

    tree: JsonObject
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()


def respelled(value: JsonObject, place: Place, path: str, *, kept: bool, fits: Callable[[str, str], bool]) -> Keys:
    """The object with its keys as the schema spells them.

    A key is renamed only if the schema does not know it and the field that it means has no value; if the schema
    welcomes other keys, only if that field is required: then it loses nothing by being one of the others. `kept`: keys
    that the schema does not know stay in the value all the same. `fits` says whether the value of a key may stand in a
    field: a key that is merely near to a field's name is no such key if it may not.
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
            # To an open type one of its own aliases is a field's name, and any other spelling a key like others.
            drops = not (kept or place.welcomes_others) or (place.aliases.get(key) == name and not kept)
            if drops and not _agree(value, [name, key]):
                issues.append(_contradiction(value, name, [name, key], path))
        elif name and (name in place.required or not place.welcomes_others):
            if name not in value or value[key] is not None:
                meant.setdefault(name, []).append(key)
        elif not name and not place.welcomes_others and value[key] is not None:
            name = place.near.get(near_form(key))
            if name and name not in value and fits(key, name):
                near.setdefault(name, []).append(key)
    meant = {**{name: keys for name, keys in near.items() if name not in meant}, **meant}
    return _renamed(value, path, meant, issues)


def _renamed(value: JsonObject, path: str, meant: dict[str, list[str]], issues: list[Issue]) -> Keys:
    """Rename the keys that mean a field, unless they contradict each other."""
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
        if tree.get(name) is None:  # a null beside a value says nothing
            tree[name] = item
    return Keys(tree, repairs, tuple(issues))


def _agree(value: JsonObject, keys: Iterable[str]) -> bool:
    """Whether these keys of an object say the same; a null beside a value says nothing."""
    said = [value[key] for key in keys if value[key] is not None]
    return all(same(said[0], other) for other in said[1:])


def _contradiction(value: JsonObject, name: str, keys: list[str], path: str) -> Issue:
    words = f"stands here as {' and as '.join(map(repr, keys))} with different values"
    return Issue(path + pointer([name]), words, "duplicate_key", [value[key] for key in keys])
