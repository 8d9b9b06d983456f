"""Add up what documents would take, one at a time, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from structgen.compile import Input
from structgen.compile.parameters import IMAGE_TOKENS, tokens_of
from structgen.core.errors import StructgenError
from structgen.core.records import Card, Completion, Document, Message, Request, Usage
from structgen.documents.seen_names import SeenNames
from structgen.engine.budget import FREE, cost_of
from structgen.engine.cascade.cascade_document import CascadeDocument
from structgen.engine.document_line import ModelDocument
from structgen.engine.estimate.run_estimate import Estimate, ModelEstimate
from structgen.engine.estimate.run_time import limited_seconds, tier_of
from structgen.engine.estimate.usage_history import Basis, Fit, Pace, Rates, rates_of, rates_of_model
from structgen.engine.flow import Send
from structgen.report.view import counted
from structgen.send.limits.limiter_state import NO_TIERS
from structgen.store import Store
from structgen.store.serialization import write

MOST_SAMPLES = 500
"""Maximum stored responses to read for each kind of request."""

MOST_PROBLEMS = 20
"""How many unreadable documents the estimate names."""

REASONING = 150
"""First guess of the tokens that a reasoning model spends before a short answer."""

BEFORE_ANSWER = 0.3
"""Seconds that usually pass before the first token of an answer, as a first guess."""

Model = tuple[str, str]
"""Provider and model id."""


@dataclass(slots=True)
class Totals:
    """What the documents so far would take of one model. `seconds` is that of all calls one by one, None if unknown."""

    firsts: int = 0
    requests: float = 0.0
    tokens_in: float = 0.0
    cached: float = 0.0
    tokens_out: float = 0.0
    basis: Basis = Basis.HISTORY
    samples: dict[int, int] = field(default_factory=dict[int, int])
    pace: Pace | None = None
    seconds: float | None = 0.0

    def add(self, rates: Rates, request: Request, guess: int, speed: float | None) -> None:
        """Add a request, whose answer has about `guess` tokens if no history tells. `speed` is in tokens a second."""
        chars = sum(len(message.text) for message in request.messages)
        images = sum(len(message.images) for message in request.messages)
        tokens_in = (rates.input.at(chars) + IMAGE_TOKENS * images) * rates.more_in
        self.firsts += 1
        self.requests += rates.calls
        self.tokens_in += tokens_in
        self.cached += tokens_in * rates.cached
        tokens_out = (rates.output or Fit(guess, 0.0)).at(chars) * rates.more_out
        self.tokens_out += tokens_out
        each = rates.latency
        if each is None and speed:
            each = BEFORE_ANSWER + tokens_out / rates.calls / speed
        self.seconds = None if each is None or self.seconds is None else self.seconds + each * rates.calls
        self.basis = max(self.basis, rates.basis, key=list(Basis).index)
        self.samples[id(rates)] = rates.samples
        self.pace = rates.pace or self.pace


class Estimator:
    """Estimates for one Extractor. `document_of` returns a text with its plans, and `stored` what the store answers.

    `repeats` says whether a second equal request is answered from the store. `sends` is False for a replay.
    `concurrency` is the number of documents that the run asks about at the same time.
    """

    def __init__(
        self,
        models: Sequence[str],
        cards: Mapping[Model, Card | None],
        document_of: Callable[[Input], ModelDocument[object] | CascadeDocument[object]],
        stored: Callable[[Request], Completion | None],
        *,
        store: Store | None = None,
        repeats: bool = False,
        sends: bool = True,
        concurrency: int = 1,
    ) -> None:
        self._models, self._cards = models, cards
        self._document_of, self._stored = document_of, stored
        self._store, self._repeats, self._sends, self._concurrency = store, repeats, sends, concurrency
        self._totals = {model: Totals() for model in cards if model[0] != FREE}
        self._rates: dict[tuple[Model, tuple[Message, ...]], Rates] = {}
        self._asked = SeenNames()
        self._documents = self._characters = self._answered = self._unreadable = self._chunked = self._images = 0
        self._unsendable = self._missing = self._spoken = 0
        self._problems: list[str] = []
        self._prompt: Request | None = None

    def add(self, text: Input) -> None:
        """Add a document or a chat. One that cannot be read or sent is counted as such."""
        if isinstance(text, StructgenError):
            self.add_problem(str(text))
            return
        try:
            document = self._document_of(text)
            open_questions = [*document.open_questions(self._look)]
        except StructgenError as error:
            name = text.id if isinstance(text, Document) else ""
            self.add_problem(f"{name}: {error}" if name else str(error))
            return
        self._documents += 1
        self._characters += _chars(text)
        self._chunked += len(open_questions) > 1
        left = [send for send in open_questions if send is not None and send.request.provider != FREE]
        if not left and self._totals:
            self._answered += 1
        for send in left:
            self._add_request(document, send)

    def add_problem(self, words: str) -> None:
        """Count a document that cannot be read."""
        self._unreadable += 1
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(words)

    def add_recording(self) -> None:
        """Count a recording, which would have to be transcribed first."""
        self._spoken += 1

    def result(self) -> Estimate:
        """Return the estimate for what was added."""
        return Estimate(
            model=",".join(self._models),
            documents=self._documents,
            characters=self._characters,
            stored=self._answered,
            unreadable=self._unreadable,
            chunked=self._chunked,
            images=self._images,
            models=tuple(self._of_model(model, totals) for model, totals in self._totals.items()),
            problems=tuple(self._problems),
            notes=tuple(self._notes()),
            prompt=self._prompt,
        )

    def _look(self, request: Request) -> Completion | None:
        """Return the stored answer; remember the first request that a model would get."""
        if self._prompt is None and request.provider != FREE:
            self._prompt = request
        return self._stored(request)

    def _add_request(self, document: ModelDocument[object] | CascadeDocument[object], send: Send) -> None:
        request = send.request
        if send.beyond is not None:
            self._unsendable += 1
            return
        if not self._sends:
            self._missing += 1
            return
        # the second of two equal requests waits for the first and is then answered from the store
        if self._repeats and not self._asked.add(write(request).name):
            return
        self._images += sum(len(message.images) for message in request.messages)
        model = (request.provider, request.model)
        rates = self._rates_for(model, _head(document, request))
        card = self._cards.get(model)
        speed = card.tokens_per_second if card else None
        self._totals[model].add(rates, request, self._guess(document, request), speed)

    def _rates_for(self, model: Model, head: tuple[Message, ...]) -> Rates:
        known = self._rates.get((model, head))
        if known is None:
            known = self._rates[model, head] = self._found(model, head) or Rates()
        return known

    def _found(self, model: Model, head: tuple[Message, ...]) -> Rates | None:
        """Return the rates of stored requests that begin with these messages, else those of the model."""
        if self._store is None:
            return None
        samples = self._store.usage_samples()
        found = None
        if head:
            beginning = samples.beginning(*model, head, MOST_SAMPLES)
            found = rates_of(len(head), beginning, samples.parts(*model, MOST_SAMPLES) if beginning else ())
        return found or rates_of_model(samples.of_model(*model, MOST_SAMPLES))

    def _guess(self, document: ModelDocument[object] | CascadeDocument[object], request: Request) -> int:
        """Return about how many tokens an answer has: its keys, and a part of the text."""
        plans = document.plans if isinstance(document, CascadeDocument) else (document.plan,)
        frame = max(plan.frame for plan in plans)
        card = self._cards.get((request.provider, request.model))
        reasoning = REASONING if card is None or card.reasoning else 0
        return frame + tokens_of(len(request.document or "")) // 8 + reasoning

    def _of_model(self, model: Model, totals: Totals) -> ModelEstimate:
        card = self._cards.get(model)
        tokens_in, tokens_out = round(totals.tokens_in), round(totals.tokens_out)
        calls = round(totals.requests)
        usage = Usage(tokens_in, tokens_out, round(totals.cached), calls=calls)
        share = card.batch_share if card else None
        whole = cost_of(Usage(tokens_in, tokens_out, calls=calls), card)
        by_batch = whole * share if whole is not None and share is not None and len(self._models) == 1 else None
        tiers = card.limits if card else NO_TIERS
        unlimited = self._unlimited(totals)
        limited = {name: limited_seconds(tiers[name], calls, tokens_in, tokens_out) for name in tiers}
        return ModelEstimate(
            model="/".join(model),
            requests=calls,
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            cost=cost_of(usage, card),
            batch_cost=by_batch if calls else 0.0,
            seconds=self._seconds(totals, tier_of(tiers, totals.pace), limited),
            seconds_by_tier={name: round(max(seconds, unlimited or 0.0), 1) for name, seconds in limited.items()},
            basis=totals.basis,
            history=sum(totals.samples.values()),
        )

    def _unlimited(self, totals: Totals) -> float | None:
        """Return how long the calls take if no limit makes them wait, or None if their latency is not known."""
        return None if totals.seconds is None else totals.seconds / max(1, min(self._concurrency, totals.firsts))

    def _seconds(self, totals: Totals, tier: str | None, limited: Mapping[str, float]) -> float | None:
        if not totals.requests:
            return 0.0
        # the last run shows more than its latency does
        alone = totals.requests * totals.pace.each if totals.pace else self._unlimited(totals)
        known = [] if alone is None else [alone]
        known += [limited[tier]] if tier else []
        return round(max(known), 1) if known else None

    def _notes(self) -> list[str]:
        found = [
            (self._images, "image", "counted at a usual size, because servers publish no number of tokens"),
            (self._spoken, "recording", "not estimated, which would be transcribed first"),
            (self._unsendable, "request", "beyond the budget of a document, and not sent"),
            (self._missing, "request", "without a stored response, and replay sends nothing: its document would fail"),
        ]
        rules = [] if self._totals else ["The rules read the documents, which costs nothing."]
        return rules + [f"{counted(count, thing)} {words}." for count, thing, words in found if count]


def _head(document: ModelDocument[object] | CascadeDocument[object], request: Request) -> tuple[Message, ...]:
    """Return the messages that all first requests like this one begin with."""
    plans = document.plans if isinstance(document, CascadeDocument) else (document.plan,)
    for plan in plans:
        head = plan.template.messages
        if request.messages[: len(head)] == head:
            return head
    return request.messages[:-1]


def _chars(text: Input) -> int:
    if isinstance(text, Document):
        return len(text.text)
    if isinstance(text, str):
        return len(text)
    contents = (one.text if isinstance(one, Message) else str(one.get("content") or "") for one in _each(text))
    return sum(map(len, contents))


def _each(text: Input) -> Sequence[Message | Mapping[str, object]]:
    return text if isinstance(text, Sequence) and not isinstance(text, str) else ()
