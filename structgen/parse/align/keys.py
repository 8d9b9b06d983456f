"""The keys of an object: renamed where they are a field's name in another case or spelling."""

from __future__ import annotations

from structgen.core.json import JsonObject, pointer
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.align.shape import Node, letters
from structgen.parse.equal import same


def renamed(value: JsonObject, node: Node, path: str) -> tuple[JsonObject, tuple[Repair, ...], tuple[Issue, ...]]:
    """The object with its keys as the schema spells them, the repairs, and the keys that cannot both be meant.

    A key is renamed only where the schema does not know it and the field it means is absent; where the schema welcomes
    other keys, only where that field is required: then it loses nothing by being one of the others.
    """
    strange = [key for key in value if key not in node.fields]
    if not strange or not node.fields:
        return value, (), ()
    targets: dict[str, list[str]] = {}
    for key in strange:
        name = node.spellings.get(key) or node.spellings.get(letters(key))
        open_ended = isinstance(node.extra, dict) or node.extra is True
        if name and name not in value and (name in node.required or not open_ended):
            targets.setdefault(name, []).append(key)
    new_names: dict[str, str] = {}
    issues: list[Issue] = []
    for name, keys in targets.items():
        if all(same(value[keys[0]], value[key]) for key in keys[1:]):
            new_names |= dict.fromkeys(keys, name)
        else:
            words = f"stands here as {' and as '.join(map(repr, keys))} with different values"
            issues.append(Issue(path + pointer([name]), words, "duplicate_key", [value[key] for key in keys]))
    if not new_names:
        return value, (), tuple(issues)
    repairs = tuple(
        Repair("key", path + pointer([name]), key, name, Risk.INTERPRETIVE) for key, name in new_names.items()
    )
    return {new_names.get(key, key): item for key, item in value.items()}, repairs, tuple(issues)
