"""The answers to the chunks of a document -> one value: lists united, scalars by evidence and majority. Pure.

Only the chunks' place in the document matters, not the order of the answers. A contradiction is a `Conflict`, with the
places of every claim. Merging two items found at different places is a `Repair`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from structgen.core.json import Json, JsonObject, pointer
from structgen.core.options import Risk
from structgen.core.records import Evidence
from structgen.core.results import Claim, Conflict, Repair
from structgen.documents.merge.chunk_values import MAX_DEPTH, ChunkValue, Likeness, Part, likeness
from structgen.documents.merge.same_items import Group, group_items, repeats
from structgen.documents.merge.schema_place import ListKind, SchemaPlace
from structgen.documents.merge.votes import count_votes
from structgen.schema.node import Node

Moves: TypeAlias = dict[str, str]
"""Path in the answer to a chunk -> path in the merged value, for every list item."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged value as plain JSON. `evidence` contains the leaves that were found, by their path in the value."""

    value: Json
    evidence: Mapping[str, Evidence]
    conflicts: tuple[Conflict, ...]
    repairs: tuple[Repair, ...]
    moves: Mapping[int, Moves]

    def moved(self, number: int, path: str) -> str:
        """Translate a path in the answer of a part into the path in the merged value."""
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

    def merge(
        self, nodes: Sequence[ChunkValue], path: str, place: SchemaPlace, depth: int = 0, *, in_list: bool = False
    ) -> Json:
        """Merge values into one; null if all are null. Empty values only count if there are no others."""
        known = [node for node in nodes if node.value is not None]
        # an empty value says no more than null if another chunk has a real one
        informative = [node for node in known if node.value not in ("", [], {})] or known
        if not informative:
            return None
        # deeper values are compared as a whole, so that recursion is bounded
        nodes = self._of_one_kind(informative, path) if depth < MAX_DEPTH else informative
        first = nodes[0].value
        if isinstance(first, dict) and depth < MAX_DEPTH:
            return self._object(nodes, path, place, depth, in_list=in_list)
        if isinstance(first, list) and depth < MAX_DEPTH:
            return self._list(nodes, path, place, depth)
        return self._single(nodes, path, place)

    def _of_one_kind(self, nodes: Sequence[ChunkValue], path: str) -> Sequence[ChunkValue]:
        """Return the values of the most frequent kind: object, list or scalar."""
        if len(set(map(_kind, nodes))) == 1:
            return nodes
        kinds = Counter(map(_kind, nodes))
        firsts = [next(node for node in nodes if _kind(node) is kind) for kind, _ in kinds.most_common()]
        self.conflicts.append(Conflict(path, tuple(_claim([node], path) for node in firsts)))
        best = kinds.most_common(1)[0][0]
        return [node for node in nodes if _kind(node) is best]

    def _object(
        self, nodes: Sequence[ChunkValue], path: str, place: SchemaPlace, depth: int, *, in_list: bool
    ) -> JsonObject:
        """Merge objects key by key. Omit what is null everywhere, except in list items, which are complete answers."""
        inner: dict[str | int, list[ChunkValue]] = {}
        for node in self._of_one_branch(nodes, path):
            for key, child in node.children():
                inner.setdefault(key, []).append(child)
        merged = {
            str(key): self.merge(children, path + pointer([key]), place.child(str(key)), depth + 1, in_list=in_list)
            for key, children in inner.items()
        }
        # outside lists a null only means that no chunk contains the field
        return merged if in_list else {key: value for key, value in merged.items() if value is not None}

    def _of_one_branch(self, nodes: Sequence[ChunkValue], path: str) -> Sequence[ChunkValue]:
        """Return the objects of the most frequent union branch. Merging two branches would invent a value."""
        camps: dict[Likeness, list[ChunkValue]] = {}
        for node in nodes:
            found = node.value.items() if self.branches and isinstance(node.value, dict) else ()
            known = [(key, likeness(inner)) for key, inner in found if key in self.branches and inner is not None]
            if known:
                camps.setdefault(tuple(sorted(known, key=str)), []).append(node)
        # no contradiction about the branch; objects without a tag fit any of them
        if len(camps) < 2:
            return nodes
        # sorting is stable: on a tie the branch that comes first in the text wins
        ranked = sorted(camps.values(), key=lambda camp: -len({node.part.number for node in camp}))
        self.conflicts.append(Conflict(path, tuple(_claim(camp, path) for camp in ranked)))
        # by identity, because comparing whole values again would be slow
        others = {id(node) for camp in ranked[1:] for node in camp}
        return [node for node in nodes if id(node) not in others]

    def _list(self, nodes: Sequence[ChunkValue], path: str, place: SchemaPlace, depth: int) -> list[Json]:
        """Merge lists into one, as its kind demands."""
        whole = [node for node in nodes if isinstance(node.value, list) and len(node.value) == place.length]
        if whole:
            return self._one_value(whole, path)
        items: list[Json] = []
        for number, group in enumerate(self._groups(nodes, path, place)):
            here = path + pointer([number])
            for node in group.nodes:
                self.moves.setdefault(node.part.number, {})[node.path] = here
            items.append(self.merge(group.nodes, here, place.item, depth + 1, in_list=True))
            # likeness is a judgement, so every item merged by it is on record
            for node in group.uncertain:
                both = _places([group.nodes[0], node])
                self.repairs.append(Repair("same_item", here, node.value, items[-1], Risk.INTERPRETIVE, both))
            if group.repeated:
                again, places = [_mention(node) for node in group.repeated], _places(group.nodes)
                self.repairs.append(Repair("repeated_item", here, again, items[-1], Risk.INTERPRETIVE, places))
        return items

    def _groups(self, nodes: Sequence[ChunkValue], path: str, place: SchemaPlace) -> list[Group]:
        """Return the items of lists, those together that are the same."""
        kind = place.kind([child.value for node in nodes for _, child in node.children()])
        declared = place.declared is not None
        if not declared and kind is not ListKind.RECORDS and repeats(nodes):
            kind = ListKind.RECORDS  # an answer itself says something twice, so each mention counts
        elif not declared and kind is ListKind.RECORDS and self.by_likeness and _is_restated(nodes):
            again: Json = [_mention(node) for node in nodes[1:]]
            self.repairs.append(Repair("repeated_list", path, again, nodes[0].value, Risk.INTERPRETIVE, _places(nodes)))
            nodes = nodes[:1]
        united = declared and kind is ListKind.SET
        return group_items(nodes, kind, by_likeness=self.by_likeness or united, within=united)

    def _one_value(self, nodes: Sequence[ChunkValue], path: str) -> list[Json]:
        """Return the list of a fixed length that most chunks give, with the evidence of its items."""
        camps = count_votes(nodes)
        claims = [_claim(camp, path) for camp in camps]
        if len(claims) > 1:
            self.conflicts.append(Conflict(path, tuple(claims)))
        best = max(camps[0], key=lambda node: sum(1 for _, leaf, _ in node.leaves() if leaf.place))
        for at, found in best.part.evidence.items():
            if found.start is not None and at.startswith(f"{best.path}/"):
                here = path + at[len(best.path) :]
                self.evidence[here] = replace(found, path=here)
        return list(best.value) if isinstance(best.value, list) else []

    def _single(self, nodes: Sequence[ChunkValue], path: str, place: SchemaPlace) -> Json:
        """Return the value with evidence; if several have, the one with the most mentions, else the first."""
        claims = [_claim(camp, path) for camp in count_votes(nodes, place.topics, place.default)]
        if len(claims) > 1:
            self.conflicts.append(Conflict(path, tuple(claims)))
        # the evidence of a container that is compared as a whole is that of its leaves
        if claims[0].evidence and claims[0].evidence[0].path == path:
            self.evidence[path] = claims[0].evidence[0]
        return claims[0].value


