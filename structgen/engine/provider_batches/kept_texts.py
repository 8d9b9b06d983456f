"""Store and read back the texts of a submission: a str, a document, a chat, or the error of a document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, cast

from structgen.compile import Input
from structgen.compile.messages import chat_messages
from structgen.core.errors import DocumentError
from structgen.core.records import Document
from structgen.store.batch_ledger import BatchLedger
from structgen.store.serialization import decode, encode

_GROUP = 200


def keep_texts(ledger: BatchLedger, submission: str, texts: Iterable[Input]) -> int:
    """Store the texts of a submission; return their number."""
    written, count = map(_written, texts), 0
    while group := list(islice(written, _GROUP)):
        ledger.keep_texts(submission, count, group)
        count += len(group)
    return count


def kept_texts(ledger: BatchLedger, submission: str) -> Iterator[Input]:
    """Yield the texts of a submission in their order."""
    return map(_read, ledger.texts(submission))


def _written(text: Input) -> str:
    if isinstance(text, str):
        return json.dumps({"text": text})
    if isinstance(text, Document):
        return json.dumps({"document": encode(text)})
    try:
        return json.dumps({"chat": [message.to_groq() for message in chat_messages(text)]})
    except DocumentError as error:
        return json.dumps({"error": [str(error), error.id, error.source]})


def _read(written: str) -> Input:
    kept = cast("dict[str, Any]", json.loads(written))
    if "text" in kept:
        return str(kept["text"])
    if "document" in kept:
        return decode(Document, kept["document"])
    if "chat" in kept:
        return cast("list[dict[str, object]]", kept["chat"])
    message, name, source = kept["error"]
    return DocumentError(message, id=name, source=source)
