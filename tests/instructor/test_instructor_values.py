"""The values of structgen.instructor, as instructor's users read them, over the wire with both SDKs."""

import enum
import json
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypedDict

import groq.types
import groq.types.chat
import instructor as stock
import openai.types.chat
import pytest
import tenacity
from pydantic import BaseModel, Field, ValidationInfo, field_validator

from structgen import Budget, ConfigurationError, Options
from structgen import instructor as door
from structgen.testing import Emulator, plain, reply

Open = Callable[..., Any]
instructor: Any = door
MODEL = "openai/gpt-oss-20b"
ASKED: dict[str, Any] = {"model": MODEL, "messages": [{"role": "user", "content": "A soup for four"}]}


class Step(BaseModel):
    text: str


class Recipe(BaseModel):
    title: str
    minutes: int = Field(ge=1)
    steps: list[Step] = []


class Snack(BaseModel):
    brand: str


class Taste(enum.Enum):
    SALTY = "salty"
    SWEET = "sweet"


class Named(TypedDict):
    name: str


Maybe: Any = stock.Maybe(Step)
SOUP = {"title": "Soup", "minutes": 20, "steps": [{"text": "boil"}]}
SAID = json.dumps(SOUP)


def test_a_model_comes_with_its_completion_and_usage(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(reply(SAID))
    recipe = instructor.from_groq(open_groq()).chat.completions.create(response_model=Recipe, **ASKED)
    assert isinstance(recipe, Recipe)
    assert recipe.model_dump() == SOUP
    completion: Any = recipe.__dict__["_raw_response"]
    assert isinstance(completion, groq.types.chat.ChatCompletion)
    assert json.loads(completion.choices[0].message.content or "") == SOUP
    assert isinstance(recipe.__dict__["_total_usage"], groq.types.CompletionUsage)


def test_a_client_of_openai_gives_completions_of_openai(groq_emulator: Emulator, open_openai: Open) -> None:
    groq_emulator.script(reply(SAID))
    client = instructor.from_openai(open_openai(), model=MODEL)
    recipe, completion = client.create_with_completion(messages=ASKED["messages"], response_model=Recipe)
    assert recipe.title == "Soup"
    assert isinstance(completion, openai.types.chat.ChatCompletion)
    assert completion.usage
    assert completion.usage.total_tokens > 0


def test_it_is_an_instructor_with_all_its_ways_to_create(groq_emulator: Emulator, open_groq: Open) -> None:
    client = instructor.from_groq(open_groq(), mode=instructor.Mode.JSON)
    assert isinstance(client, stock.Instructor)
    assert client.mode is stock.Mode.JSON
    for create in (client.create, client.chat.completions.create, client.messages.create, client.create_fn):
        groq_emulator.script(reply(SAID))
        assert create(response_model=Recipe, **ASKED).title == "Soup"
    assert client.models.list().data


@pytest.mark.parametrize(
    ("mode", "sent"),
    [
        (None, "json_schema"),
        (stock.Mode.JSON, "json_object"),
        (stock.Mode.JSON_SCHEMA, "json_schema"),
        (stock.Mode.TOOLS, "tools"),
        (stock.Mode.MD_JSON, "text"),
    ],
)
def test_a_mode_that_is_given_is_kept(groq_emulator: Emulator, open_groq: Open, mode: Any, sent: str) -> None:
    groq_emulator.script(reply(SAID))
    recipe, completion = instructor.from_groq(open_groq(), mode=mode).create_with_completion(
        response_model=Recipe, **ASKED
    )
    body: dict[str, Any] = dict(groq_emulator.requests[0].body)
    assert recipe.minutes == 20
    assert sent == ("tools" if "tools" in body else body.get("response_format", {"type": "text"})["type"])
    assert bool(completion.choices[0].message.tool_calls) == (sent == "tools")


@pytest.mark.parametrize("mode", [stock.Mode.GEMINI_JSON, "json", 3])
def test_a_mode_of_another_provider_is_refused(open_groq: Open, mode: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"mode is .*Mode\.TOOLS"):
        instructor.from_groq(open_groq(), mode=mode)


@pytest.mark.parametrize(
    ("model", "said", "value"),
    [
        (list[Step], [{"text": "boil"}], [Step(text="boil")]),
        (Iterable[Step], [{"text": "boil"}], [Step(text="boil")]),
        (list[int], [1, 2], [1, 2]),
        (int, 7, 7),
        (bool, True, True),
        (Literal["salty", "sweet"], "salty", "salty"),
        (Taste, "sweet", Taste.SWEET),
        (Recipe | Snack, {"brand": "Any"}, Snack(brand="Any")),
        (dict[str, int], {"a": 1}, {"a": 1}),
        (Maybe, {"result": {"text": "boil"}, "error": False, "message": None}, Maybe(result=Step(text="boil"))),
    ],
    ids=str,
)
def test_any_response_model_gives_its_value_and_a_completion(
    groq_emulator: Emulator, open_groq: Open, model: Any, said: object, value: object
) -> None:
    groq_emulator.script(reply(json.dumps({"value": said}), as_is=True))
    got, completion = instructor.from_groq(open_groq()).create_with_completion(response_model=model, **ASKED)
    assert got == value
    assert isinstance(completion, groq.types.chat.ChatCompletion)


@pytest.mark.parametrize(("model", "said"), [(Named, {"name": "Soup"}), (list[Named], [{"name": "Soup"}])])
def test_a_typed_dict_becomes_a_model_as_in_instructor(
    groq_emulator: Emulator, open_groq: Open, model: Any, said: Any
) -> None:
    groq_emulator.script(reply(json.dumps({"value": said} if isinstance(said, list) else said), as_is=True))
    value = instructor.from_groq(open_groq()).create(response_model=model, **ASKED)
    assert (value[0] if isinstance(said, list) else value).name == "Soup"


def test_a_lone_system_message_is_the_request(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(reply(SAID))
    said = [{"role": "system", "content": "A soup for four"}]
    instructor.from_groq(open_groq()).create(model=MODEL, response_model=Recipe, messages=said)
    messages: Any = groq_emulator.requests[0].body["messages"]
    assert messages[-1] == {"role": "user", "content": "A soup for four"}
    assert said[0]["role"] == "system"


def test_images_of_instructor_are_sent(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(reply(SAID))
    image = stock.Image.from_url("https://example.org/soup.png")
    instructor.from_groq(open_groq()).create(
        model="qwen/qwen3.8-27b",
        response_model=Recipe,
        messages=[{"role": "user", "content": ["What is this?", image]}],
    )
    messages: Any = groq_emulator.requests[0].body["messages"]
    content = messages[-1]["content"]
    assert [part["type"] for part in content] == ["text", "image_url"]
    assert content[1]["image_url"]["url"] == "https://example.org/soup.png"


def test_a_list_carries_its_completion(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(reply('{"value": [{"text": "boil"}]}', as_is=True))
    steps: Any = instructor.from_groq(open_groq()).create(response_model=list[Step], **ASKED)
    assert steps.get_raw_response().choices[0].message.content
    assert steps.get_total_usage().total_tokens > 0


def test_without_a_model_the_sdk_answers_itself(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(plain("Boil it."))
    completion = instructor.from_groq(open_groq()).create(response_model=None, top_p=0.5, **ASKED)
    assert completion.choices[0].message.content == "Boil it."
    assert groq_emulator.requests[0].body["top_p"] == 0.5
    assert "temperature" not in groq_emulator.requests[0].body


def test_the_context_fills_templates_and_reaches_validators(groq_emulator: Emulator, open_groq: Open) -> None:
    class Guest(BaseModel):
        name: str

        @field_validator("name")
        @classmethod
        def invited(cls, name: str, info: ValidationInfo) -> str:
            if name not in (info.context or {})["guests"]:
                raise ValueError("is not invited")
            return name

    groq_emulator.script(reply('{"name": "Bob"}'), reply('{"/name": "Ann"}', as_is=True))
    guest = instructor.from_groq(open_groq()).create(
        model=MODEL,
        response_model=Guest,
        messages=[{"role": "user", "content": "One of: {{ guests | join(' or ') }}"}],
        validation_context={"guests": ["Ann", "Cem"]},
    )
    assert guest.name == "Ann"
    assert groq_emulator.requests[0].body["messages"][-1]["content"] == "One of: Ann or Cem"  # type: ignore[index,call-overload]


def test_strict_refuses_what_is_otherwise_repaired(groq_emulator: Emulator, open_groq: Open) -> None:
    said = reply('{"title": "Soup", "minutes": "20"}', as_is=True)
    client = instructor.from_groq(open_groq(), mode=stock.Mode.JSON)
    groq_emulator.script(said)
    assert client.create(response_model=Recipe, **ASKED).minutes == 20
    groq_emulator.script(said, reply('{"/minutes": 20}', as_is=True))
    assert client.create(response_model=Recipe, strict=True, **ASKED).minutes == 20
    assert len(groq_emulator.requests) == 3


def test_parameters_of_the_call_go_before_those_of_the_client(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(reply(SAID), reply(SAID))
    client = instructor.from_groq(open_groq(), temperature=0.9, seed=1, model="openai/gpt-oss-120b")
    messages = ASKED["messages"]
    client.create(response_model=Recipe, messages=messages)
    client.create(response_model=Recipe, messages=messages, temperature=0.1, max_tokens=300, stop=["END"], model=MODEL)
    first, second = (dict(received.body) for received in groq_emulator.requests)
    assert (first["temperature"], first["seed"], first["model"]) == (0.9, 1, "openai/gpt-oss-120b")
    assert (second["temperature"], second["max_completion_tokens"], second["stop"]) == (0.1, 300, ["END"])
    assert second["model"] == MODEL


def test_headers_and_timeouts_of_a_call_reach_the_wire(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(reply(SAID))
    client = instructor.from_groq(open_groq(default_headers={"x-team": "kitchen"}))
    client.create(response_model=Recipe, extra_headers={"x-call": "7"}, timeout=30, **ASKED)
    headers = groq_emulator.requests[0].headers
    assert (headers["x-team"], headers["x-call"]) == ("kitchen", "7")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"tools": []}, "does not send tools"),
        ({"n": 3, "logit_bias": {}}, "does not send logit_bias, n"),
        ({"model": None}, "model is missing"),
        ({"messages": None}, "messages is missing"),
        ({"messages": 5}, "messages is 5"),
        ({"max_retries": "twice"}, "max_retries is 'twice'"),
        ({"response_model": list}, "must name its items"),
        ({"temperature": 9}, "temperature is 9"),
        ({"token_budget": 0}, "token_budget is 0"),
        ({"context": 3}, "context is int, but must be a mapping"),
        ({"hooks": print}, "hooks is .* but must be Hooks"),
        ({"strict": "yes"}, "strict is 'yes', but must be True or False"),
        ({"token_budget": 5, "response_model": None}, "pass a response_model"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(
    groq_emulator: Emulator, open_groq: Open, arguments: dict[str, Any], said: str
) -> None:
    client = instructor.from_groq(open_groq())
    with pytest.raises(ConfigurationError, match=said):
        client.create(**{**ASKED, "response_model": Recipe, **arguments})
    assert not groq_emulator.requests


def test_options_and_a_store_of_structgen_can_be_given(groq_emulator: Emulator, open_groq: Open, tmp_path: Any) -> None:
    groq_emulator.script(reply(SAID))
    options = Options(budget=Budget(max_tokens=50_000))
    client = instructor.from_groq(open_groq(), options=options, store=tmp_path / "answers.sqlite")
    first = client.create(response_model=Recipe, **ASKED)
    again = client.create(response_model=Recipe, **ASKED)
    assert first == again
    assert len(groq_emulator.requests) == 1
    assert again._total_usage.total_tokens == 0


def test_async_validators_are_refused_as_instructor_does(open_groq: Open) -> None:
    from instructor.v2.validation.async_validators import async_field_validator

    class Slow(BaseModel):
        name: str

        @async_field_validator("name")
        async def check(self, name: str) -> str:
            return name

    with pytest.raises(ValueError, match="async validators are not supported"):
        instructor.from_groq(open_groq()).create(response_model=Slow, **ASKED)


def test_a_history_with_parts_keeps_messages_of_every_other_form(groq_emulator: Emulator, open_groq: Open) -> None:
    client = instructor.from_groq(open_groq())
    groq_emulator.script(plain("Sure."), reply(SAID), reply(SAID))
    said = client.create(response_model=None, **ASKED).choices[0].message
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    parts = {"role": "user", "content": [{"type": "text", "text": "Soup {{word}}"}]}
    history: list[Any] = [
        ASKED["messages"][0],
        said,
        {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "20"},
        parts,
    ]
    for context in (None, {"word": "now"}):
        made = client.create(model=MODEL, response_model=Recipe, messages=history, context=context)
        assert made.title == "Soup"
    sent = groq_emulator.requests[-1].body["messages"][-1]["content"]
    assert "Soup now" in json.dumps(sent)
    assert parts["content"] == [{"type": "text", "text": "Soup {{word}}"}]


def test_without_a_model_a_lone_system_message_stays_one(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(plain("Hi."))
    messages = [{"role": "system", "content": "Say hi"}]
    instructor.from_groq(open_groq()).create(model=MODEL, response_model=None, messages=messages)
    assert [one["role"] for one in groq_emulator.requests[0].body["messages"]] == ["system"]


@pytest.mark.parametrize("wrong", [{"timeout": "5"}, {"timeout": -1}, {"timeout": True}, {"extra_headers": 5}])
def test_a_wrong_timeout_or_header_is_refused(open_groq: Open, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        instructor.from_groq(open_groq()).create(response_model=Recipe, **ASKED, **wrong)


def test_a_provider_has_to_be_a_string() -> None:
    with pytest.raises(ConfigurationError, match="model"):
        instructor.from_provider(None)


def test_a_partial_has_none_where_a_factory_makes_the_default(groq_emulator: Emulator, open_groq: Open) -> None:
    class Shelf(BaseModel):
        jars: list[str] = Field(default_factory=list)
        height: int

    groq_emulator.script(reply('{"height": 3}'))
    *partials, last = instructor.from_groq(open_groq()).create_partial(response_model=Shelf, **ASKED)
    assert {one.jars for one in partials} <= {None}
    assert last.jars == []


def test_a_value_whose_model_refuses_attributes_is_not_lost(groq_emulator: Emulator, open_groq: Open) -> None:
    class Sealed(BaseModel):
        title: str

        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(name)

    groq_emulator.script(reply('{"title": "Soup"}'))
    assert instructor.from_groq(open_groq()).create(response_model=Sealed, **ASKED).title == "Soup"


def test_a_policy_whose_stop_is_a_number_is_refused(open_groq: Open) -> None:
    policy: Any = tenacity.Retrying(stop=5)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="stop_after_attempt"):
        instructor.from_groq(open_groq()).create(response_model=Recipe, max_retries=policy, **ASKED)
