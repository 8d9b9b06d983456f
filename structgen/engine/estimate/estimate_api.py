"""The calls of an Extractor that estimate what texts would take. Nothing is sent, and nothing is stored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from structgen.compile import Input
from structgen.core.records import Usage
from structgen.engine.answers import Answers, ReplaySender
from structgen.engine.cascade.cascade_document import CascadeDocument
from structgen.engine.document_line import ModelDocument
from structgen.engine.estimate.estimator import Estimator
from structgen.engine.estimate.run_estimate import Estimate
from structgen.engine.map_api import CONCURRENCY, check_texts
from structgen.schema import Context
from structgen.send import Sender, split_model


class Estimates(ABC):
    """The methods of an Extractor that estimate."""

    models: tuple[str, ...]
    _answers: Answers
    _senders: tuple[Sender, ...]

    @abstractmethod
    def _document(
        self, schema: object, text: Input, instructions: str | None, context: Context, *, extracting: bool = True
    ) -> ModelDocument[Any] | CascadeDocument[Any]: ...

    def estimate(
        self,
        schema: object,
        texts: Iterable[Input],
        instructions: str | None = None,
        *,
        context: Context = None,
        concurrency: int = CONCURRENCY,
    ) -> Estimate:
        """Return what `map` would take for these texts: requests, tokens, cost in USD, seconds. Nothing is sent.

        Stored responses cost nothing. With a store, its responses to this schema and model tell how many tokens texts
        and answers have, and how often a reask follows. Without them the estimate is rough, as `.basis` says.
        The time is that of a `map` with this `concurrency`. The texts are read one at a time. Raises TaskError for a
        wrong schema.
        """
        check_texts(texts)
        estimator = self.estimator(schema, instructions, context=context, concurrency=concurrency)
        for text in texts:
            estimator.add(text)
        return estimator.result()

    def estimator(
        self,
        schema: object,
        instructions: str | None = None,
        *,
        context: Context = None,
        repeats: bool | None = None,
        concurrency: int = CONCURRENCY,
    ) -> Estimator:
        """Return an Estimator to which texts are added one by one. See `estimate`.

        `repeats` says whether the second of two equal requests is answered from the store of the run: by default, if
        this Extractor has one.
        """
        # a wrong schema is not a fault of any document, so raise it now
        self._document(schema, "any text", instructions, context)
        senders: Sequence[Sender] = self._senders
        cards = {split_model(model): sender.card for model, sender in zip(self.models, senders, strict=True)}
        store = self._answers.store
        return Estimator(
            self.models,
            cards,
            lambda text: self._document(schema, text, instructions, context),
            self._answers.stored,
            store=store,
            repeats=store is not None if repeats is None else repeats,
            sends=not any(isinstance(sender, ReplaySender) for sender in senders),
            concurrency=concurrency,
        )

    def estimate_usage(
        self, schema: object, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Usage:
        """Return the maximum tokens that `extract` may use for a text, all attempts included. Nothing is sent.

        Input is estimated from its characters, output from the maximum length of the answer. Stored responses count
        nothing. Raises the errors that `extract` raises before it sends a request.
        """
        document = self._document(schema, text, instructions, context)
        return document.most(self._answers.stored)

    def first_calls(
        self, schema: object, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> int:
        """Return how many requests a text begins with: one, or one for each chunk of a long text. Nothing is sent.

        Stored responses are not looked up, so that the number depends on the text and the task alone.
        """
        document = self._document(schema, text, instructions, context)
        return sum(1 for _ in document.open_questions(lambda _: None))
