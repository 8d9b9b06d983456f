"""Words folded into labels, and the labels of the lexicon."""

from typing import Any

from structgen.rules.document.vocabulary import Vocabulary, fold, lexicon, phrase, tokens


def test_words_are_folded_and_parted() -> None:
    assert phrase("Ingrédients") == phrase("INGREDIENT") == ("ingredient",)
    assert phrase("prepTime") == ("prep", "time")
    assert [token.word for token in tokens("Time10 minutes")] == ["time", "10", "minute"]
    assert fold("glass") == "glass"


def test_the_longest_label_wins() -> None:
    words = Vocabulary({("total",): frozenset({"t"})}, [("sub total", "s"), ("total", "x"), ("", "none")])
    (mention,) = words.mentions(tokens("Sub-Total"))
    assert mention.keys == {"s"}
    assert words.of("Total") == {"t", "x"}


def test_looking_up_labels_takes_a_few_steps_for_each_word() -> None:
    class Counted(dict[Any, Any]):
        asked = 0

        def __contains__(self, key: object) -> bool:
            Counted.asked += 1
            return super().__contains__(key)

    vocabulary = Vocabulary(lexicon().concepts)
    vocabulary.keys = Counted(vocabulary.keys)
    vocabulary.mentions(tokens("total " * 2_000))
    assert Counted.asked <= 6 * 2_000


def test_the_lexicon_is_folded_and_complete() -> None:
    assert lexicon() is lexicon()
    assert lexicon().concepts[phrase("Zutaten")] == {"ingredients"}
    assert all(words for words in lexicon().concepts)
