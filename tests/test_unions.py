"""Which member of a union a response is, over the wire: asked for where in doubt, alike in every way of asking."""

from datetime import date

import pytest
from pydantic import BaseModel

from structgen import Budget, EvidenceMode, ExtractionFailed, Extractor, Mode, Options
from structgen.testing import Emulator, reply

MODEL = "groq/openai/gpt-oss-20b"
TEXT = "Ox has played in 12 seats."


class Singer(BaseModel):
    name: str
    born: date | None = None


class Band(BaseModel):
    name: str
    seats: int | None = None


def extractor(**options: object) -> Extractor:
    return Extractor(MODEL, Options(mode=Mode.JSON, **options))  # pyright: ignore[reportArgumentType]


def test_the_keys_that_tell_are_asked_for_alone(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('[{"name": "Ox"}]'), reply('{"/0/born": null, "/0/seats": 12}'))
    result = extractor().extract(list[Singer | Band], TEXT)
    assert result.value == [Band(name="Ox", seats=12)]
    assert result.attempts[1].why == "asked again for 2 fields: /0/born, /0/seats"


def test_a_doubt_that_asking_does_not_end_is_refused(groq_emulator: Emulator) -> None:
    groq_emulator.script(
        reply('{"name": "Ox"}'),
        reply('{"/born": null, "/seats": null}'),
        reply('{"name": "Ox", "seats": null, "born": null}'),
    )
    with pytest.raises(ExtractionFailed) as caught:
        extractor().extract(Singer | Band, TEXT)
    assert {issue.code for issue in caught.value.issues} == {"ambiguous"}
    assert len(caught.value.attempts) == 3


def test_items_of_a_stream_are_the_member_whose_keys_they_give(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('[{"name": "Ox", "seats": "12"}, {"name": "Ann", "born": "3 March 1980"}]'))
    items = list(extractor().stream_items(Singer | Band, TEXT))
    assert items == [Band(name="Ox", seats=12), Singer(name="Ann", born=date(1980, 3, 3))]


def test_a_response_with_quotes_is_no_exception(groq_emulator: Emulator) -> None:
    quoted = '[{"name": {"quote": "Ox", "value": "Ox"}, "seats": {"quote": "12 seats", "value": "12"}}]'
    groq_emulator.script(reply(quoted))
    result = extractor(evidence=EvidenceMode.QUOTES, budget=Budget(max_attempts=1)).extract(list[Singer | Band], TEXT)
    assert result.value == [Band(name="Ox", seats=12)]


def test_chunks_are_merged_as_the_members_that_they_are(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(
        lambda request: '[{"name": "Ox", "seats": "12"}]' if "Ox" in request["messages"][-1]["content"] else "[]"
    )
    text = "Ox has 12 seats.\n\n" + "Nothing is said here.\n\n" * 30
    result = extractor(chunk_chars=300).extract(list[Singer | Band], text)
    assert result.value == [Band(name="Ox", seats=12)]
