"""What a kept request asked for."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from structgen.core.options import EvidenceMode, Mode, Options
from structgen.core.records import Request
from structgen.engine.reparse.schema_diff import FieldsRequest, requested_paths
from structgen.forms import PlainForm, prompt_forms, sent_by
from structgen.reask.failing_fields import fields_schema
from structgen.schema import Schema
from structgen.stages import compile_request


class Dish(BaseModel):
    name: str
    serves: int = 1


FORMS = prompt_forms(Schema.of(Dish))
PATCH = fields_schema(Schema.of(Dish).node, ["/name", "/serves"])


def request(schema: Any, name: str = "fields", **changes: Any) -> Request:
    return replace(compile_request(Dish, "Soup."), json_schema=schema, schema_name=name, strict=False, **changes)


def test_the_form_of_a_whole_is_told_by_its_request() -> None:
    plain, quoted = FORMS
    for evidence, form, other in [(EvidenceMode.LOCATE, plain, quoted), (EvidenceMode.QUOTES, quoted, plain)]:
        asked = compile_request(Dish, "Soup.", options=Options(evidence=evidence))
        sent = sent_by(asked, form)
        assert sent is not None
        assert (sent.strict, sent.prompt_form, sent_by(asked, other)) == (True, form, None)


@pytest.mark.parametrize("kind", [list[Dish], Dish, dict[str, int], str])
def test_the_form_of_a_whole_is_told_where_it_was_sent_in_an_object(kind: Any) -> None:
    for mode in (Mode.TOOLS, Mode.JSON, Mode.JSON_SCHEMA):
        asked = compile_request(kind, "Soup.", mode=mode, model="compatible/a")
        (form,) = filter(None, [sent_by(asked, one) for one in prompt_forms(Schema.of(kind))])
        assert form.wrapped == (kind in (list[Dish], str) and mode is not Mode.JSON)
        assert sent_by(asked, PlainForm(Schema.of(int))) is None


def test_a_schema_that_takes_no_quotes_has_one_form() -> None:
    assert len(prompt_forms(Schema.of(True))) == 1


def test_fields_are_known_without_their_quotes() -> None:
    for form in FORMS:
        part = form.for_part(Schema.of(PATCH))
        found = FieldsRequest.by(request(part.schema), FORMS)
        assert found is not None
        assert (found.schema, found.form.schema, found.form.quoted) == (PATCH, part.schema, form.quoted)


def test_fields_of_another_schema_are_taken_as_they_were_asked_for() -> None:
    other: Any = {"type": "object", "properties": {"/gone": {"type": "string"}}, "required": ["/gone"]}
    found = FieldsRequest.by(request(other), FORMS)
    assert found is not None
    assert (found.schema, found.form.schema) == (other, other)


def test_other_questions_ask_for_no_fields() -> None:
    assert FieldsRequest.by(request(PATCH, "Dish"), FORMS) is None
    assert requested_paths(request({"type": "object", "properties": {"name": {}}})) == ()


def test_some_of_the_fields_keep_their_schemas() -> None:
    left = FieldsRequest(PATCH, PlainForm(Schema.of(PATCH))).only(["/serves"])
    assert (left.paths, left.schema["required"]) == (("/serves",), ["/serves"])
