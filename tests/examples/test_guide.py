"""What people start from, each in a few lines: the tasks of the provider's guides, against the emulator."""

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel, Field

from structgen import (
    AuthenticationFailed,
    Budget,
    ConnectionFailed,
    ExtractionFailed,
    Extractor,
    Options,
    RateLimited,
    Style,
    Task,
    compile_request,
    extract,
    fields,
    generate,
)
from structgen.testing import Emulator, error, reply

LARGE, SMALL = "groq/openai/gpt-oss-120b", "groq/openai/gpt-oss-20b"


def said(emulator: Emulator, number: int = -1) -> dict[str, Any]:
    return emulator.requests[number].body


def test_sentiment_of_a_review(groq_emulator: Emulator) -> None:
    answer = {
        "sentiment": "positive",
        "confidence_score": 0.8,
        "key_phrases": [{"phrase": "wonderful lamp", "sentiment": "positive"}],
        "summary": "The lamp pleases.",
    }
    groq_emulator.script(reply(json.dumps(answer)))
    review = "A wonderful lamp, but the cable is short."
    sentiment = fields(
        "sentiment: positive|negative|neutral, confidence_score float, "
        "key_phrases: {phrase, sentiment: positive|negative|neutral}[], summary"
    )
    result = extract(sentiment, review)
    assert result.value == answer
    assert [piece.path for piece in result.evidence if piece.text == "wonderful lamp"] == ["/key_phrases/0/phrase"]


class Ingredient(BaseModel):
    name: str
    quantity: str
    quantity_unit: str | None


class Recipe(BaseModel):
    recipe_name: str
    ingredients: list[Ingredient]
    directions: list[str]


PIE = {
    "recipe_name": "Apple pie",
    "ingredients": [{"name": "apples", "quantity": "6", "quantity_unit": None}],
    "directions": ["Peel.", "Bake."],
}


def test_a_recipe_by_its_name(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(PIE)))
    recipe = generate(Recipe, "A recipe for apple pie").value
    assert recipe.ingredients[0].quantity_unit is None
    assert said(groq_emulator)["messages"][-1]["content"] == "A recipe for apple pie"


class Product(BaseModel):
    id: str
    name: str
    price: float
    description: str
    in_stock: bool
    tags: list[str] = Field(default_factory=list)


PHONE = {"id": "p1", "name": "Phone", "price": 499.0, "description": "A phone.", "in_stock": True}


def test_a_product_that_is_valid(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps({**PHONE, "tags": []})))
    assert generate(Product, "Tell me about a phone").value == Product.model_validate(PHONE)


def failure_of(answer: str, emulator: Emulator) -> ExtractionFailed:
    emulator.script(reply(answer, as_is=True))
    with pytest.raises(ExtractionFailed) as caught:
        generate(Product, "Tell me about a phone", options=Options(budget=Budget(max_attempts=1)))
    return caught.value


def test_a_product_that_is_no_json(groq_emulator: Emulator) -> None:
    failed = failure_of("I do not know.", groq_emulator)
    assert failed.issues[0].path == ""
    assert failed.partial is None


def test_a_product_that_does_not_fit_the_schema(groq_emulator: Emulator) -> None:
    failed = failure_of(json.dumps({**PHONE, "price": "cheap"}), groq_emulator)
    assert failed.issues[0].path == "/price"
    assert failed.partial == {**PHONE, "price": "cheap"}


def test_a_recipe_that_is_asked_for_again(groq_emulator: Emulator) -> None:
    broken = {key: value for key, value in PIE.items() if key != "directions"}
    fixed = {"/directions": ["Peel.", "Bake."]}
    groq_emulator.script(reply(json.dumps(broken), as_is=True), reply(json.dumps(fixed), as_is=True))
    result = generate(Recipe, "Give me a recipe for apple pie", options=Options(budget=Budget(max_attempts=2)))
    assert result.value.directions == ["Peel.", "Bake."]


class Actor(BaseModel):
    actor: str
    character: str


class Movie(BaseModel):
    title: str
    year: int
    genre: list[str]
    runtime_minutes: int
    rating: float = Field(ge=1, le=10)
    cast: list[Actor]


def test_the_poor_and_the_effective_prompt_for_a_movie() -> None:
    poor = compile_request(
        dict[str, Any], "Tell me about a movie", style=Style.NONE, instructions="Give facts.", extracting=False
    )
    database = Task("movie", Movie, instructions="You are a movie database.")
    effective = compile_request(database, "Tell me about a movie", extracting=False)
    assert "runtime_minutes" not in poor.messages[0].content
    assert all(name in effective.messages[0].content for name in Movie.model_fields)
    assert "1" in effective.messages[0].content
    assert "10" in effective.messages[0].content


class Address(BaseModel):
    street: str
    city: str
    country: str


class ContactInfo(BaseModel):
    email: str
    phone: str | None = None
    address: Address