def merge(
    parts: Iterable[Part],
    schema: Node | None = None,
    *,
    by_likeness: bool = True,
    branches: frozenset[str] = frozenset(),
) -> Merged:
    """Merge the answers to several chunks into one value.

    `schema` says which lists are records and which are sets; without it the values do. `branches` are the names of the
    properties that distinguish the branches of a union (`branch_names`).

    List items are the same if they were found at the same place. Items of a set are also the same, with `by_likeness`,
    if they share a key field (an id, a name) and nothing else differs, or if all their values are alike. Nothing
    outside lists is null: what no chunk contains is omitted. Linear in the size of the parts, except for sorting.
    """
    ordered = sorted(parts, key=lambda part: (part.start, part.end, part.number))
    merger = _Merger(by_likeness, branches)
    value = merger.merge([ChunkValue(part, "", part.value) for part in ordered], "", SchemaPlace.of(schema))
    return Merged(value, merger.evidence, tuple(merger.conflicts), tuple(merger.repairs), merger.moves)


def _mention(node: ChunkValue) -> Json:
    """Return the value of a mention, with its places if it has any."""
    places: list[Json] = [[leaf.place[0], leaf.place[1]] for _, leaf, _ in node.leaves() if leaf.place]
    return {"value": node.value, "places": places} if places else node.value


