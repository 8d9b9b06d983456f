"""Likeness is no support where the words that differ are numbers, names, or what denies."""

from __future__ import annotations

import pytest

from structgen.ground.contradictions import are_opposites, contradicts, is_form
from tests.ground.conftest import Find


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("the request was approved by the board", "the request was not approved by the board"),
        ("the request was not approved by the board", "the request was approved by the board"),
        ("it is unlikely that the plan will pass soon", "it is likely that the plan will pass soon"),
        ("they never went to the old market", "they went to the old market"),
        ("he can't go to the old market today", "he can go to the old market today"),
        ("the patient took aspirin without any food", "the patient took aspirin with any food"),
        ("der Vertrag ist nicht gültig nach dem Ende", "der Vertrag ist gültig nach dem Ende"),
        ("他昨天没有去图书馆学习中文和英文", "他昨天有去图书馆学习中文和英文"),
        ("Anna went to the market with eggs", "Then Maria went to the market with eggs"),
        ("the letter from Smyth came in the morning", "the letter from Smith came in the morning"),
        ("Department of Health and Human Services", "the Department of Health and Social Services"),
        ("the services end on the last of May 2021", "the services end on the last of June 2021"),
        ("the drug increased survival in older men", "the drug decreased survival in older men"),
        ("they pay more than the price of it", "they pay less than the price of it"),
        ("three men went to the old market", "four men went to the old market"),
        ("the first day after the notice ends it", "the second day after the notice ends it"),
        ("the price rose by 3.5 percent last year", "the price rose by 4.5 percent last year"),
        ("他昨天买了三本书和中文报纸", "他昨天买了五本书和中文报纸"),
    ],
)
def test_a_text_that_says_another_thing_is_no_support(find: Find, value: str, text: str) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("they agreed to wait for reports again", "they agreed to wait for 12 reports again"),
        ("the old king spoke to the people of the valley", "the old king spoke to the people of Egypt valley"),
        ("The committee met on Mondays in the old hall", "The committee met on Monday in the old hall"),
        ("Also the men went to the old market", "Then the men went to the old market"),
        ("THE MEN WENT TO ANY OLD MARKET", "the men went to the old market"),
        ("she said that the meeting would begin", "she said the meeting would begin"),
    ],
)
def test_saying_less_or_nearly_the_same_is_near(find: Find, value: str, text: str) -> None:
    assert find(value, text)[1] == "fuzzy"


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (["legal"], ["illegal"], True),
        (["part"], ["depart"], True),
        (["5"], ["6"], True),
        (["5"], ["6", "5"], False),
        ([], ["6"], False),
        ([], ["not"], True),
        (["not"], ["never"], False),
        (["Anna"], [], True),
        ([], ["Anna"], False),
        (["However"], [], False),
    ],
)
def test_a_change_contradicts_by_what_the_value_adds_or_either_denies(
    ours: list[str], theirs: list[str], expected: bool
) -> None:
    assert contradicts(ours, theirs) is expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Lee Ann", "by Lee (ann is away)"),
        ("Lee Ann", "by Lee. Ann went"),
        ("Lee Ann", "by Lee “Ann went"),
        ("Lee [Ann", 'Lee "Ann'),
        ("a-b:c;d", "a/b,c!d"),
        ("US", "tell us all"),
        ("IT", "it is so"),
        ("May", "it may rain"),
        ("No", "there is no way"),
    ],
)
def test_words_across_a_bracket_a_quote_or_a_sentence_are_no_phrase(find: Find, value: str, text: str) -> None:
    assert find(value, text)[0] is None


