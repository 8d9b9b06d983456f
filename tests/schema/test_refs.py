from __future__ import annotations

from collections.abc import Iterator

from structgen.core.json import JsonObject
from structgen.schema.refs import Bases, Refs


class CountedSteps(tuple[str | int, ...]):
    """Steps of a path that count how many of them were looked at."""

    taken = 0

    def __iter__(self) -> Iterator[str | int]:
        for step in super().__iter__():
            CountedSteps.taken += 1
            yield step


def test_the_nearest_base_above_a_place_holds_there() -> None:
    bases = Bases("http://root/")
    bases.put(("properties", "a"), "http://inner/")

    assert bases.over(()) == "http://root/"
    assert bases.over(("properties", "ab", "items")) == "http://root/"
    assert bases.over(("properties", "a", "items", 0)) == "http://inner/"


def test_a_base_is_looked_up_in_one_walk_along_its_path() -> None:
    bases = Bases("http://root/")
    deep = CountedSteps(("properties", "a") * 3000)
    bases.put(("properties", "a") * 2999, "http://inner/")

    CountedSteps.taken = 0
    assert bases.over(deep) == "http://inner/"
    assert CountedSteps.taken <= len(deep)


def test_a_reference_is_resolved_against_the_identifiers_above_it() -> None:
    named: JsonObject = {"$anchor": "n", "type": "integer"}
    inner: JsonObject = {"$id": "inner.json", "$defs": {"n": named}, "$ref": "#n"}
    refs = Refs.of({"$id": "http://root/outer.json", "properties": {"a": inner}})

    assert refs.find("#n", ("properties", "a")) == ("/properties/a/$defs/n", named)
    assert refs.find("inner.json") == ("/properties/a", inner)
    assert refs.find("#n") is None
