"""The sender that asks no model: the rules read the document themselves."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Generator

from structgen.core.errors import ConfigurationError
from structgen.core.records import Card, Completion, Request, Usage
from structgen.send.base import Allowance, Streamed


class RulesSender:
    """Request -> Completion without a wire: free, offline, and the same every time."""

    card: Card | None = Card("rules", provider="rules", price_in=0.0, price_cached_in=0.0, price_out=0.0)

    def send(self, request: Request, allowance: Allowance) -> Completion:  # noqa: ARG002 - the Sender protocol's
        """What the rules find in the request's document; fields that they do not find are null."""
        from structgen.rules import extract_by_rules

        if request.document is None:
            raise ConfigurationError(
                "The rules read a given text; they cannot generate. Name a model, for example "
                'model="groq/openai/gpt-oss-20b" with GROQ_API_KEY set.'
            )
        started = time.monotonic()
        found = extract_by_rules(request.json_schema, request.document, request.names)
        return Completion(
            json.dumps(found.value, ensure_ascii=False),
            usage=Usage(calls=0),
            model="rules",
            evidence=found.evidence,
            final=True,
            seconds=time.monotonic() - started,
        )

    async def asend(self, request: Request, allowance: Allowance) -> Completion:
        """The same in a thread, so that the event loop goes on."""
        return await asyncio.to_thread(self.send, request, allowance)

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:
        """The whole answer in one piece: the rules find everything at once."""
        completion = self.send(request, allowance)
        yield completion.text
        yield completion

    async def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:
        """The same on an event loop."""
        completion = await self.asend(request, allowance)
        yield completion.text
        yield completion

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""
