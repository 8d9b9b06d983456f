"""The keys of an object: renamed if they are a field's name in another spelling, refused if they contradict a field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import cast

from structgen.core.json import JsonObject, pointer
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.align.shape import Node, letters
from structgen.parse.equal import same

LONGEST_ABBREVIATION = 3
"""``mid`` is ``middle``; ``count`` need not be ``country``, so a longer beginning is asked for."""


class Near(IntEnum):
    """How near a key is to the name of a field. Ordered: a higher one is further off."""

    SPELLING = 1
    """Singular for plural, or a slip of the hand: letters doubled or exchanged."""
    ABBREVIATION = 2
    BEGINNING = 3


@dataclass(frozen=True, slots=True)
class Keys:
    """An object with its keys as the schema spells them, and what became of the others."""

    tree: JsonObject
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()


@dataclass(slots=True)
class _Meant:
    """Which keys may mean a field that has no value under its own name."""

    spelled: list[str] = field(default_factory=list[str])
    near: list[str] = field(default_factory=list[str])
    begun: list[str] = field(default_factory=list[str])


def respelled(value: JsonObject, node: Node, path: str, *, kept: bool, fits: Callable[[str, str], bool]) -> Keys:
    """The object with its keys as the schema spells them.

    A key is renamed only if the schema does not know it and the field that it means is absent; if the schema welcomes
    other keys, only if that field is required: then it loses nothing by being one of the others. `kept`: keys that the
    schema does not know stay in the value all the same. `fits` says whether the value of a key may stand in a field.
    """
    strange = [key for key in value if key not in node.fields]
    if not strange or not node.fields:
        return Keys(value)
    open_ended = isinstance(node.extra, dict) or node.extra is True
    absent: dict[str, _Meant] = {}
    issues: list[Issue] = []
    for key in strange:
        name = node.spellings.get(key) or node.spellings.get(letters(key))
        if name and name not in value and (name in node.required or not open_ended):
            absent.setdefault(name, _Meant()).spelled.append(key)
        elif name and name in value and not (kept or open_ended) and not _agree(value, [name, key]):
            issues.append(_contradiction(value, name, [name, key], path))
        elif not name and not open_ended:
            _note_near(key, value, node, absent, fits)
    return _settled(value, path, absent, issues)


def _note_near(
    key: str, value: JsonObject, node: Node, absent: dict[str, _Meant], fits: Callable[[str, str], bool]
) -> None:
    """Note the absent fields whose name a key is but for its number, a slip of the hand or its end."""
    if value[key] is None:
        return
    for name in node.fields:
        if name in value or not (begins := _near(key, name)):
            continue
        meant = absent.setdefault(name, _Meant())
        if begins is Near.SPELLING:
            meant.near.append(key)
        elif fits(key, name):
            (meant.near if begins is Near.ABBREVIATION else meant.begun).append(key)


def _settled(value: JsonObject, path: str, absent: dict[str, _Meant], issues: list[Issue]) -> Keys:
    """Rename each key that can mean one field only, which no other key can mean; ask for the others."""
    names: dict[str, str] = {}
    suitors = [key for meant in absent.values() for key in (*meant.near, *meant.begun)]
    for name, meant in absent.items():
        if meant.spelled:
            if _agree(value, meant.spelled):
                names |= dict.fromkeys(meant.spelled, name)
            else:
                issues.append(_contradiction(value, name, meant.spelled, path))
        elif len(meant.near) == 1 and not meant.begun and suitors.count(meant.near[0]) == 1:
            names[meant.near[0]] = name
        elif candidates := (*meant.near, *meant.begun):
            said = " and ".join(repr(key) for key in candidates)
            found = [value[key] for key in candidates]
            words = f"is missing, and may be meant by {said}: give it, or null if the document does not say"
            issues.append(Issue(path + pointer([name]), words, "missing", found, "a value"))
    if not names:
        return Keys(value, issues=tuple(issues))
    repairs = tuple(Repair("key", path + pointer([name]), key, name, Risk.INTERPRETIVE) for key, name in names.items())
    return Keys({names.get(key, key): item for key, item in value.items()}, repairs, tuple(issues))


def _agree(value: JsonObject, keys: Iterable[str]) -> bool:
    """Whether these keys of an object say the same; a null beside a value says nothing."""
    first, *others = keys
    return all(same(value[first], value[key]) or value[key] is None for key in others)


def _contradiction(value: JsonObject, name: str, keys: list[str], path: str) -> Issue:
    words = f"stands here as {' and as '.join(map(repr, keys))} with different values"
    return Issue(path + pointer([name]), words, "duplicate_key", [value[key] for key in keys])


_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z\d])(?=[A-Z])")


def _near(key: str, name: str) -> Near | None:
    """How near a key is to a name, word by word; None if it is another name altogether."""
    words, others = _words(key), _words(name)
    if len(words) != len(others):
        return None
    found = [_near_word(*pair) for pair in zip(words, others, strict=True)]
    return None if None in found else max(cast("list[Near]", found), default=None)


def _near_word(word: str, other: str) -> Near | None:
    short, long = sorted((word, other), key=len)
    if word == other or _is_respelled(short, long):
        return Near.SPELLING
    if len(short) < LONGEST_ABBREVIATION or not long.startswith(short):
        return None
    return Near.ABBREVIATION if len(short) == LONGEST_ABBREVIATION else Near.BEGINNING


def _words(name: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(_HUMP.sub("_", name))]


def _is_respelled(short: str, long: str) -> bool:
    if len(short) < LONGEST_ABBREVIATION:
        return False
    plural = long in {f"{short}s", f"{short}es"} or (short.endswith("y") and long == f"{short[:-1]}ies")
    return plural or _single(short) == _single(long) or _is_exchanged(short, long)


def _single(word: str) -> str:
    """A word without doubled letters."""
    return re.sub(r"([^\W\d])\1+", r"\1", word)


def _is_exchanged(word: str, other: str) -> bool:
    """Whether two neighbouring letters of a longer word changed places."""
    if len(word) != len(other) or len(word) < 5:
        return False
    unlike = [at for at, pair in enumerate(zip(word, other, strict=True)) if pair[0] != pair[1]]
    if len(unlike) != 2 or unlike[1] != unlike[0] + 1:
        return False
    return [word[at] for at in unlike] == [other[at] for at in reversed(unlike)]
