"""Lossy repairs: offered with the issue, made only if the caller allows them."""

from pydantic import BaseModel, ConfigDict, Field

from structgen.core.options import Risk
from tests.parse.samples import read


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    short: str = Field(default="", max_length=3)
    parts: list[int] = []


def test_lossy_repairs_are_shown_and_made_only_when_asked_for() -> None:
    text = '{"title": "a", "short": "abcdef", "parts": [1, "x", 2, "y"], "more": 1}'
    refused = read(Closed, text)
    assert {issue.repair.rule for issue in refused.issues if issue.repair} == {
        "dropped_key",
        "cut_string",
        "dropped_item",
    }
    taken = read(Closed, text, max_risk=Risk.LOSSY)
    assert taken.value == Closed(title="a", short="abc", parts=[1, 2])
    assert {repair.risk for repair in taken.repairs} == {Risk.LOSSY}
    assert not read(Closed, '{"short": 5}', max_risk=Risk.LOSSY).ok
