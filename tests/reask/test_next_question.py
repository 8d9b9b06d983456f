"""Asking again with the whole question."""

from structgen.core.options import Mode
from structgen.core.records import Completion, Message, Request
from structgen.core.results import Attempt, Issue
from structgen.reask.next_question import MAX_REFUSED_CHARS, ask_whole
from structgen.reask.question import describe

FIRST = Request("groq", "a-model", (Message("system", "JSON"), Message("user", "Soup.")), Mode.JSON, True)
ISSUE = Issue("/minutes", "is no whole number", "type", found="ten", expected="an integer")


def attempt(text: str, *issues: Issue) -> Attempt:
    return Attempt(FIRST, Completion(text), issues or (ISSUE,), "first question")


def test_the_refused_answer_and_its_issues_follow_the_first_question() -> None:
    messages = ask_whole(FIRST, attempt('{"minutes": "ten"}')).messages
    assert messages[:2] == FIRST.messages
    assert messages[2] == Message("assistant", '{"minutes": "ten"}')
    assert "at /minutes: is no whole number" in messages[3].content


def test_an_issue_says_where_what_was_found_and_what_belongs_there() -> None:
    assert describe(ISSUE) == 'at /minutes: is no whole number (found "ten"). Expected an integer.'
    assert describe(Issue("", "holds no JSON.", "no_json")) == "holds no JSON."


def test_an_empty_answer_is_not_sent_back() -> None:
    messages = ask_whole(FIRST, attempt("  ")).messages
    assert [message.role for message in messages] == ["system", "user", "user"]


def test_a_huge_answer_is_not_sent_back() -> None:
    messages = ask_whole(FIRST, attempt("x" * (MAX_REFUSED_CHARS + 1))).messages
    assert sum(len(message.content) for message in messages) < 1_000


def test_many_issues_are_counted_and_long_values_cut() -> None:
    issues = tuple(Issue(f"/{n}", "is wrong", "type", found="y" * 5_000) for n in range(50))
    said = ask_whole(FIRST, attempt("{}", *issues)).messages[-1].content
    assert "and 30 more" in said
    assert len(said) < 20 * 400
