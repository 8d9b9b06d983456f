"""How programs that were written for instructor come to structgen.instructor: functions, names, versions."""

import asyncio
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import groq
import groq.types.chat
import instructor as stock
import openai
import pytest
from groq.resources.chat import Completions
from pydantic import BaseModel, Field

import structgen
from structgen import ConfigurationError
from structgen import instructor as door
from structgen.testing import Emulator, plain, reply

Open = Callable[..., Any]
instructor: Any = door
MODEL = "openai/gpt-oss-120b"


class Ingredient(BaseModel):
    name: str
    amount: str = Field(description="with its unit, such as a cup")


class Dish(BaseModel):
    title: str
    minutes: int
    ingredients: list[Ingredient]
    steps: list[str]


DISH = {
    "title": "Pancakes",
    "minutes": 15,
    "ingredients": [{"name": "flour", "amount": "1 cup"}],
    "steps": ["mix", "fry"],
}
MESSAGES = [{"role": "user", "content": "How are pancakes made?"}]


def test_a_patched_client_takes_a_response_model(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(reply(json.dumps(DISH)))
    client = open_groq()
    patched = instructor.patch(client)
    dish = patched.chat.completions.create(model=MODEL, response_model=Dish, messages=MESSAGES, max_retries=2)
    assert patched is client
    assert isinstance(dish, Dish)
    assert dish.ingredients[0].amount == "1 cup"


def test_a_patched_client_still_answers_without_one(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(plain("Mix and fry."), plain("Mix and fry."))
    client = instructor.patch(open_groq())
    whole = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    assert isinstance(whole, groq.types.chat.ChatCompletion)
    pieces = client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "Mix and fry."


def test_nothing_but_that_client_is_patched(groq_emulator: Emulator, open_groq: Open) -> None:
    groq_emulator.script(reply(json.dumps(DISH)))
    before = (stock.patch, stock.from_groq, stock.Instructor.create, Completions.create)
    client = instructor.patch(open_groq())
    client.chat.completions.create(model=MODEL, response_model=Dish, messages=MESSAGES)
    assert before == (stock.patch, stock.from_groq, stock.Instructor.create, Completions.create)
    assert "create" not in vars(open_groq().chat.completions)


def test_a_function_can_be_patched_alone(groq_emulator: Emulator, open_openai: Open) -> None:
    groq_emulator.script(reply(json.dumps(DISH)))
    client = open_openai()
    create = instructor.patch(create=client.chat.completions.create, mode=stock.Mode.JSON)
    assert create(model=MODEL, response_model=Dish, messages=MESSAGES).minutes == 15
    assert "create" not in vars(client.chat.completions)


def test_an_async_client_is_patched_too(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(DISH)), plain("Mix and fry."))

    async def run() -> tuple[Any, Any]:
        address: dict[str, Any] = {"api_key": groq_emulator.api_key, "base_url": groq_emulator.base_url}
        async with groq.AsyncGroq(**address) as opened:
            client: Any = instructor.apatch(opened)
            create = client.chat.completions.create
            return (
                await create(model=MODEL, response_model=Dish, messages=MESSAGES),
                await create(model=MODEL, messages=MESSAGES),
            )

    dish, completion = asyncio.run(run())
    assert dish.title == "Pancakes"
    assert completion.choices[0].message.content == "Mix and fry."


def test_a_nested_schema_with_unions_and_a_prompt_that_shows_it(groq_emulator: Emulator, open_groq: Open) -> None:
    class Address(BaseModel):
        street: str
        country: str

    class Contact(BaseModel):
        email: str
        phone: str | None = None
        address: Address

    class Review(BaseModel):
        stars: float = Field(ge=1, le=5)

    class Product(BaseModel):
        name: str
        attributes: dict[str, str]
        reviews: list[Review]
        maker: dict[str, str | Contact]

    value = {
        "name": "Kettle",
        "attributes": {"color": "red"},
        "reviews": [{"stars": 4.5}],
        "maker": {
            "name": "Any Kettles",
            "contact": {"email": "mail@example.org", "phone": None, "address": {"street": "Any", "country": "NO"}},
        },
    }
    groq_emulator.script(reply(json.dumps(value)))
    product = instructor.patch(open_groq()).chat.completions.create(
        model=MODEL,
        response_model=Product,
        messages=[
            {"role": "system", "content": 'Answer as JSON:\n{"name": "string", "reviews": [{"stars": number (1-5)}]}'},
            {"role": "user", "content": "Describe a kettle."},
        ],
        max_retries=3,
    )
    assert isinstance(product.maker["contact"], Contact)
    assert product.maker["name"] == "Any Kettles"
    assert product.reviews[0].stars == 4.5


def test_a_provider_is_opened_with_its_model(groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    groq_emulator.script(reply(json.dumps(DISH)))
    client: Any = instructor.from_provider(f"groq/{MODEL}", temperature=0.5)
    dish = client.create(response_model=Dish, messages=MESSAGES)
    client.close()
    assert dish.title == "Pancakes"
    assert groq_emulator.requests[0].body["model"] == MODEL
    monkeypatch.delenv("GROQ_API_KEY")
    with pytest.raises(ConfigurationError, match="No client of groq can be opened"):
        instructor.from_provider(f"groq/{MODEL}")


@pytest.mark.parametrize("model", ["anthropic/any", "groq", "groq/", ""])
def test_other_providers_are_refused(model: str) -> None:
    with pytest.raises(ConfigurationError, match=r"opens groq/<id> and openai/<id>"):
        instructor.from_provider(model)


@pytest.mark.parametrize(
    ("door", "client", "said"),
    [
        ("from_groq", None, "client is None, but must be a client"),
        ("from_groq", "gsk_key", "client is str"),
        ("from_groq", groq.Groq, "client is the class Groq"),
        ("from_groq", openai.OpenAI(api_key="k"), r"call from_openai\(client\)"),
        ("from_openai", groq.Groq(api_key="k"), r"call from_groq\(client\)"),
        ("from_openai", object(), "client is object"),
        ("patch", None, "client is None"),
        ("patch", print, "client is builtin_function_or_method"),
    ],
)
def test_a_client_of_another_kind_is_refused(door: str, client: object, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as raised:
        getattr(instructor, door)(client)
    assert "gsk_key" not in str(raised.value)


def test_the_options_are_checked_at_the_door() -> None:
    with pytest.raises(ConfigurationError, match="options is 3"):
        instructor.from_groq(groq.Groq(api_key="k"), options=3)


def test_other_names_are_instructors_own() -> None:
    assert instructor.Mode is stock.Mode
    assert instructor.Maybe is stock.Maybe
    assert structgen.instructor is instructor
    assert "from_groq" in dir(instructor)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = instructor.no_such_name
    with pytest.raises(AttributeError, match=r"has no from_anthropic.*Extractor"):
        _ = instructor.from_anthropic


@pytest.mark.parametrize("found", ["1.10.0", "0.6.8", "2.0.1", "unknown"])
def test_an_unsupported_version_is_said_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch, found: str) -> None:
    def other(name: str) -> str:
        del name
        return found

    monkeypatch.setattr(importlib.metadata, "version", other)
    with pytest.raises(ConfigurationError, match=rf'{found}: run pip install "instructor>=1\.17,<2"'):
        instructor.from_groq(groq.Groq(api_key="k"))


def test_a_missing_instructor_is_said_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(ConfigurationError, match=r'needs instructor: run pip install "instructor>=1\.17'):
        _ = instructor.Mode


def test_importing_it_imports_no_instructor_yet() -> None:
    code = "import sys, structgen.instructor\nprint('instructor' in sys.modules, 'groq' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
