"""The emulator's completions as the groq and the openai SDK read them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator

import groq
import httpx
import openai
import pytest

from structgen.testing import Emulator, plain, refusal, reply
from structgen.testing.emulator.replies import Answer

MODEL = "openai/gpt-oss-20b"
ASK = [{"role": "user", "content": "Answer in JSON."}]
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "answer", "parameters": SCHEMA}}
FORCED = {"type": "function", "function": {"name": "answer"}}


def raw(client: groq.Groq, **arguments: object) -> dict[str, object]:
    """Return the body as received."""
    response = client.post(
        "/openai/v1/chat/completions", body={"model": MODEL, "messages": ASK, **arguments}, cast_to=httpx.Response
    )
    return json.loads(response.content)


def test_a_body_has_just_the_fields_of_a_recorded_one(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Ada", reasoning="It says so."))
    body = raw(client, seed=7)
    assert set(body) == {
        "choices",
        "created",
        "id",
        "model",
        "object",
        "service_tier",
        "system_fingerprint",
        "usage",
        "usage_breakdown",
        "x_groq",
    }
    assert body["choices"] == [
        {
            "finish_reason": "stop",
            "index": 0,
            "logprobs": None,
            "message": {"role": "assistant", "content": "Ada", "reasoning": "It says so."},
        }
    ]
    assert set(body["usage"]) == {  # pyright: ignore[reportArgumentType] - JSON of a known shape
        "completion_time",
        "completion_tokens",
        "completion_tokens_details",
        "prompt_time",
        "prompt_tokens",
        "queue_time",
        "total_time",
        "total_tokens",
    }
    assert body["service_tier"] == "on_demand"
    assert re.fullmatch(r"chatcmpl-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(body["id"]))
    assert re.fullmatch(r"fp_[0-9a-f]{10}", str(body["system_fingerprint"]))


def test_the_request_s_id_is_a_ulid_of_now(client: groq.Groq) -> None:
    first, second = raw(client)["x_groq"], raw(client, seed=7)["x_groq"]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert re.fullmatch(r"req_0[0-9a-hjkmnp-tv-z]{25}", first["id"])
    assert first["id"] < second["id"] or first["id"][4:14] == second["id"][4:14]
    assert second["seed"] == 7


def test_the_groq_sdk_reads_a_completion(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada"}', reasoning="Hm."))
    found = client.chat.completions.create(model=MODEL, messages=ASK, response_format={"type": "json_object"})
    assert found.choices[0].message.content == '{"name": "Ada"}'
    assert found.choices[0].message.reasoning == "Hm."
    assert found.usage is not None
    assert found.usage.total_tokens == found.usage.prompt_tokens + found.usage.completion_tokens
    assert found.usage.total_time == pytest.approx((found.usage.prompt_time or 0) + (found.usage.completion_time or 0))


def test_the_async_groq_sdk_reads_a_completion(groq_emulator: Emulator) -> None:
    async def ask() -> str | None:
        async with groq.AsyncGroq(http_client=groq.DefaultAioHttpClient()) as client:
            found = await client.chat.completions.create(model=MODEL, messages=ASK)
            return found.choices[0].message.content

    groq_emulator.script(reply("Ada"))
    assert asyncio.run(ask()) == "Ada"


def test_a_forced_function_is_called_with_the_text_as_its_arguments(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name":"Ada"}'))
    body = raw(client, tools=[TOOL], tool_choice=FORCED)
    (choice,) = body["choices"]  # pyright: ignore[reportGeneralTypeIssues] - JSON of a known shape
    assert choice["finish_reason"] == "tool_calls"
    assert set(choice["message"]) == {"role", "tool_calls"}
    (call,) = choice["message"]["tool_calls"]
    assert call["function"] == {"name": "answer", "arguments": '{"name":"Ada"}'}
    assert re.fullmatch(r"fc_[0-9a-f-]{36}", call["id"])


def test_a_model_may_make_several_calls_and_say_something_beside_them(
    client: groq.Groq, groq_emulator: Emulator
) -> None:
    other = {"type": "function", "function": {"name": "other"}}
    groq_emulator.script(reply('{"name":"Ada"}', calls=['{"name":"Bo"}', ("other", "{}")], content="Three calls."))
    (choice,) = raw(client, tools=[TOOL, other], tool_choice=FORCED)["choices"]  # pyright: ignore[reportGeneralTypeIssues]
    assert choice["message"]["content"] == "Three calls."
    assert [call["function"] for call in choice["message"]["tool_calls"]] == [
        {"name": "answer", "arguments": '{"name":"Ada"}'},
        {"name": "answer", "arguments": '{"name":"Bo"}'},
        {"name": "other", "arguments": "{}"},
    ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply('{"name":"Ada"}', calls=['{"name":5}']), "did not match schema"),
        (reply('{"name":"Ada"}', calls=["oops"]), "Failed to parse tool call arguments"),
        (reply('{"name":"Ada"}', calls=[("cook", "{}")]), "attempted to call tool 'cook'"),
        (reply('{"name":"Ada"}', tool="cook"), "attempted to call tool 'cook'"),
    ],
)
def test_every_call_is_checked(answer: Answer, words: str, client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(answer)
    with pytest.raises(groq.BadRequestError, match=words) as caught:
        raw(client, tools=[TOOL], tool_choice=FORCED)
    assert "Ada" in json.dumps(caught.value.body)


def test_a_model_may_answer_plainly_where_it_need_not_call(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("No call."))
    found = client.chat.completions.create(model=MODEL, messages=ASK, tools=[TOOL])  # pyright: ignore[reportArgumentType]
    assert (found.choices[0].message.content, found.choices[0].finish_reason) == ("No call.", "stop")


def test_functions_that_may_not_be_called_are_not(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("words"))
    body = raw(client, tools=[TOOL], tool_choice="none")
    assert body["choices"][0]["message"]["content"] == "words"  # pyright: ignore[reportIndexIssue]


def test_of_several_functions_the_forced_one_is_called(client: groq.Groq, groq_emulator: Emulator) -> None:
    other = {"type": "function", "function": {"name": "other"}}
    groq_emulator.script(reply("{}"))
    choice = {"type": "function", "function": {"name": "other"}}
    found = client.chat.completions.create(model=MODEL, messages=ASK, tools=[TOOL, other], tool_choice=choice)  # pyright: ignore[reportArgumentType]
    calls = found.choices[0].message.tool_calls
    assert calls is not None
    assert calls[0].function.name == "other"


def test_a_refusal_stands_in_its_own_field(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(refusal("I will not."))
    (choice,) = raw(client)["choices"]  # pyright: ignore[reportGeneralTypeIssues]
    assert choice["message"] == {"role": "assistant", "content": None, "refusal": "I will not."}


def test_a_scripted_finish_reason_is_kept(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("x", finish_reason="length"))
    assert client.chat.completions.create(model=MODEL, messages=ASK).choices[0].finish_reason == "length"


def test_an_answer_as_it_is_passes_every_check(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("no json at all", as_is=True))
    found = client.chat.completions.create(
        model=MODEL, messages=ASK, response_format={"type": "json_object"}, max_completion_tokens=1
    )
    assert found.choices[0].message.content == "no json at all"


@pytest.fixture
def openai_client(groq_emulator: Emulator) -> Iterator[openai.OpenAI]:
    base = f"{groq_emulator.base_url}/openai/v1"
    with openai.OpenAI(api_key=groq_emulator.api_key, base_url=base, max_retries=0) as opened:
        yield opened


def test_the_openai_sdk_reads_a_completion(openai_client: openai.OpenAI, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada"}'))
    found = openai_client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Who?"}],
        response_format={"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}},
    )
    assert found.choices[0].message.content == '{"name": "Ada"}'


def test_the_openai_sdk_lists_the_models(openai_client: openai.OpenAI) -> None:
    assert MODEL in {model.id for model in openai_client.models.list()}


def test_the_models_in_service_are_listed_with_their_sizes(client: groq.Groq) -> None:
    listed = {model.id: model for model in client.models.list().data}
    assert "llama-3.3-70b-versatile" not in listed
    found = client.get(f"/openai/v1/models/{MODEL}", cast_to=httpx.Response).json()
    assert (found["context_window"], found["max_completion_tokens"]) == (131072, 65536)
    assert (found["active"], found["owned_by"], found["object"]) == (True, "openai", "model")


def test_one_model_can_be_retrieved_and_an_unknown_one_cannot(client: groq.Groq) -> None:
    assert client.models.retrieve(MODEL).id == MODEL
    with pytest.raises(groq.NotFoundError, match="model_not_found"):
        client.models.retrieve("no/such")


def test_models_of_the_test_s_own_are_served_too() -> None:
    with Emulator(models=("my-model",), api_key=None) as emulator:
        client = groq.Groq(api_key="gsk_any", base_url=emulator.base_url)
        assert "my-model" in {model.id for model in client.models.list().data}
        assert client.models.retrieve("my-model").id == "my-model"
        emulator.script(reply("x"))
        assert client.chat.completions.create(model="my-model", messages=ASK).model == "my-model"
        client.close()


@pytest.mark.parametrize(
    ("stop", "said"),
    [("four", "One, two, three, "), (["three", "two"], "One, "), (["", "six"], "One, two, three, four"), ([], None)],
)
def test_an_answer_ends_before_the_first_stop_sequence(
    stop: str | list[str], said: str | None, client: groq.Groq, groq_emulator: Emulator
) -> None:
    whole = "One, two, three, four"
    groq_emulator.script(*[reply(whole, finish_reason="odd")] * 2, reply(whole, as_is=True))
    found = client.chat.completions.create(model=MODEL, messages=ASK, stop=stop)  # type: ignore[arg-type]
    assert found.choices[0].message.content == (said or whole)
    assert found.choices[0].finish_reason == ("odd" if said in {None, whole} else "stop")
    assert found.usage is not None
    assert found.usage.completion_tokens == (len(said or whole) + 3) // 4
    parts = list(client.chat.completions.create(model=MODEL, messages=ASK, stop=stop, stream=True))  # type: ignore[arg-type]
    assert "".join(part.choices[0].delta.content or "" for part in parts) == (said or whole)
    assert parts[-1].choices[0].finish_reason == found.choices[0].finish_reason
    as_is = client.chat.completions.create(model=MODEL, messages=ASK, stop=stop)  # type: ignore[arg-type]
    assert as_is.choices[0].message.content == whole


def test_what_rules_and_functions_answer_is_cut_too(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda _: "Ready. END of it")
    assert raw(client, stop="END")["choices"][0]["message"]["content"] == "Ready. "  # type: ignore[index]


def test_json_that_a_stop_sequence_cuts_is_refused_as_no_json(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(*[reply('{"name": "Ada"}')] * 2)
    wanted = {"response_format": {"type": "json_object"}, "stop": "Ada"}
    with pytest.raises(groq.BadRequestError, match="json_validate_failed") as caught:
        raw(client, **wanted)
    assert caught.value.body["error"]["failed_generation"] == '{"name": "'  # type: ignore[index]
    headers = {"authorization": f"Bearer {groq_emulator.api_key}"}
    body = {"model": MODEL, "messages": ASK, "stream": True, **wanted}
    streamed = httpx.post(f"{groq_emulator.base_url}/openai/v1/chat/completions", json=body, headers=headers)
    assert "Ada" not in streamed.text
    assert "event: error" in streamed.text
