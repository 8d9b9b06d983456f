"""The passage of a document that some fields most likely come from: where their neighbours stand."""

from __future__ import annotations

from structgen.core.json import Json, pointer, steps
from structgen.core.records import Evidence, Status
from structgen.ground import locate, passage

UNSURE = frozenset({Status.UNSUPPORTED, Status.AMBIGUOUS})


def passage_for(document: str, tree: Json, paths: tuple[str, ...]) -> str:
    """The narrowest passage that holds the neighbours of all the fields; the whole document where none is placed."""
    placed = [piece for piece in locate(tree, document) if piece.status not in UNSURE and piece.path not in paths]
    spans: list[tuple[int, int]] = []
    for path in paths:
        near = _neighbours(placed, path)
        if not near:
            return document
        spans.extend((piece.start, piece.end) for piece in near if piece.start is not None and piece.end is not None)
    start, end = passage(document, spans)
    return document[start:end]


def _neighbours(placed: list[Evidence], path: str) -> list[Evidence]:
    """What was placed in the object that holds the field, or in the narrowest one around it.

    A field of the root has no narrower place than the whole document: the values of a root may stand anywhere.
    """
    above = steps(path)[:-1]
    while above:
        start = f"{pointer(above)}/"
        near = [piece for piece in placed if piece.path.startswith(start)]
        if near:
            return near
        above = above[:-1]
    return []
