"""The sender for the audio endpoints, transcriptions and translations: as for chats, but a form with a file is posted.

The text of the completion is the whole body of the response, in any format, so that all that was paid for is stored.
`structgen.speech` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Self

from structgen.core.argument_checks import shown
from structgen.core.errors import ConfigurationError, ServerFailed
from structgen.core.json import Json
from structgen.core.masking import mask
from structgen.core.records import Completion, Request, Usage
from structgen.send.http.chat_sender import ChatSender, Posting
from structgen.send.http.failures import Failure, describe_page, read_refusal
from structgen.send.http.http_response import Reply, decode, refused

if TYPE_CHECKING:
    from structgen.core.json import JsonObject
    from structgen.core.spoken import AudioInput
    from structgen.send.http.providers import ChatApi
    from structgen.send.http.retries import Outcome

Upload = tuple[str, Callable[[], bytes]]
"""The name of a file, whose suffix tells the server its format, and a function that returns its bytes."""


class SpeechSender(ChatSender):
    """Request -> Completion for speech models. `uploading` returns the sender for one file."""

    _upload: Upload | None = None

    def __repr__(self) -> str:
        return f"SpeechSender({self._api.provider!r}, {self._endpoint.shown!r})"

    def uploading(self, name: str, content: Callable[[], bytes]) -> Self:
        """Return a sender for a file, with the connections and rate limits of this one. `content` is called to send."""
        other = copy(self)
        other._upload = name, content
        return other

    def _posting(self, request: Request) -> Posting:
        audio = request.audio
        if audio is None:
            raise ConfigurationError(f"{request.model} transcribes audio, and this request has none.")
        file = None if audio.url or self._upload is None else (self._upload[0], self._upload[1]())
        return Posting(self._endpoint.url(audio_path(self._api, audio)), _fields(request.model, audio), file, form=True)

    def _outcome(self, reply: Reply, model: str) -> Outcome:
        text = reply.content.decode("utf-8", "replace")
        body = decode(reply.content)
        if reply.status >= 400:
            return refused(reply, read_refusal(body, text), self._api, self._endpoint.secrets)
        if (wrong := _wrong(body, text, reply.headers.get("content-type", ""))) is not None:
            said = mask(f"{self._api.provider} answered {reply.status} with {wrong}", self._endpoint.secrets)
            return Failure(ServerFailed(said, status=reply.status))
        # a text is kept as JSON too, so that every stored transcript is read in one way
        kept = text if isinstance(body, dict) else json.dumps({"text": text.strip()}, ensure_ascii=False)
        return Completion(kept, usage=Usage(0, 0, calls=1), model=model, seconds=reply.seconds)


def audio_path(api: ChatApi, audio: AudioInput) -> str:
    """Return the path of the endpoint, which is beside that of chats."""
    name = "translations" if audio.translate else "transcriptions"
    return f"{api.path.removesuffix('/chat/completions')}/audio/{name}"


def _fields(model: str, audio: AudioInput) -> JsonObject:
    """Return the fields of the form. What is None or empty is not sent."""
    fields: dict[str, Json] = {
        "model": model,
        "url": audio.url or None,
        "language": audio.language,
        "prompt": audio.prompt,
        "temperature": audio.temperature,
        "response_format": audio.response_format,
        "timestamp_granularities": [*audio.timestamps] or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _wrong(body: Json, text: str, content_type: str) -> str | None:
    """Return what is wrong with a successful response, or None if it is a transcript."""
    if isinstance(body, dict):
        if isinstance(body.get("text"), str):
            return None
        return f"JSON without a transcript: {shown(text)}. Check the base URL and the model."
    if "html" in content_type or text.lstrip()[:1] == "<":
        page = describe_page(text)
        return f"{page} instead of a transcript. A proxy or a login page answered, or the base URL is wrong."
    if "json" in content_type or text.lstrip()[:1] == "{":
        return f"JSON that is broken or cut off after {len(text)} characters. The connection is unreliable."
    return None