class Variant(BaseModel):
    id: str
    price: float
    attributes: dict[str, str]


class Review(BaseModel):
    user_id: str
    rating: float = Field(ge=1, le=5)


class CatalogEntry(BaseModel):
    id: str
    subcategories: list[str]
    variants: list[Variant]
    reviews: list[Review]
    manufacturer: dict[str, str | ContactInfo]


CAMERA = {
    "id": "c1",
    "subcategories": ["mirrorless"],
    "variants": [{"id": "v1", "price": 1999.0, "attributes": {"colour": "black"}}],
    "reviews": [{"user_id": "u1", "rating": 4.5}],
    "manufacturer": {
        "name": "Northlight Optics",
        "contact_info": {"email": "a@b.example", "address": {"street": "1 Way", "city": "Ulm", "country": "DE"}},
    },
}


def test_a_deeply_nested_catalog_entry(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(CAMERA), as_is=True))
    entry = generate(CatalogEntry, "A high-end camera", model=LARGE).value
    contact = entry.manufacturer["contact_info"]
    assert isinstance(contact, ContactInfo)
    assert contact.address.city == "Ulm"


def test_a_conversation_of_several_turns(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Use open().", as_is=True), reply("With mode w.", as_is=True))
    chat = [{"role": "system", "content": "You know Python."}, {"role": "user", "content": "How do I read a file?"}]
    extractor = Extractor()
    chat.append({"role": "assistant", "content": extractor.complete(chat).text})
    chat.append({"role": "user", "content": "And write one?"})
    assert extractor.complete(chat).text == "With mode w."
    assert [message["role"] for message in said(groq_emulator)["messages"]] == ["system", "user", "assistant", "user"]


def test_text_as_it_is_written(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Speed matters.", as_is=True))
    with Extractor().stream_text("Why does speed matter?") as stream:
        assert "".join(stream) == "Speed matters."


def test_text_as_it_is_written_awaited(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Speed matters.", as_is=True))

    async def words() -> str:
        return "".join([piece async for piece in Extractor().astream_text("Why does speed matter?")])

    assert asyncio.run(words()) == "Speed matters."


def test_stop_sequences_and_generation_parameters(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("1, 2, 3, 4, 5", as_is=True))
    options = Options(
        temperature=0.9, max_completion_tokens=1024, top_p=0.95, stop=", 6", frequency_penalty=0.5, presence_penalty=0.5
    )
    assert Extractor(options=options).complete("Count to 10").text.endswith("5")
    body = said(groq_emulator)
    assert body["stop"] == ", 6"
    assert (body["temperature"], body["top_p"], body["max_completion_tokens"]) == (0.9, 0.95, 1024)
    assert (body["frequency_penalty"], body["presence_penalty"]) == (0.5, 0.5)


def test_many_questions_at_once(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Yes.", as_is=True), repeat_last=True)

    async def ask(questions: list[str]) -> list[str]:
        async with Extractor() as extractor:
            answers = await asyncio.gather(*(extractor.acomplete(question) for question in questions))
        return [answer.text for answer in answers]

    assert asyncio.run(ask(["One?", "Two?", "Three?"])) == ["Yes."] * 3


def test_a_busy_server_is_waited_for(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit", retry_after=0.01), reply("Here.", as_is=True))
    assert Extractor().complete("Hello").transport_retries == 1


def test_a_busy_server_is_not_waited_for_where_no_retry_is_wanted(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit", retry_after=2))
    with pytest.raises(RateLimited) as caught:
        Extractor(options=Options(budget=Budget(max_transport_retries=0))).complete("Hello")
    assert caught.value.wait == 2


def test_a_wrong_key(groq_emulator: Emulator) -> None:
    with pytest.raises(AuthenticationFailed):
        Extractor(api_key="gsk_wrong").complete("Hello")


def test_a_timeout(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Late.", delay=5))
    with pytest.raises(ConnectionFailed):
        Extractor(timeout=0.1, options=Options(budget=Budget(max_transport_retries=0))).complete("Hello")


def test_usage_is_tracked(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(PIE)))
    result = generate(Recipe, "A recipe for apple pie", model=SMALL)
    usage = result.usage
    assert usage.input_tokens
    assert usage.output_tokens
    assert result.cost == pytest.approx((usage.input_tokens * 0.075 + usage.output_tokens * 0.3) / 1e6)


@pytest.mark.parametrize(("difficulty", "model"), [("simple", SMALL), ("hard", LARGE)])
def test_a_model_by_difficulty(groq_emulator: Emulator, difficulty: str, model: str) -> None:
    groq_emulator.script(reply(json.dumps(PIE)))
    models = {"simple": SMALL, "hard": LARGE}
    assert generate(Recipe, "A recipe for apple pie", model=models[difficulty]).model == model.removeprefix("groq/")
