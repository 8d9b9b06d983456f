import json
import os
from importlib.resources import files
from pathlib import Path

import pytest

from structgen.core.errors import ConfigurationError
from structgen.core.options import Mode
from structgen.core.records import Card
from structgen.send import find_card, list_cards, open_sender
from structgen.send.model_cards import bundled_cards, entry_of, read_cards, user_file, write_cards


def test_a_card_tells_sizes_prices_modes_and_limits() -> None:
    card = find_card("groq", "openai/gpt-oss-20b")
    assert card is not None
    assert (card.context_window, card.max_completion_tokens) == (131072, 65536)
    assert (card.price_in, card.price_cached_in, card.price_out) == (0.075, 0.0375, 0.3)
    assert card.modes == (Mode.JSON, Mode.JSON_SCHEMA, Mode.TOOLS, Mode.TEXT)
    assert card.strict
    assert card.limits["free"] == {"rpm": 30, "rpd": 1000, "tpm": 8000, "tpd": 200000}


def test_only_two_models_take_batches_at_half_price() -> None:
    taking = {card.id: card.batch_share for card in list_cards() if card.batch_share is not None}
    assert taking == {"openai/gpt-oss-20b": 0.5, "openai/gpt-oss-120b": 0.5}


def test_nothing_is_known_about_other_models() -> None:
    assert find_card("groq", "no/such") is None
    assert find_card("compatible", "openai/gpt-oss-20b") == Card(
        "openai/gpt-oss-20b", "compatible", vision=True, schema_first=True
    )


def test_no_two_cards_are_of_one_model() -> None:
    names = [(card.provider, card.id) for card in list_cards()]
    assert len(names) == len(set(names)) > 40


@pytest.mark.parametrize("card", [card for card in list_cards() if card.replacement], ids=lambda card: card.id)
def test_a_replacement_is_a_model_in_service_or_none_of_ours(card: object) -> None:
    retired = card
    assert getattr(retired, "status") == "retired"  # noqa: B009 - parametrize gives an object
    replacement = find_card("groq", getattr(retired, "replacement"))  # noqa: B009 - the same
    assert replacement is None or replacement.status in {"production", "preview"}


def test_only_retired_models_are_without_a_size() -> None:
    assert all(card.context_window for card in list_cards() if card.status != "retired")


def test_a_strict_model_has_the_mode_for_it() -> None:
    assert all(Mode.JSON_SCHEMA in card.modes for card in list_cards() if card.strict)


def test_limits_cannot_be_changed_by_a_reader() -> None:
    card = find_card("groq", "openai/gpt-oss-20b")
    assert card is not None
    with pytest.raises(TypeError):
        card.limits["free"]["rpm"] = 1  # pyright: ignore[reportIndexIssue] - what the test is about


def test_the_data_says_when_it_was_collected() -> None:
    assert json.loads((files("structgen.send") / "cards.json").read_text("utf-8"))["collected"] == "2026-11-21"


GPT = "openai/gpt-oss-20b"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that STRUCTGEN_CARDS names; there is none yet."""
    path = tmp_path / "cards.json"
    monkeypatch.setenv("STRUCTGEN_CARDS", str(path))
    return path


def test_our_own_cards_are_of_the_form_that_users_files_must_have() -> None:
    with (files("structgen.send") / "cards.json").open("rb") as ours:
        assert read_cards(Path(ours.name)) == bundled_cards()


def test_a_card_of_the_user_replaces_ours_as_a_whole(own: Path) -> None:
    own.write_text(json.dumps({"cards": [{"id": GPT, "provider": "groq", "price_in": 0.01, "modes": ["json"]}]}))
    assert find_card("groq", GPT) == Card(GPT, price_in=0.01, modes=(Mode.JSON,))
    assert len(list_cards()) == len(bundled_cards())


def test_a_card_of_the_user_is_added(own: Path) -> None:
    own.write_text(json.dumps({"cards": [{"id": "llama", "provider": "compatible", "context_window": 4096}]}))
    card = open_sender("compatible/llama", base_url="http://127.0.0.1:1/v1").card
    assert card is not None
    assert card.context_window == 4096
    assert [card.status == "retired" for card in list_cards()] == sorted(
        card.status == "retired" for card in list_cards()
    )


def test_a_file_that_changed_is_read_again(own: Path) -> None:
    for price in (0.01, 0.02):
        own.write_text(json.dumps({"cards": [{"id": GPT, "price_in": price}]}))
        os.utime(own, ns=(0, int(price * 100)))
        card = find_card("groq", GPT)
        assert card is not None
        assert card.price_in == price


def test_the_file_in_the_folder_for_settings_is_taken_without_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    write_cards(tmp_path / "structgen" / "cards.json", (Card("mine", "compatible", vision=True),))
    assert find_card("compatible", "mine") == Card("mine", "compatible", vision=True, schema_first=True)


def test_the_variable_names_the_file_and_home_is_where_it_is_without() -> None:
    assert user_file({"STRUCTGEN_CARDS": " ~/my.json "}) == Path("~/my.json").expanduser()
    assert user_file({}) == Path("~/.config/structgen/cards.json").expanduser()


def test_a_file_that_is_named_and_not_there_is_a_wrong_setting(own: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no file of model cards at .*cards\.json: correct STRUCTGEN_CARDS"):
        find_card("groq", GPT)


def test_every_card_is_written_as_it_is_read(tmp_path: Path) -> None:
    write_cards(tmp_path / "copy.json", bundled_cards())
    assert read_cards(tmp_path / "copy.json") == bundled_cards()
    assert [path.name for path in tmp_path.iterdir()] == ["copy.json"]
    assert entry_of(Card("x")) == {"id": "x", "provider": "groq", "status": "unknown"}


def test_where_nobody_may_write_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="Cannot write the model cards"):
        write_cards(tmp_path / "file" / "cards.json", ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no json", "are not JSON"),
        ("[" * 100_000, "are not JSON"),
        ('{"cards": [{"id": "x", "price_in": NaN}]}', "NaN is not a JSON number"),
        ("[]", r"root: \[\] is not of type 'object'"),
        ("{}", r"'cards' is a required property"),
        ('{"cards": [{}]}', r"root\.cards\[0\]: 'id' is a required property"),
        ('{"cards": [{"id": "x", "price_in": "1"}]}', r"root\.cards\[0\]\.price_in: '1' is not of type"),
        ('{"cards": [{"id": "x", "price_in": -1}]}', "-1 is less than the minimum"),
        ('{"cards": [{"id": "x", "modes": ["auto"]}]}', r"modes\[0\]: 'auto' is not one of"),
        ('{"cards": [{"id": "x", "price": 1}]}', "'price' was unexpected"),
        ('{"cards": [{"id": "x", "limits": {"free": {"rps": 1}}}]}', "'rps' was unexpected"),
        ('{"cards": [{"id": "x"}, {"id": "x"}]}', "contain groq/x twice"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_in_one_line(own: Path, text: str, words: str) -> None:
    own.write_text(text)
    with pytest.raises(ConfigurationError, match=words) as caught:
        find_card("groq", GPT)
    assert str(own) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_a_folder_is_no_file_of_cards(own: Path) -> None:
    own.mkdir()
    with pytest.raises(ConfigurationError, match=r"Cannot read the model cards in .*: Is a directory"):
        list_cards()
