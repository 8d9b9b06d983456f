"""What the chunks of one document gave -> one value: lists united, single values by evidence and agreement. Pure.

The order in which the chunks were answered does not count, their place in the document does. What they do not agree
about is a `Conflict`, with the places of every claim; that two items were taken for one though they stand at different
places is a `Repair`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from structgen.core.json import Json, JsonObject, pointer
from structgen.core.options import Risk
from structgen.core.records import Evidence
from structgen.core.results import Claim, Conflict, Repair
from structgen.documents.merge.chunk_values import DEEPEST, Likeness, Node, Part, likeness
from structgen.documents.merge.same_items import group_items

Moves: TypeAlias = dict[str, str]
"""Path in the answer of a part -> path in the whole, for every item of a list."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The whole as plain JSON. `evidence` holds the leaves that were found, by their path in the whole."""

    value: Json
    evidence: Mapping[str, Evidence]
    conflicts: tuple[Conflict, ...]
    repairs: tuple[Repair, ...]
    moves: Mapping[int, Moves]

    def moved(self, number: int, path: str) -> str:
        """The path in the whole of a path in the answer of a part."""
        moves = self.moves.get(number, {})
        start = path
        while start and start not in moves:
            start = start.rpartition("/")[0]
        return moves.get(start, start) + path[len(start) :]


@dataclass(slots=True)
class _Merger:
    by_likeness: bool
    branches: frozenset[str] = frozenset()
    evidence: dict[str, Evidence] = field(default_factory=dict[str, Evidence])
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    repairs: list[Repair] = field(default_factory=list[Repair])
    moves: dict[int, Moves] = field(default_factory=dict[int, Moves])

    def merge(self, nodes: Sequence[Node], path: str, depth: int = 0, *, in_list: bool = False) -> Json:
        """One value of several; null where none has any."""
        said = [node for node in nodes if node.value is not None]
        telling = [node for node in said if node.value not in ("", [], {})] or said
        if not telling:
            return None
        nodes = self._of_one_kind(telling, path) if depth < DEEPEST else telling
        first = nodes[0].value
        if isinstance(first, dict) and depth < DEEPEST:
            return self._object(nodes, path, depth, in_list=in_list)
        if isinstance(first, list) and depth < DEEPEST:
            return self._list(nodes, path, depth)
        return self._single(nodes, path)

    def _of_one_kind(self, nodes: Sequence[Node], path: str) -> Sequence[Node]:
        """Those of the kind that most have: object, list or single value."""
        if len(set(map(_kind, nodes))) == 1:
            return nodes
        kinds = Counter(map(_kind, nodes))
        firsts = [next(node for node in nodes if _kind(node) is kind) for kind, _ in kinds.most_common()]
        self.conflicts.append(Conflict(path, tuple(_claim([node], path) for node in firsts)))
        best = kinds.most_common(1)[0][0]
        return [node for node in nodes if _kind(node) is best]

    def _object(self, nodes: Sequence[Node], path: str, depth: int, *, in_list: bool) -> JsonObject:
        """The keys of all. What is null everywhere is left out, but in items of lists: these are complete."""
        inner: dict[str | int, list[Node]] = {}
        for node in self._of_one_branch(nodes, path):
            for key, child in node.children():
                inner.setdefault(key, []).append(child)
        merged = {
            str(key): self.merge(children, path + pointer([key]), depth + 1, in_list=in_list)
            for key, children in inner.items()
        }
        return merged if in_list else {key: value for key, value in merged.items() if value is not None}

    def _of_one_branch(self, nodes: Sequence[Node], path: str) -> Sequence[Node]:
        """Those of the branch of a union that most have: parts of two branches together are nobody's answer."""
        camps: dict[Likeness, list[Node]] = {}
        for node in nodes:
            found = node.value.items() if self.branches and isinstance(node.value, dict) else ()
            said = [(key, likeness(inner)) for key, inner in found if key in self.branches and inner is not None]
            if said:
                camps.setdefault(tuple(sorted(said, key=str)), []).append(node)
        if len(camps) < 2:
            return nodes
        ranked = sorted(camps.values(), key=lambda camp: -len({node.part.number for node in camp}))
        self.conflicts.append(Conflict(path, tuple(_claim(camp, path) for camp in ranked)))
        others = {id(node) for camp in ranked[1:] for node in camp}
        return [node for node in nodes if id(node) not in others]

    def _list(self, nodes: Sequence[Node], path: str, depth: int) -> list[Json]:
        """All items, those once that are the same."""
        items: list[Json] = []
        for number, group in enumerate(group_items(nodes, by_likeness=self.by_likeness)):
            here = path + pointer([number])
            for node in group.nodes:
                self.moves.setdefault(node.part.number, {})[node.path] = here
            items.append(self.merge(group.nodes, here, depth + 1, in_list=True))
            for node in group.liked:
                self.repairs.append(Repair("same_item", here, node.value, items[-1], Risk.INTERPRETIVE))
            if group.again:
                again = [node.value for node in group.again]
                self.repairs.append(Repair("repeated_item", here, again, items[-1], Risk.INTERPRETIVE))
        return items

    def _single(self, nodes: Sequence[Node], path: str) -> Json:
        """The value that was found in the text; of several the one that most agree about, else the first."""
        camps: dict[Likeness, list[Node]] = {}
        for node in nodes:
            camps.setdefault(likeness(node.value), []).append(node)
        ranked = sorted(camps.values(), key=_weight)
        claims = [_claim(camp, path) for camp in ranked]
        if len(claims) > 1:
            self.conflicts.append(Conflict(path, tuple(claims)))
        if claims[0].evidence:
            self.evidence[path] = claims[0].evidence[0]
        return claims[0].value


def merge(parts: Iterable[Part], *, by_likeness: bool = True, branches: frozenset[str] = frozenset()) -> Merged:
    """One value of what several chunks gave.

    `branches` are the names of properties that tell the branches of a union apart (`branch_names`).

    Items of lists are the same where they stand at the same place; with `by_likeness` also where they share a key
    field (an id, a name) and nothing else differs, or are alike in all they say. Nothing outside of lists is null: what
    no chunk gives is left out. Takes time linear in the size of the parts, but for sorting.
    """
    ordered = sorted(parts, key=lambda part: (part.start, part.end, part.number))
    merger = _Merger(by_likeness, branches)
    value = merger.merge([Node(part, "", part.value) for part in ordered], "")
    return Merged(value, merger.evidence, tuple(merger.conflicts), tuple(merger.repairs), merger.moves)


def _kind(node: Node) -> type[dict[str, Json]] | type[list[Json]] | None:
    return dict if isinstance(node.value, dict) else list if isinstance(node.value, list) else None


def _weight(camp: Sequence[Node]) -> tuple[bool, int]:
    """Found in the text before not found, many chunks before few; sorting keeps the order of the text otherwise."""
    return not any(node.evidence for node in camp), -len({node.part.number for node in camp})


def _claim(camp: Sequence[Node], path: str) -> Claim:
    """What some nodes agree about, in the spelling that most have."""
    spelled = Counter(str(node.value) for node in camp).most_common(1)[0][0]
    value = next(node.value for node in camp if str(node.value) == spelled)
    certain = sorted((node for node in camp if node.evidence), key=lambda node: (node.value != value, not node.place))
    found = tuple(replace(node.evidence, path=path) for node in certain if node.evidence)
    return Claim(value, tuple(sorted({node.part.number for node in camp})), found)