@pytest.mark.parametrize(
    ("value", "text", "status"),
    [
        ("US", "in the US", "exact"),
        ("May", "in May 2020", "exact"),
        ("No", "Vegan: no", "normalized"),
        ("Yes", "Vegan: yes.", "normalized"),
        ("Paris France", "in Paris, France", "fuzzy"),
        ("the men went home then", "the men went home. Then", "fuzzy"),
    ],
)
def test_a_common_word_counts_where_it_is_meant(find: Find, value: str, text: str, status: str) -> None:
    assert find(value, text)[1] == status


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sold", "bought"),
        ("granted", "denied"),
        ("confirmed", "cancelled"),
        ("hired", "fired"),
        ("lent", "rent"),
        ("maternal", "paternal"),
        ("employer", "employee"),
        ("licensor", "licensee"),
        ("harmful", "harmless"),
        ("cats", "dogs"),
        ("cost", "cast"),
    ],
)
def test_another_word_with_a_meaning_is_never_near(find: Find, one: str, other: str) -> None:
    text = "In spring the board {} the large request of the northern office and left."
    assert find(text.format(one), text.format(other)) == (None, "unsupported")
    assert find(text.format(other), text.format(one)) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Der Mieter hat im Herbst das Haus verkauft und geht", "Der Mieter hat im Herbst das Haus gekauft und geht"),
        ("le conseil a refusé la demande de la ville hier", "le conseil a accordé la demande de la ville hier"),
        ("el juez ha negado la solicitud de la empresa hoy", "el juez ha concedido la solicitud de la empresa hoy"),
        ("совет отклонил просьбу города в начале весны", "совет одобрил просьбу города в начале весны"),
        ("他昨天在图书馆卖了很多中文书和报纸", "他昨天在图书馆买了很多中文书和报纸"),
        ("昨日は友達と一緒に小さな図書館で勉強しました", "昨日は友達と一緒に大きな図書館で勉強しました"),
        ("the council approved the new plan of the harbour", "the council approved the plan of the harbour"),
        ("we moved the files to the archive on the hill", "we moved the files from the archive on the hill"),
        ("tea and coffee are served in the hall at noon", "tea or coffee are served in the hall at noon"),
        ("all guests of the inn may use the garden", "few guests of the inn may use the garden"),
    ],
)
def test_words_are_compared_in_every_language_by_themselves(find: Find, value: str, text: str) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            "the counsil recieved the request of the northern office",
            "the council received the request of the northern office",
        ),
        ("she study the maps of the valley before dawn", "she studies the maps of the valley before dawn"),
        ("they are planing a road through the valley", "they are planning a road through the valley"),
        ("Die Räte trafen sich in der alter Halle am See", "Die Räte trafen sich in der alten Halle am See"),
        ("der Vertrag endet mit die Übergabe des Hauses", "der Vertrag endet mit der Übergabe des Hauses"),
        ("она читает старую книга о море и ветре", "она читает старую книгу о море и ветре"),
        ("the note book lay on the table of the hall", "the notebook lay on the table of the hall"),
        ("他昨天在图书馆买了中文书和报纸", "他昨天在图书馆买了很多中文书和报纸"),
        ("certain guests of the inn use the garden", "the guests of the inn use the garden"),
    ],
)
def test_misspellings_and_other_forms_of_a_word_are_near(find: Find, value: str, text: str) -> None:
    assert find(value, text)[1] == "fuzzy"


def test_a_word_that_the_text_has_elsewhere_is_no_misspelling(find: Find) -> None:
    said = "the statue was kept by the guards of the city"
    assert find(said.replace("statue", "statute"), said)[1] == "fuzzy"
    assert find(said.replace("statue", "statute"), f"A statute is a law. Here {said}")[1] == "unsupported"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("use", "used", True),
        ("jumps", "jumped", True),
        ("study", "studies", True),
        ("alter", "alten", True),
        ("make", "making", True),
        ("plan", "planned", True),
        ("car", "card", False),
        ("hope", "hopeful", False),
        ("for", "form", False),
        ("grant", "grand", False),
        ("книга", "книгу", True),
        ("買", "売", False),
        ("x7", "x8", False),
        ("commitee", "committee", True),
    ],
)
def test_forms_of_a_word_have_one_stem_and_short_endings(one: str, other: str, expected: bool) -> None:
    assert is_form(one, other) is expected


def test_a_prefix_alone_makes_no_opposite() -> None:
    assert not are_opposites("part", "depart")
