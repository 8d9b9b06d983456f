"""The stages as plain functions: a response is read in the form in which it was asked for."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from structgen import (
    ConfigurationError,
    EvidenceMode,
    Form,
    Mode,
    Options,
    Style,
    Task,
    TaskError,
    compile_request,
    parse_response,
)
from structgen.core.json import Json
from structgen.forms import AnswerForm, prompt_forms, strict_form
from structgen.schema import Schema


class Ferry(BaseModel):
    line: str
    fares: dict[str, int] = {}


VALUE: Json = {"line": "Blue", "fares": {"child": 3}}
FERRY = Ferry(line="Blue", fares={"child": 3})


def answer(name: str, kind: Any = Ferry, value: Json = VALUE) -> str:
    plain, quoted = prompt_forms(Schema.of(kind))
    form = {"plain": plain, "quotes": quoted, "strict": strict_form(plain), "strict_quotes": strict_form(quoted)}[name]
    assert isinstance(form, AnswerForm)
    return json.dumps(form.encode(value, {"/line": "the Blue line"}))


@pytest.mark.parametrize("form", [*Form, "strict", "strict_quotes"])
def test_a_response_is_read_in_its_form_without_repairs(form: Form | str) -> None:
    parsed = parse_response(Ferry, answer(str(form)), form=form)
    assert (parsed.value, parsed.repairs) == (FERRY, ())
    assert parsed.quotes.get("/line") == ("the Blue line" if "quotes" in form else None)


def test_quotes_as_evidence_are_added_to_the_form() -> None:
    parsed = parse_response(Ferry, answer("strict_quotes"), form=Form.STRICT, evidence=EvidenceMode.QUOTES)
    assert (parsed.value, parsed.quotes["/line"]) == (FERRY, "the Blue line")


@pytest.mark.parametrize("evidence", [EvidenceMode.LOCATE, EvidenceMode.QUOTES])
@pytest.mark.parametrize("kind", [Ferry, list[Ferry]])
@pytest.mark.parametrize("model", ["groq/openai/gpt-oss-20b", "compatible/a"])
def test_a_request_says_itself_in_which_form_it_is_answered(kind: Any, model: str, evidence: EvidenceMode) -> None:
    options = Options(mode=Mode.JSON_SCHEMA, evidence=evidence)
    request = compile_request(kind, "The Blue line.", model=model, options=options)
    assert request.strict == (model != "compatible/a")
    fares: Any = [{"key": "child", "value": 3}] if request.strict else {"child": 3}
    line: Any = "Blue"
    if evidence is EvidenceMode.QUOTES:
        line = {"quote": "the Blue line", "value": "Blue"}
        three: Any = {"quote": None, "value": 3}
        fares = [{"key": "child", "value": three}] if request.strict else {"child": three}
    one = {"line": line, "fares": fares}
    parsed = parse_response(kind, json.dumps(one if kind is Ferry else {"value": [one]}), form=request)
    assert (parsed.value, parsed.repairs) == (FERRY if kind is Ferry else [FERRY], ())


def test_a_request_for_something_else_is_no_form() -> None:
    with pytest.raises(ConfigurationError, match="asks for something else"):
        parse_response(Ferry, "{}", form=compile_request(int, "3"))


def test_a_form_that_the_schema_cannot_have_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match="has no strict form"):
        parse_response({"not": {"type": "string"}}, "1", form="strict")


def test_an_unknown_form_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match="strict_quotes"):
        parse_response(Ferry, "{}", form="loose")


def test_the_style_of_a_task_is_used_unless_the_options_name_another() -> None:
    task = Task("one", {"type": "object", "properties": {"name": {"type": "string"}}}, style="json_schema")
    shown = compile_request(task, "x").messages[0].text
    assert '"properties"' in shown
    assert shown == compile_request(task, "x", style=Style.JSON_SCHEMA).messages[0].text
    assert '"properties"' not in compile_request(task, "x", style=Style.NONE).messages[0].text
    with pytest.raises(TaskError, match="a style that shows the schema"):
        Task("one", {}, style=Style.NONE)
