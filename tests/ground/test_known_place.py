"""Whether a text supports a value at a known place."""

import pytest

from structgen.core.json import Json
from structgen.ground.known_place import supports


def supported(text: str, words: str, value: Json) -> bool:
    start = text.index(words)
    return supports(text, start, start + len(words), value)


@pytest.mark.parametrize(
    ("text", "words", "value"),
    [
        ("Colour: green", "green", "green"),
        ("Colour:  dark\n green ", "dark\n green", "dark green"),
        ("Ann LeeServings: 4", "Ann Lee", "Ann Lee"),
        ("250g flour", "250", "250"),
        ("Total 1 234,50 kr", "1 234,50", 1234.5),
        ("Total (20.00)", "(20.00)", -20),
        ("Total 1,299", "1,299", 1299),
        ("Milk 1 ½ cups", "1 ½", 1.5),
        ("two dozen eggs", "two dozen", 24),
        ("Date: 3 May 2024", "3 May 2024", "2024-05-03"),
        ("Time: 1 h 20 min", "1 h 20 min", 80),
        ("Time: 1 h 20 min", "1 h 20 min", "PT1H20M"),
        ("Time (hours): 1.5", "1.5", 90),
        ("Yield: 4", "4", "4 servings"),
        ("Organic: ja", "ja", True),
        ("Rooms: 三十五", "三十五", 35),
        ("状態は良好です", "良好", "良好"),
        ("Mass: 1e300", "1e300", 1e300),
    ],
)
def test_what_a_place_says_is_supported(text: str, words: str, value: Json) -> None:
    assert supported(text, words, value)


@pytest.mark.parametrize(
    ("text", "words", "value"),
    [
        ("Colour: greenish", "green", "green"),
        ("Total 1 234,50 kr", "234,50", "234,50"),
        ("Total 1.234,50 kr", "34,50", 34.5),
        ("Total 20.00", "20.00", 21),
        ("Total 20.00", "20.00", -20),
        ("Price: $1.2 million", "1.2", "1.2"),
        ("Code A12", "12", 12),
        ("at 12:30", "12", 12),
        ("Date: 3 May 2024", "3 May 2024", "2024-05-04"),
        ("Time: 1 h 20 min", "1 h 20 min", 81),
        ("Yield: 4", "4", "6 servings"),
        ("Mail ann@oak.example", "ann@oak", "ann@oak"),
        ("Colour: green", "green", "Ann Lee"),
        ("Colour: green", "green", None),
    ],
)
def test_a_part_of_something_longer_or_another_value_is_not_supported(text: str, words: str, value: Json) -> None:
    assert not supported(text, words, value)


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (4, 2), (0, 99)])
def test_a_place_outside_the_text_supports_nothing(start: int, end: int) -> None:
    assert not supports("green", start, end, "green")
