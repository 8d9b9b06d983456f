"""The sender of a dry run: it knows the card of its model, needs no key and sends nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator

from structgen.core.errors import NotSent
from structgen.core.records import Card, Completion, Request
from structgen.send.factory import RulesSender, check_card, split_model
from structgen.send.sender import Allowance, Sender, Streamed


class UnsentSender:
    """Refuses every request with NotSent."""

    def __init__(self, card: Card | None) -> None:
        self.card = card

    def send(self, request: Request, allowance: Allowance) -> Completion:  # noqa: ARG002 - the Sender protocol's
        """Raise NotSent."""
        raise _not_sent()

    async def asend(self, request: Request, allowance: Allowance) -> Completion:  # noqa: ARG002 - the Sender protocol's
        """Raise NotSent."""
        raise _not_sent()

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:  # noqa: ARG002 - protocol
        """Raise NotSent."""
        raise _not_sent()

    def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:  # noqa: ARG002 - protocol
        """Raise NotSent."""
        raise _not_sent()

    def close(self) -> None:
        """Do nothing: no connection is open."""

    async def aclose(self) -> None:
        """Do nothing: no connection is open."""


def _not_sent() -> NotSent:
    return NotSent("This is a dry run, which sends nothing.")


def open_unsent(model: str, **_: object) -> Sender:
    """Return the sender of a dry run in place of `open_sender`. Raises ModelUnavailable for a retired model.

    It takes and ignores what else `open_sender` takes: keys, URLs and clients are not needed.
    """
    provider, name = split_model(model)
    return RulesSender() if provider == "rules" else UnsentSender(check_card(provider, name))