def _is_restated(nodes: Sequence[ChunkValue]) -> bool:
    """Whether the lists are one list that the text repeats word for word, such as the years in the head of each page.

    Only numbers count here, several different ones in one line, and each chunk must give all of them.
    """
    first = nodes[0].value
    if len(nodes) < 2 or not isinstance(first, list) or len(first) < 2:
        return False
    numbers = all(isinstance(item, int | float) and not isinstance(item, bool) for item in first)
    if not numbers or len(set(map(str, first))) < len(first) or any(node.value != first for node in nodes):
        return False
    lines = [_line_of(node) for node in nodes]
    return None not in lines and len(set(lines)) == 1


def _line_of(node: ChunkValue) -> str | None:
    """Return the line that all leaves of a value are on, or None."""
    spans = [leaf.guess for _, leaf, _ in node.leaves()]
    part = node.part
    if not all(span and part.start <= span[0] for span in spans):
        return None
    low, high = (end(span[at] for span in spans if span) - part.start for end, at in ((min, 0), (max, 1)))
    start = part.text.rfind("\n", 0, low) + 1
    end = part.text.find("\n", low)
    line = part.text[start : end if end >= 0 else len(part.text)]
    return line.strip() if start + len(line) >= high else None


def _kind(node: ChunkValue) -> type[dict[str, Json]] | type[list[Json]] | None:
    return dict if isinstance(node.value, dict) else list if isinstance(node.value, list) else None


def _claim(camp: Sequence[ChunkValue], path: str) -> Claim:
    """Return the claim of nodes that agree, in their most frequent spelling."""
    spelled = Counter(str(node.value) for node in camp).most_common(1)[0][0]
    value = next(node.value for node in camp if str(node.value) == spelled)
    certain = sorted(camp, key=lambda node: (node.value != value, not node.place))
    found = tuple(piece for node in certain for piece in _evidence(node, path))
    return Claim(value, tuple(sorted({node.part.number for node in camp})), found)


def _evidence(node: ChunkValue, path: str) -> Iterator[Evidence]:
    """Yield the evidence of the leaves of a value that becomes the one at `path`."""
    scalar = not isinstance(node.value, dict | list)
    for inner in [""] if scalar else [inner for inner, _, _ in node.leaves()]:
        found = node.part.evidence.get(node.path + inner)
        if found is not None and found.start is not None:
            yield replace(found, path=path + inner)


def _places(nodes: Iterable[ChunkValue]) -> tuple[tuple[int, int], ...]:
    """Return the place of each mention, from its first to its last leaf, in order; equal places once."""
    return tuple(sorted({place for node in nodes if (place := _place(node)) is not None}))


def _place(node: ChunkValue) -> tuple[int, int] | None:
    """Return the place of a mention: of what is certain and in its own chunk, else of anything that was found."""
    leaves = [leaf for _, leaf, _ in node.leaves()]
    certain = [leaf.place for leaf in leaves if leaf.place]
    # a unit or a date above the chunk belongs to many mentions
    own = [place for place in certain if node.part.start <= place[0]]
    spans = own or certain or [leaf.guess for leaf in leaves if leaf.guess]
    return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else None
