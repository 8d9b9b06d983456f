"""Long texts are split where a reader would pause."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.options import SHORTEST_CHUNK
from structgen.documents.chunks import splitter as module
from structgen.documents.chunks.splitter import Chunk, contexts, cut_text, read_headings, title_of

PIECES = st.sampled_from(
    [
        "\n\n",
        "\n",
        ". ",
        "! ",
        "。",
        " ",
        "word",
        "Wörter",
        "# Head\n",
        "\nA line alone\n\n",
        "漢字仮名",
        "e\u0301",
        "👩\u200d🚀",
    ]
)
TEXTS = st.lists(PIECES, max_size=200).map("".join) | st.text(max_size=300)
SIZES = st.integers(1, 120)


def texts(text: str, size: int) -> list[str]:
    return [text[chunk.start : chunk.end] for chunk in cut_text(text, size)]


@settings(deadline=None, max_examples=200)
@given(TEXTS, SIZES, st.integers(1, 3))
def test_chunks_cover_all_that_is_not_white_space_and_keep_to_the_size(text: str, size: int, passes: int) -> None:
    chunks = cut_text(text, size, passes)
    seen = bytearray(len(text))
    for chunk in chunks:
        assert 0 < chunk.end - chunk.start <= size
        seen[chunk.start : chunk.end] = b"\1" * (chunk.end - chunk.start)
    assert all(there or char.isspace() for there, char in zip(seen, text, strict=True))


@settings(deadline=None, max_examples=200)
@given(TEXTS, SIZES)
def test_each_chunk_begins_and_ends_behind_the_one_before_it(text: str, size: int) -> None:
    for before, after in pairwise(cut_text(text, size)):
        assert before.start < after.start
        assert before.end < after.end


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(["word ", "thing. ", "Line\n", "Text.\n\n"]), min_size=20).map("".join))
def test_no_word_is_cut_where_there_is_white_space(text: str) -> None:
    for chunk in cut_text(text, 40):
        for at in (chunk.start, chunk.end):
            assert at in {0, len(text)} or text[at - 1].isspace()


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(["e\u0301", "नि", "👩\u200d🚀", "👍🏽", "字"]), min_size=5).map("".join))
def test_no_character_of_several_code_points_is_cut(text: str) -> None:
    for chunk in cut_text(text, 12):
        for at in (chunk.start, chunk.end):
            assert at in {0, len(text)} or not re.match("[\u0301\u093f\u200d\U0001f3fd🚀]", text[at])


@settings(deadline=None, max_examples=100)
@given(TEXTS, SIZES)
def test_a_text_that_fits_is_one_chunk(text: str, size: int) -> None:
    if len(text) <= size:
        assert cut_text(text, size) == ((Chunk(0, len(text)),) if text.strip() else ())


SENTENCE = "All of this is only here to fill the page. "


def test_a_heading_is_the_first_choice_and_needs_no_overlap() -> None:
    text = f"# Book\n\n{SENTENCE * 8}\n\n## Two\n\n{SENTENCE * 2}\n\n{SENTENCE * 6}"
    first, second = cut_text(text, 500)
    assert text[second.start :].startswith("## Two")
    assert first.end == second.start


def test_the_highest_of_several_headings_is_chosen() -> None:
    text = f"# Book\n\n{SENTENCE * 6}\n\n## Two\n\n{SENTENCE}\n\n### Small\n\n{SENTENCE * 8}"
    assert text[cut_text(text, 450)[1].start :].startswith("## Two")


@pytest.mark.parametrize(
    ("text", "size", "end"),
    [
        (f"{SENTENCE * 6}\n\n{SENTENCE}\n{SENTENCE * 6}", 400, "\n\n"),
        (f"{SENTENCE * 6}\n{SENTENCE * 6}", 400, "\n"),
        (SENTENCE * 20, 200, ". "),
        ("これは文です。" * 40, 100, "。"),
        ("هذه جملة قصيرة؟ " * 40, 100, "؟ "),
        ("यह एक वाक्य है। " * 40, 100, "। "),
        ("word " * 100, 99, " "),
        ("<tr><td>A word. And more.</td></tr>" * 20, 200, "</tr>"),
        ("<p class=x>A word. And more. </p> " * 20, 200, "</p> "),
        ("漢字、" * 60, 50, "、"),
    ],
)
def test_the_cut_is_made_at_the_largest_end_there_is(text: str, size: int, end: str) -> None:
    assert texts(text, size)[0].endswith(end)


def test_no_sentence_ends_at_an_initial_or_before_a_small_letter() -> None:
    text = "Some things last. So J. Smith wrote, with approx. ten others."
    assert texts(text, 26)[0] == "Some things last. "
    assert texts(text.replace("Some things", "All thinking takes time. They"), 60)[0].endswith("last. ")


def test_chunks_overlap_by_whole_sentences() -> None:
    text = "".join(f"Sentence number {n} stands here. " for n in range(100))
    for before, after in pairwise(cut_text(text, 800)):
        shared = text[after.start : before.end]
        assert 0 < len(shared) <= 100
        assert re.fullmatch(r"(Sentence number \d+ stands here. )+", shared)


def test_short_chunks_share_enough_for_something_to_be_seen_whole() -> None:
    text = "".join(f"[entry-{n:03d},with-some-words-behind-it]" for n in range(60))
    for entry in re.findall(r"\[.*?\]", text):
        assert any(entry in chunk for chunk in texts(text, 200))


def test_chunks_know_the_title_and_the_headings_above_them() -> None:
    text = f"# Book\n\n## One\n\n{SENTENCE * 12}\n\n### Part\n\n{SENTENCE * 30}\n\n## Two\n\n{SENTENCE * 20}"
    above = {chunk.context for chunk in cut_text(text, 400)}
    assert above == {"", "Book > One", "Book > One > Part", "Book", "Book > Two"}


def test_every_pass_cuts_elsewhere_and_no_chunk_comes_twice() -> None:
    text = SENTENCE * 50
    once, twice = cut_text(text, 500), cut_text(text, 500, 2)
    assert twice[: len(once)] == once
    assert len({(chunk.start, chunk.end) for chunk in twice}) == len(twice)
    assert SHORTEST_CHUNK <= twice[len(once)].end <= 300
    assert min(chunk.end - chunk.start for chunk in cut_text(text, 500, 3)) >= SHORTEST_CHUNK


def test_a_text_that_fits_is_read_whole_in_every_pass() -> None:
    chunks = cut_text(SENTENCE, 500, 3)
    assert [(chunk.start, chunk.end) for chunk in chunks] == [(0, len(SENTENCE))] * 3
    assert len({chunk.context for chunk in chunks}) == 3  # else the store would answer the second from the first


@pytest.mark.parametrize("size", [200, 250, 300, 900])
def test_every_pass_reads_the_text_anew(size: int) -> None:
    text = SENTENCE * 50
    once, three = cut_text(text, size), cut_text(text, size, 3)
    assert three[: len(once)] == once
    assert len({(chunk.start, chunk.end, chunk.context) for chunk in three}) == len(three)
    assert len(three) >= 2.5 * len(once)


@pytest.mark.parametrize("size", [300, 450, 2_000])
@pytest.mark.parametrize("passes", [1, 2, 5])
def test_no_chunk_is_a_fragment(size: int, passes: int) -> None:
    for length in range(size + 1, size + 260, 7):
        text = f"{SENTENCE * 60}\n\n# Last\n\n"[-length:] + "The end. " * (length % 9)
        if len(text) > size:
            assert min(chunk.end - chunk.start for chunk in cut_text(text, size, passes)) >= SHORTEST_CHUNK


def test_stretches_of_white_space_are_no_chunks() -> None:
    chunks = cut_text("Begin." + " " * 1000 + "End.", 100)
    assert len(chunks) <= 3
    assert cut_text(" \n " * 100, 50) == ()


@pytest.mark.parametrize("unit", ["a", " ", "\n", ". ", "# a\n", "a\n\n", "\u0301", "。", "<h1>", "1.1.", "!'"])
def test_the_work_grows_with_the_text_and_no_faster(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    search, joined = module.find_breaks, module.is_joined

    def count_breaks(breaks: re.Pattern[str], text: str, low: int, high: int) -> Iterator[int]:
        nonlocal looked
        looked += high - low
        return search(breaks, text, low, high)

    def count_joined(text: str, at: int) -> bool:
        nonlocal looked
        looked += 1
        return joined(text, at)

    monkeypatch.setattr(module, "find_breaks", count_breaks)
    monkeypatch.setattr(module, "is_joined", count_joined)
    for length in (10_000, 40_000):
        looked = 0
        cut_text((unit * length)[:length], 500)
        assert looked <= 6 * length


def found(text: str) -> list[tuple[int, str]]:
    return [(heading.level, heading.text) for heading in read_headings(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# One #\ntext", [(1, "One")]),
        ("text\n### Three\n", [(3, "Three")]),
        ("Name\n====\ntext", [(1, "Name")]),
        ("Name\n----\ntext", [(2, "Name")]),
        ("<p>x</p><h2 class='a'>The <b>bold</b> one</h2><p>y", [(2, "The bold one")]),
        ("text.\n\n2.1 Costs of the year\n\ntext", [(2, "2.1 Costs of the year")]),
        ("text.\n\nIngredients\n\nFlour, eggs and milk.", [(7, "Ingredients")]),
        ("文章。\n\n第三章\n\n文章。", [(7, "第三章")]),
        ("A sentence that stands alone.\n\nAnother one.", []),
        ("- one thing\n\n- another thing", []),
        ("text.\n\n1. boil the water\n2. add the rice\n", []),
        ("#hashtag and #another\n", []),
        ("----\n----\n", []),
        ("x" * 100, []),
    ],
)
def test_headings_are_told_from_text(text: str, expected: list[tuple[int, str]]) -> None:
    assert found(text) == expected


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("#=- \n1.<h>/aB"), max_size=80))
def test_headings_come_in_order_and_begin_within_the_text(text: str) -> None:
    starts = [heading.start for heading in read_headings(text)]
    assert starts == sorted(set(starts))
    assert all(0 <= start < len(text) for start in starts)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("\n# The book\n\ntext", "The book"),
        ("Annual report 2020\n\ntext", "Annual report 2020"),
        ("<html><head><title>The\n page</title>", "The page"),
        ("<p>No title here</p>", ""),
        ("It begins with a sentence.\nAnd goes on", ""),
        ("", ""),
        ("x " * 100, ""),
        ("12 / 34\ntext", ""),
    ],
)
def test_the_title_is_the_short_first_line(text: str, title: str) -> None:
    found = title_of(text)
    assert (found.text if found else "") == title


def test_a_heading_ends_where_one_of_its_level_begins() -> None:
    text = "# T\n## A\n### a\n## B\nend"
    starts = [0, text.index("### a"), text.index("## B"), text.index("end")]
    assert [words for words, _ in contexts(text, read_headings(text), starts)] == ["", "T > A", "T", "T > B"]
